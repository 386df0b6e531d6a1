"""Learning rates for two costs, tried on held-out digits: `python -m week03_regression.study`.

Takes about 15 minutes on two cores and writes `study.csv`, a row for each training run. Only MNIST's
60,000 training images are used, the last 10,000 of them for judging; the test set is never read.
"""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.digits import Digits, load_digits

import numpy as np

FILE = Path(__file__).with_name("study.csv")
RATES = {
    "cross-entropy": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    "quadratic": (0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 12.0, 16.0, 20.0, 25.0, 50.0, 100.0),
}
LONG = [  # cost, rate, decay: the notes' 51 epochs in batches of 128
    ("quadratic", 0.2, False),
    ("quadratic", 10.0, False),
    ("quadratic", 10.0, True),
    ("cross-entropy", 0.2, False),
    ("cross-entropy", 0.2, True),
    ("cross-entropy", 2.0, True),
]


class Run(NamedTuple):
    """One training run and its accuracy on the held-out digits, in [0, 1]."""

    cost: str
    rate: float
    decay: bool  # in a straight line to 0, else constant
    epochs: int
    batch: int
    seed: int  # of the order of the images
    accuracy: float


def held_out(digits: Digits, count: int = 10_000) -> Digits:
    """Return the training digits alone, the last `count` of them in the place of the test set."""
    return digits._replace(
        x_train=digits.x_train[:-count],
        y_train=digits.y_train[:-count],
        x_test=digits.x_train[-count:],
        y_test=digits.y_train[-count:],
    )


def recipes() -> Iterator[tuple]:
    """Yield cost, rate, decay, epochs, batch and seed of each run."""
    for cost, decay, seed in product(RATES, (False, True), range(5)):
        for rate in RATES[cost]:
            yield cost, rate, decay, 5, 100, seed
    for recipe, seed in product(LONG, range(3)):
        yield *recipe, 51, 128, seed


def load() -> list[Run]:
    """Return the runs that are stored beside this module."""
    with open(FILE, newline="", encoding="utf-8") as file:
        return [
            Run(
                row["cost"],
                float(row["rate"]),
                row["decay"] == "True",
                int(row["epochs"]),
                int(row["batch"]),
                int(row["seed"]),
                float(row["accuracy"]),
            )
            for row in csv.DictReader(file)
        ]


def accuracies(runs: list[Run], **recipe: object) -> np.ndarray:
    """Return the accuracies of the runs whose fields have these values, by seed."""
    chosen = [
        run for run in runs if all(getattr(run, field) == value for field, value in recipe.items())
    ]
    return np.array([run.accuracy for run in sorted(chosen, key=lambda run: run.seed)])


def write(file: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table, row by row as they come; the old one stays until the new one is whole.

    Args:
        file: a CSV file; the first row's keys are its columns.
        rows: with at least these keys; others are left out.
    """
    draft, table = file.with_suffix(".part"), None
    with open(draft, "w", newline="", encoding="utf-8") as out:
        for row in rows:
            if table is None:
                table = csv.DictWriter(out, list(row), extrasaction="ignore", lineterminator="\n")
                table.writeheader()
            table.writerow(row)
            out.flush()
    os.replace(draft, file)


def main() -> None:
    """Train every recipe and write the table."""
    setup(seed=3)
    lesson = taught("week03_regression")
    costs = {"cross-entropy": lesson.cross_entropy, "quadratic": lesson.quadratic}
    digits = load_digits()
    if digits.source != "mnist":
        raise SystemExit("the study is about MNIST, which cannot be had here")
    digits = held_out(digits)

    def runs() -> Iterator[dict[str, object]]:
        for cost, rate, decay, epochs, batch, seed in recipes():
            *_, accuracy = lesson.train_softmax(
                digits, costs[cost], rate, decay, epochs=epochs, batch=batch, seed=seed
            )
            yield Run(cost, rate, decay, epochs, batch, seed, float(accuracy[-1]))._asdict()

    write(FILE, runs())


if __name__ == "__main__":
    main()
