"""How long each way to run Inception-v3 takes: `python -m week08_inception.study`.

Takes about ten minutes on two cores and writes `speed.csv`, a row for each timed run. The ways take
turns, after each has run once. The weights are random.
"""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

from week02_basics.quiet import muted_stderr
from week02_basics.start import setup
from week02_basics.taught import taught
from week02_basics.timing import interleaved
from week03_regression.study import write

import keras
import numpy as np
import tensorflow as tf

FILE = Path(__file__).with_name("speed.csv")
ROUNDS = {1: 15, 16: 7, 32: 7}  # by the number of images in a batch


def images(count: int) -> tf.Tensor:
    """Return pictures of noise, float32 [count, 299, 299, 3] in [0, 1)."""
    return tf.random.stateless_uniform([count, 299, 299, 3], [8, 8])


def measure(ways: Mapping[str, Callable], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round, by way, after one round that is not counted.

    Args:
        ways: functions without arguments, by name.
        rounds: how often each of them runs.
    """
    with muted_stderr():  # with deterministic operations, `predict` logs a harmless complaint
        interleaved(ways, rounds=1)
        return interleaved(ways, rounds)


def load() -> dict[int, dict[str, np.ndarray]]:
    """Return the seconds of the stored rounds by batch and way, each float64 [rounds]."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[int, dict[str, list[float]]] = {}
    for row in rows:
        by_way = found.setdefault(int(row["batch"]), {})
        by_way.setdefault(row["way"], []).append(float(row["seconds"]))
    return {batch: {way: np.array(s) for way, s in ways.items()} for batch, ways in found.items()}


def main() -> None:
    """Race the lesson's ways for each batch, and store every round."""
    setup(seed=8)
    week = taught("week08_inception")
    ways = week.ways_of(keras.applications.InceptionV3(weights=None))
    rows = []
    for count, rounds in ROUNDS.items():
        for way, seconds in measure(ways(images(count)), rounds).items():
            for number, each in enumerate(seconds):
                rows.append({"batch": count, "way": way, "round": number, "seconds": f"{each:.4f}"})
    write(FILE, rows)


if __name__ == "__main__":
    main()
