"""Image files, rates, and a stopwatch that sees who waits for whom."""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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


def _clock(first: np.ndarray) -> float:
    """Return the time, when there is something of a tensor to be had."""
    return time.time()


def stamped(parse: Callable) -> Callable:
    """Return a parser of batches with two more outputs: when it began and when it had done.

    TensorFlow's own `tf.timestamp` is an error where operations must be deterministic; what is called
    stateful would not be run in parallel there. So Python reads the clock, as soon as a piece of the
    input, and then of the output, is there.
    """

    def timed(records: tf.Tensor) -> tuple[tf.Tensor, ...]:
        begin = tf.numpy_function(_clock, [records[:1]], tf.float64, stateful=False)
        with tf.control_dependencies([begin]):
            x, y = parse(tf.identity(records))
        end = tf.numpy_function(_clock, [x[:1, 0, 0]], tf.float64, stateful=False)
        return x, y, begin, end

    return timed


class Watched(NamedTuple):
    """Spans (begin, end) in seconds, one for each batch, from the first request on."""

    made: list[Span]  # when the batch was parsed; for a batch in a cache, long ago
    waited: list[Span]  # from the request for the batch until it came
    used: list[Span]  # when the step ran


def watch(
    data: tf.data.Dataset, step: Callable[[tf.Tensor, tf.Tensor], object], count: int = 25
) -> Watched:
    """Train on some batches and look at the clock: when was each made, waited for, used?

    Args:
        data: batches x, y, begin, end, parsed by what `stamped` returned; a batch x, y without stamps
            counts as made while it was waited for.
        step: run on x and y of each batch; must be done when it returns.
        count: batches to look at, after three that are not.
    """
    batches, found = iter(data), Watched([], [], [])
    for _ in range(3):
        step(*next(batches)[:2])
    start = time.time()
    for _ in range(count):
        asked = time.time() - start
        x, y, *stamps = next(batches)
        came = time.time() - start
        step(x, y)
        found.waited.append((asked, came))
        found.used.append((came, time.time() - start))
        found.made.append(tuple(float(at) - start for at in stamps) or (asked, came))
    return found


def waiting(watched: Watched) -> float:
    """Return the share of all time in which the training waited for a batch."""
    return sum(end - begin for begin, end in watched.waited) / watched.used[-1][1]


def drain(dataset: tf.data.Dataset) -> None:
    """Go through a dataset once, and do nothing with what it brings."""
    for _ in dataset:
        pass


def rates(
    ways: Mapping[str, Callable[[], object] | tf.data.Dataset],
    images: Mapping[str, int],
    rounds: int,
) -> dict[str, float]:
    """Return the images per second of each way in its best round; the ways take turns.

    Args:
        ways: by name, functions without arguments that go through their images once, or datasets.
        images: how many those are, by the same names.
        rounds: how many rounds to run.
    """
    ways = {
        name: functools.partial(drain, way) if isinstance(way, tf.data.Dataset) else way
        for name, way in ways.items()
    }
    taken = interleaved(ways, rounds)
    return {name: images[name] / min(seconds) for name, seconds in taken.items()}
