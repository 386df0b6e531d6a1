"""The checks of week 10's exercises."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from week02_basics.exercises import answered, exercise, expect
from week02_basics.timing import interleaved
from week10_tfrecord.writing import write_shard

import numpy as np
import tensorflow as tf


def _label_records(labels) -> list[bytes]:
    """Return Examples that hold a feature `label`, a list of integers each."""
    lists = [tf.train.Feature(int64_list=tf.train.Int64List(value=label)) for label in labels]
    return [
        tf.train.Example(features=tf.train.Features(feature={"label": each})).SerializeToString()
        for each in lists
    ]


@exercise("Exercise 1: a new feature")
def check_source(write: Callable, features: Mapping) -> None:
    """Check a writer (image, size, label, source) and the features that parse what it wrote."""
    image, label = bytes(range(256)) * 37 + bytes(128), [3, 1, 4, 1]
    texts = ["scanner 7", "träge Kamera"]
    records = [write(image, [60, 160], label, text) for text in texts]
    for record in records:
        answered(record)
        expect(isinstance(record, bytes), "return bytes: call `SerializeToString()` at the end")
    held = tf.train.Example.FromString(records[0]).features.feature
    expect("source" in held, "the Example has no feature 'source'")
    kind = held["source"].WhichOneof("kind")
    expect(kind == "bytes_list", f"'source' is stored as {kind}; a text is bytes: `.encode()`")
    missing = {"image", "size", "label"} - set(held)
    expect(not missing, f"the old features are gone: {sorted(missing)}")
    expect("source" in features, "the features to parse lack 'source'")
    dtype = getattr(features["source"], "dtype", None)
    expect(dtype == tf.string, "parse 'source' as tf.string: one text each, shape []")
    parsed = tf.io.parse_example(tf.constant(records), features)
    expect("image" in parsed and "label" in parsed, "the features to parse lack the old ones")
    source = parsed["source"]
    expect(
        source.shape == [2], f"parsed 'source' has shape {source.shape}, not (2,): shape [] each"
    )
    expect([s.decode() for s in source.numpy()] == texts, "the text came back as another one")
    expect(list(parsed["label"][1].numpy()) == label, "the label came back as another one")


@exercise("Exercise 4: mend a slow pipeline")
def check_mended(labels_of: Callable) -> None:
    """Check a pipeline (files, batch) of labels by its contents, then by its rate."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, [6_000, 4])
    feature = {"label": tf.io.FixedLenFeature([4], tf.int64)}
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, "labels.tfrecord"))]
        write_shard(files[0], _label_records(labels))

        def one_by_one() -> tf.data.Dataset:
            data = tf.data.TFRecordDataset(files)
            return data.map(lambda r: tf.io.parse_single_example(r, feature)["label"]).batch(100)

        def fast() -> tf.data.Dataset:
            data = tf.data.TFRecordDataset(files).batch(100)
            return data.map(lambda r: tf.io.parse_example(r, feature)["label"]).prefetch(2)

        data = labels_of(files, 100)
        answered(data)
        parts = [np.asarray(part) for part in data]
        expect(parts[0].ndim == 2, f"a batch has shape {parts[0].shape}, not (100, 4)")
        shape = parts[0].shape
        expect(shape == (100, 4), f"the first batch has shape {shape}, not (100, 4)")
        got = np.concatenate(parts)
        expect(len(got) == 6_000, f"{len(got)} labels of 6000 came out")
        expect(np.array_equal(got, labels), "the labels are not those of the files, in their order")
        pipelines = {"yours": lambda: labels_of(files, 100), "slow": one_by_one, "fast": fast}
        ways = {name: lambda make=make: sum(1 for _ in make()) for name, make in pipelines.items()}
        interleaved(ways, 1)
        seconds = {name: min(each) for name, each in interleaved(ways, 8).items()}
    gain = seconds["slow"] / seconds["yours"]
    expect(
        seconds["yours"] < 2 * seconds["fast"] or gain > 4,
        f"right, but only {gain:.1f} times as fast as before: does each record still have a call "
        "of its own? Join batches first, then `tf.io.parse_example`",
    )


@exercise("Exercise 2: deal the files")
def check_share(share_of: Callable) -> None:
    """Check a function (files, worker, workers) that returns one worker's files."""
    for count, workers in ((8, 2), (8, 1), (10, 3), (7, 4), (2, 3)):
        files = [f"{n}.tfrecord" for n in range(count)]
        shares = [share_of(list(files), worker, workers) for worker in range(workers)]
        for share in shares:
            answered(share)
        shares = [list(share) for share in shares]
        where = f"of {count} files for {workers} workers"
        dealt = [file for share in shares for file in share]
        expect(set(dealt) <= set(files), f"{where}, it returns what is not among the files")
        expect(len(set(dealt)) == len(dealt), f"{where}, a file is read by two workers, or twice")
        expect(len(dealt) == count, f"{where}, {count - len(dealt)} are read by nobody")
        sizes = sorted(len(share) for share in shares)
        expect(sizes[-1] - sizes[0] <= 1, f"{where}, the workers have {sizes}: not even")


@exercise("Exercise 3: find the leak")
def check_held_out(held_out: Callable) -> None:
    """Check a rule (image, text) by which a tenth of all captchas are held back."""
    rng = np.random.default_rng(0)
    texts = [f"{n:04d}" for n in range(0, 10_000, 7)]
    images = [rng.bytes(40) for _ in texts]
    first = [held_out(image, text) for image, text in zip(images, texts, strict=True)]
    answered(first[0])
    first = np.array([bool(side) for side in first])
    again = [bool(held_out(image, text)) for image, text in zip(images, texts, strict=True)]
    expect(np.array_equal(first, again), "asked twice about the same captcha, it answers otherwise")
    others = [bool(held_out(rng.bytes(40), text)) for text in texts]
    expect(
        np.array_equal(first, others),
        "the same text with other bytes lies on the other side: that is the leak",
    )
    share = first.mean()
    expect(0.06 < share < 0.14, f"it holds back {share:.2f} of the captchas, not about a tenth")
    pairs = np.array([bool(held_out(b"", f"{n:04d}")) for n in range(1_000)])
    expect(
        0.04 < pairs.mean() < 0.2,
        "it holds back strings that are alike, such as all with one first digit: training then lacks "
        "that digit at its place",
    )


@exercise("Exercise 5: unequal heads")
def check_weighted(weighted_heads: Callable) -> None:
    """Check a cost (labels [n, 4], logits [n, 4, 10], weights [4])."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, [6, 4])
    logits = rng.normal(size=[6, 4, 10]).astype(np.float32)
    chosen = np.take_along_axis(logits, labels[..., None], axis=2)[..., 0]
    costs = np.log(np.exp(logits).sum(axis=2)) - chosen

    def of(weights: list[float]) -> float:
        cost = weighted_heads(labels, logits, weights)
        answered(cost)
        expect(np.size(cost) == 1, f"the cost has the shape {np.shape(cost)}; one number is wanted")
        return float(cost)

    uneven, right = of([1.0, 2.0, 2.0, 1.0]), costs @ [1 / 6, 2 / 6, 2 / 6, 1 / 6]
    expect(not np.isclose(uneven, costs.mean(), rtol=1e-4), "the weights make no difference")
    expect(
        not np.isclose(of([2.0] * 4), 2 * costs.mean(), rtol=1e-4),
        "twice the weights give twice the cost: divide by the sum of the weights",
    )
    expect(
        not np.isclose(of([1.0] * 4), 4 * costs.mean(), rtol=1e-4),
        "with equal weights it is the sum over the places; the mean is wanted",
    )
    expect(np.isclose(of([1.0] * 4), costs.mean(), rtol=1e-4), "equal weights must give the mean")
    expect(np.isclose(uneven, right.mean(), rtol=1e-4), "weights 1, 2, 2, 1 give another cost")
    expect(np.isclose(of([0.0, 0.0, 1.0, 0.0]), costs[:, 2].mean(), rtol=1e-4), "wrong place")


@exercise("Exercise 6: repair the statistics at once")
def check_statistics(exact_statistics: Callable) -> None:
    """Check a function (means, variances), both [batches, channels], of the whole."""
    rng = np.random.default_rng(0)
    values = rng.normal(rng.normal(size=[8, 1, 3]), [1, 2, 3], size=[8, 50, 3])
    answer = exact_statistics(values.mean(axis=1), values.var(axis=1))
    answered(answer)
    expect(len(answer) == 2, "return two arrays: mean and variance")
    mean, variance = (np.asarray(each) for each in answer)
    expect(mean.shape == variance.shape == (3,), f"shapes {mean.shape}, {variance.shape}, not (3,)")
    every = values.reshape(-1, 3)
    expect(np.allclose(mean, every.mean(axis=0)), "the mean is not that of all values")
    within = values.var(axis=1).mean(axis=0)
    expect(
        not np.allclose(variance, within),
        "this is the mean of the variances; batches whose means differ spread more than that",
    )
    expect(
        not np.allclose(variance, every.var(axis=0) - within),
        "this is the variance of the means; what varies within a batch is missing",
    )
    expect(np.allclose(variance, every.var(axis=0)), "the variance is not that of all values")


@exercise("Exercise 7: a silent fault")
def check_silent(damage: Callable) -> None:
    """Check a function from the bytes of a file to others that TensorFlow reads in silence."""
    labels = [[n, n + 1, 7] for n in range(20)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels.tfrecord")
        write_shard(path, _label_records(labels))
        content = path.read_bytes()
        written = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
        damaged = damage(content)
        answered(damaged)
        kind = type(damaged).__name__
        expect(isinstance(damaged, bytes | bytearray), f"return bytes, not {kind}")
        expect(bytes(damaged) != content, "these are the same bytes")
        path.write_bytes(damaged)
        try:
            read = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
        except tf.errors.OpError as err:
            name = type(err).__name__
            expect(
                False, f"TensorFlow notices ({name}): a checksum or the end of the file is wrong"
            )
    expect(read != written, "what comes out is what was written")
