"""Week 10's reader against its ceiling and against the slow ways: `python -m benchmarks.week10_reading`.

It reports and does not fail. The ceiling is `TFRecordDataset(...).batch(100)` without parsing, page
cache warm; the goal is 70% of it. All ways take turns, each one's best round counts.
"""

import tempfile
from pathlib import Path

from week02_basics.taught import taught
from week10_tfrecord import feeding, writing

import numpy as np
import tensorflow as tf

IMAGES, GOAL = 20_000, 0.7


def main() -> None:
    """Write random images of a captcha's size, read them in every way, print a table."""
    week = taught("week10_tfrecord")
    pixels = np.random.default_rng(0).integers(0, 256, [100, 60, 160], np.uint8)
    images = [week.to_example(image.tobytes(), [60, 160], [1, 2, 3, 4]) for image in pixels]
    pack = week.to_example(pixels.tobytes(), [60, 160], [1, 2, 3, 4] * 100)
    features = {
        "image": week.FEATURES["image"],
        "label": tf.io.FixedLenFeature([100, 4], tf.int64),
    }

    def unpack(record):
        parts = tf.io.parse_single_example(record, features)
        return tf.reshape(tf.io.decode_raw(parts["image"], tf.uint8), [100, 60, 160]), parts[
            "label"
        ]

    def one(record):
        x, y = week.parse(record[tf.newaxis])
        return x[0], y[0]

    with tempfile.TemporaryDirectory() as folder:
        single, packed = Path(folder, "single"), Path(folder, "packed")
        writing.write_shard(single, images * (IMAGES // 100))
        writing.write_shard(packed, [pack] * (IMAGES // 100))
        records, packs = tf.data.TFRecordDataset(str(single)), tf.data.TFRecordDataset(str(packed))
        ways = {
            "one by one": records.map(one).batch(100),
            "batch, then parse": week.read([str(single)], 100),
            "100 images packed": packs.map(unpack, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE),
            "ceiling": records.batch(100),
        }
        drains = {name: lambda data=data: sum(1 for _ in data) for name, data in ways.items()}
        rates = feeding.rates(drains, dict.fromkeys(drains, IMAGES), rounds=6)
    for name, rate in rates.items():
        share = rate / rates["ceiling"]
        goal = f"  goal {GOAL:.0%}: {'reached' if share >= GOAL else 'missed'}"
        print(
            f"{name:20}{rate:10,.0f} images/s{share:7.0%}{goal if name in ('batch, then parse', '100 images packed') else ''}"
        )


if __name__ == "__main__":
    main()
