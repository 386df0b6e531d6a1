"""Image files, a step that takes its time, and a stopwatch that sees who waits for whom."""

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from week02_basics.timing import interleaved

import numpy as np
import tensorflow as tf
from PIL import Image

Span = tuple[float, float]


def write_images(files: Sequence[str], folder: Path, count: int) -> list[Path]:
    """Write the first raw images of TFRecord files as single JPEG files, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, record in enumerate(tf.data.TFRecordDataset(list(files)).take(count)):
        feature = tf.train.Example.FromString(record.numpy()).features.feature
        height, width = feature["size"].int64_list.value
        pixels = np.frombuffer(feature["image"].bytes_list.value[0], np.uint8)
        path = folder / f"{number:05d}.jpeg"
        Image.fromarray(pixels.reshape(height, width)).save(path, quality=90)
        paths.append(path)
    return paths


def open_image(path: Path) -> np.ndarray:
    """Read one image file with PIL, as grey uint8 [height, width]."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def busy_step(spec: tf.TensorSpec) -> Callable[[tf.Tensor], object]:
    """Return a function of a batch of images, traced already, that works on it like a small network."""
    weights = tf.ones([7, 7, 1, 16]) / 49

    @tf.function(input_signature=[spec])
    def step(x: tf.Tensor) -> tf.Tensor:
        x = tf.cast(x, tf.float32)[..., tf.newaxis]
        return tf.reduce_mean(tf.nn.conv2d(x, weights, 1, "SAME"))

    step(tf.zeros([100, *spec.shape[1:]], spec.dtype))
    return lambda x: step(x).numpy()


def watched(
    batches: Iterable, step: Callable[[tf.Tensor], object]
) -> tuple[list[Span], list[Span]]:
    """Make a batch, run the step on it, make the next one; return when each was done.

    Returns:
        The spans, in seconds from the beginning, in which batches were made and steps ran.
    """
    made, used, batches = [], [], iter(batches)
    start = time.time()
    while True:
        begin = time.time() - start
        if (batch := next(batches, None)) is None:
            return made, used
        made.append((begin, time.time() - start))
        begin = time.time() - start
        step(batch)
        used.append((begin, time.time() - start))


def watched_dataset(
    files: Sequence[str],
    parse: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
    step: Callable[[tf.Tensor], object],
    count: int = 10,
) -> tuple[list[Span], list[Span]]:
    """The same for a pipeline that parses batches of 100 ahead of the step, in its own threads."""

    def timed(records: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        begin = tf.numpy_function(time.time, [], tf.float64)
        with tf.control_dependencies([begin]):
            x, _ = parse(tf.identity(records))
        with tf.control_dependencies([x]):
            return x, begin, tf.numpy_function(time.time, [], tf.float64)

    data = tf.data.TFRecordDataset(list(files)).batch(100).take(count)
    made, used, start = [], [], time.time()
    for x, begin, end in data.map(timed).prefetch(2):
        made.append((float(begin) - start, float(end) - start))
        begin = time.time() - start
        step(x)
        used.append((begin, time.time() - start))
    return made, used


def waited(made: Sequence[Span], used: Sequence[Span]) -> float:
    """Return the share of the time from the first step to the end of the last in which none ran."""
    ran = sum(end - begin for begin, end in used)
    return 1 - ran / (used[-1][1] - used[0][0])


def drain(dataset: tf.data.Dataset) -> None:
    """Go through a dataset once, and do nothing with what it brings."""
    for _ in dataset:
        pass


def rates(
    ways: Mapping[str, Callable[[], object] | tf.data.Dataset],
    images: Mapping[str, int],
    rounds: int,
    enough: Callable[[dict[str, float]], bool] = lambda rates: True,
) -> dict[str, float]:
    """Return the images per second of each way in its best round; the ways take turns.

    Args:
        ways: by name, functions without arguments that go through their images once, or datasets.
        images: how many those are, by the same names.
        rounds: how many rounds to run at a time.
        enough: told the rates so far; while it says no, more rounds are run, up to eight times.
    """
    best = dict.fromkeys(ways, 0.0)
    ways = {
        name: functools.partial(drain, way) if isinstance(way, tf.data.Dataset) else way
        for name, way in ways.items()
    }
    for _ in range(8):
        for name, seconds in interleaved(ways, rounds).items():
            best[name] = max(best[name], images[name] / min(seconds))
        if enough(best):
            break
    return best
