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


@exercise("Exercise 2: mend a slow pipeline")
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


@exercise("Exercise 3: captchas of any length")
def check_padded(parse_padded: Callable) -> None:
    """Check a parser (records, longest) of labels of any length, padded with -1."""
    labels = [[3, 1, 4], [1], [5, 9, 2, 6, 5], []]
    records = tf.constant(_label_records(labels))
    y = parse_padded(records, 6)
    answered(y)
    expect(not isinstance(y, tf.RaggedTensor), "this is ragged; `.to_tensor(...)` pads it")
    expect(not isinstance(y, tf.SparseTensor), "this is sparse; `tf.sparse.to_dense` fills it")
    y = np.asarray(y)
    expect(y.ndim == 2 and len(y) == 4, f"the shape is {y.shape}, not (4, 6)")
    expect(
        y.shape[1] != 5,
        "padded to the longest of the batch; heads need the same width always: `longest`",
    )
    expect(y.shape == (4, 6), f"the shape is {y.shape}, not (4, 6)")
    right = np.array([row + [-1] * (6 - len(row)) for row in labels])
    expect(
        not np.array_equal(y, np.maximum(right, 0)),
        "padded with 0, which is a digit, too; take -1",
    )
    expect(np.array_equal(y, right), "the labels are not those of the records, padded at the end")
    expect(np.asarray(parse_padded(records, 8)).shape == (4, 8), "for longest 8 the width is not 8")
