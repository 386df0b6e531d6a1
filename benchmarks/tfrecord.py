"""Claim 5: week 10's reader and writer against the slow ways and against their ceilings.

20,000 random images of a captcha's size, page cache warm. The reader's ceiling is reading and
checking the records in batches of 100 without parsing; the writer's is `TFRecordWriter` in a loop,
without a hidden name and a hash. Both serialise as they write; rows of their own tell what is left
of it where the records were serialised before.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from week02_basics.taught import taught
from week10_tfrecord import feeding, writing

import numpy as np
import tensorflow as tf

from benchmarks.race import Claim, Say, grow, race

TITLE = "TFRecord, writing and reading 160 x 60 images"
PIL, ONE, OURS, PACKED, CEILING = (
    "generator and PIL, JPEG files",
    "parsed one by one",
    "batch, then parse (the lesson's)",
    "100 images an Example",
    "reading without parsing",
)
WRITER, BARE = "write_shard (the lesson's)", "bare writer"
WRITER_ONLY, BARE_ONLY = (f"{name}, serialised before" for name in (WRITER, BARE))
SIZE, AUTOTUNE = [60, 160], tf.data.AUTOTUNE


def run(quick: bool, say: Say) -> Claim:
    """Write, then read, each in turns."""
    claim, week = Claim(TITLE), taught("week10_tfrecord")
    images, rounds = (2_000, 2) if quick else (20_000, 9)
    pixels = np.random.default_rng(0).integers(0, 256, [100, *SIZE], np.uint8)
    label = [1, 2, 3, 4]

    def serialised(count: int):
        return (week.to_example(pixels[n % 100].tobytes(), SIZE, label) for n in range(count))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(claim, folder, serialised, list(serialised(2_000)), rounds, say)
        single, packed = str(folder / "single"), str(folder / "packed")
        writing.write_shard(single, serialised(images))
        pack = week.to_example(pixels.tobytes(), SIZE, label * 100)
        writing.write_shard(packed, [pack] * (images // 100))
        jpegs = feeding.write_images([single], folder / "jpeg", images // 10)
        records = tf.data.TFRecordDataset(single)
        features = {
            "image": week.FEATURES["image"],
            "label": tf.io.FixedLenFeature([100, 4], tf.int64),
        }

        def unpack(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            parts = tf.io.parse_single_example(record, features)
            image = tf.io.decode_raw(parts["image"], tf.uint8)
            return tf.reshape(image, [100, *SIZE]), parts["label"]

        def one(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            x, y = week.parse(record[tf.newaxis])
            return x[0], y[0]

        def generated(share: float = 1) -> tf.data.Dataset:
            chosen = jpegs[: int(share * len(jpegs))]
            spec = tf.TensorSpec(SIZE, tf.uint8)
            return tf.data.Dataset.from_generator(
                lambda: map(feeding.open_image, chosen), output_signature=spec
            ).batch(100)

        packs = tf.data.TFRecordDataset(packed)
        ways = {
            PIL: generated(),
            ONE: records.map(one).batch(100),
            OURS: week.read([single], 100),
            PACKED: packs.map(unpack, AUTOTUNE).prefetch(AUTOTUNE),
            CEILING: records.batch(100),
        }
        ways = {name: lambda data=data: feeding.drain(data) for name, data in ways.items()}
        race(ways, 1, say)
        times = race(ways, rounds, say)
        for name, taken in times.items():
            claim.row(name, taken, per=len(jpegs) if name == PIL else images, unit="images/s")
        rates = {
            name: [(len(jpegs) if name == PIL else images) / s for s in taken.wall]
            for name, taken in times.items()
        }
        claim.ratio(f"{OURS}, times the rate of {PIL}", rates[OURS], rates[PIL], at_least=40)
        claim.ratio(f"{OURS}, times the rate of {ONE}", rates[OURS], rates[ONE])
        claim.ratio(f"{OURS}, share of the ceiling", rates[OURS], rates[CEILING], at_least=0.7)
        claim.ratio(f"{PACKED}, share of the ceiling", rates[PACKED], rates[CEILING], at_least=0.7)
        claim.growth = grow(
            {
                "TFRecord, the lesson's reader": lambda share: feeding.drain(
                    week.read([single], 100).take(int(share * images / 100))
                ),
                "a tenth of them, generator and PIL": lambda share: feeding.drain(generated(share)),
            },
            rounds,
            say,
        )
    return claim


def _write(claim: Claim, folder: Path, serialised, ready: list[bytes], rounds: int, say: Say):
    """Race the writers on 2,000 images."""

    def bare(records: Iterable[bytes]) -> None:
        with tf.io.TFRecordWriter(str(folder / "bare")) as writer:
            for record in records:
                writer.write(record)

    ways = {
        WRITER: lambda: writing.write_shard(folder / "ours", serialised(len(ready))),
        BARE: lambda: bare(serialised(len(ready))),
        WRITER_ONLY: lambda: writing.write_shard(folder / "ours", ready),
        BARE_ONLY: lambda: bare(ready),
    }
    race(ways, 1, say)
    times = race(ways, rounds, say)
    for name, taken in times.items():
        claim.row(name, taken, per=len(ready), unit="images/s")
    claim.ratio(f"{WRITER}, share of a {BARE}", times[BARE], times[WRITER], at_least=0.8)
    claim.ratio("the same, serialised before", times[BARE_ONLY], times[WRITER_ONLY])
