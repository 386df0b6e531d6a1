"""Studies whose tables the lesson shows: `python -m week06_cnn.study [NAME ...]`.

| name          | asks                                                                  | takes on 2 cores |
|---------------|-----------------------------------------------------------------------|------------------|
| `rule`        | what 5 to 30 images for each parameter tell, for four networks        | 6 minutes        |
| `ingredients` | what the recipe loses without each ingredient, each at several rates  | 6 minutes        |
| `seeds`       | whether the recipe reads 99.0% of MNIST's test digits, for ten seeds  | 2 minutes        |
| `few`         | what augmentation does to a network that has 500 digits               | 1 minute         |
| `shift`       | how many moved digits are read, for four networks                     | 3 minutes        |

Each writes a table beside this module, a row for each run or look. `rule` and `ingredients` judge on
training digits that were held out; the others read the test digits, and choose nothing by them.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.digits import Digits, load_digits
from week03_regression.study import held_out, write
from week04_optimizers import study as tables
from week06_cnn import models
from week06_cnn.training import accuracy, batches, one_cycle, train

import keras
import numpy as np

FOLDER = Path(__file__).parent
Row = dict[str, object]
column, by_rate, best = tables.column, tables.by_rate, tables.best
RUNS = ((1000, 1000), (9000, 1000), (50_000, 1000))  # of `rule`: images, steps of 50
SHORT = 100  # steps of `ingredients`, 64 images each
FAR = 6  # pixels, the farthest shift
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))


def load(name: str) -> list[Row]:
    """Return the rows of a stored table; numbers as numbers, an empty field as None."""
    return tables.load(name, FOLDER)


def dense(units: int, seed: int) -> keras.Model:
    """Return a network without convolutions: one hidden layer, or none with 0 units."""
    layers, initial = keras.layers, keras.initializers.GlorotUniform
    hidden = [layers.Dense(units, "relu", kernel_initializer=initial(seed))] if units else []
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            *hidden,
            layers.Dense(10, kernel_initializer=initial(seed + 1)),
        ]
    )


NETWORKS: dict[str, Callable[[int], keras.Model]] = {
    "tiny CNN": lambda seed: models.small_cnn(filters=(4, 8, 8), seed=seed),
    "softmax": lambda seed: dense(0, seed),
    "small CNN": lambda seed: models.small_cnn(seed=seed),
    "one hidden layer": lambda seed: dense(512, seed),
}


def drawn(size: int, steps: int, seed: int) -> np.ndarray:
    """Return the order of `rule`: batches of 50 from the first `size` images."""
    return batches(size, 50, -(-steps * 50 // size), seed)[:steps]


def rule(digits: Digits) -> Iterator[Row]:
    """Train each network on parts of the digits, for so many steps; errors on both sides."""
    for name, run, seed in product(NETWORKS, RUNS, range(3)):
        yield rule_run(held_out(digits, 10_000), name, *run, seed)


def rule_run(digits: Digits, name: str, size: int, steps: int, seed: int) -> Row:
    """Train one network once."""
    x, y, model = digits.x_train, digits.y_train, NETWORKS[name](seed)
    order = drawn(size, steps, seed)
    train(model, x, y, order=order, peak=0.01)
    seen = np.unique(order)
    row = {"network": name, "parameters": model.count_params(), "size": size, "steps": steps}
    row |= {"seed": seed, "distinct": len(seen), "per": len(seen) / model.count_params()}
    row["training"] = 1 - accuracy(model, x[seen[:5000]], y[seen[:5000]])
    return row | {"unseen": 1 - accuracy(model, digits.x_test, digits.y_test)}


def rates_of(schedule: str, rate: float, steps: int) -> np.ndarray:
    """Return the rate of each step: one cycle up to this rate, or constant."""
    if schedule == "constant":
        return np.full(steps, rate, np.float32)
    return one_cycle(rate, steps)


VARIANTS = {  # arguments of the network, the schedule, and the rates
    "all": ({}, "cycle", (0.003, 0.01, 0.03)),
    "constant rate": ({}, "constant", (0.001, 0.003, 0.01)),
    "no normalisation": ({"norm": False}, "cycle", (0.003, 0.01, 0.03, 0.1)),
    "pooling last": ({"pool_first": False}, "cycle", (0.01,)),
    "dropout 0.3": ({"dropout": 0.3}, "cycle", (0.01,)),
    "first filters random": ({}, "cycle", (0.01,)),
}


def ingredients(digits: Digits) -> Iterator[Row]:
    """Train each variant for SHORT steps at its rates, three seeds, the same digits in the same order."""
    digits = held_out(digits, 5000)
    x, y = digits.x_train, digits.y_train
    for name, (how, schedule, rates) in VARIANTS.items():
        model = models.small_cnn(**how)
        if name == "first filters random":
            first_convolution(model).trainable = False
        for rate, seed in product(rates, range(3)):
            model.set_weights(models.small_cnn(seed=seed, **how).get_weights())
            order = batches(len(x), 64, 1, seed)[:SHORT]
            train(model, x, y, order=order, rates=rates_of(schedule, rate, SHORT))
            row = {"variant": name, "rate": rate, "seed": seed}
            yield row | {"error": 1 - accuracy(model, digits.x_test, digits.y_test)}


def first_convolution(model: keras.Model) -> keras.layers.Layer:
    """Return the first convolution of a network."""
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))


def seeds(digits: Digits) -> Iterator[Row]:
    """Train by the recipe with ten seeds that chose nothing, and read the test digits."""
    lesson = taught("week06_cnn")
    for seed in range(600, 610):
        model, _ = lesson.recipe(digits, seed)
        yield {"seed": seed, "accuracy": accuracy(model, digits.x_test, digits.y_test)}


def few(digits: Digits) -> Iterator[Row]:
    """Train on 500 digits with and without random shifts and turns, three seeds, 300 steps of 50."""
    lesson = taught("week06_cnn")
    for way, seed in product(("plain", "augmented"), range(3)):
        x, y = digits.x_train[500 * seed :][:500], digits.y_train[500 * seed :][:500]
        network = models.small_cnn(seed=seed)
        if way == "augmented":
            network = keras.Sequential([lesson.augmentation(seed), network])
        train(network, x, y, order=batches(500, 50, 30, seed), peak=0.01)
        found = 1 - accuracy(network, digits.x_test, digits.y_test)
        yield {"way": way, "seed": seed, "error": found}


def looks(model: keras.Model, digits: Digits, shifted: Callable) -> Iterator[tuple[int, float]]:
    """Yield each shift in pixels with the share of 2,000 digits read, the mean of four directions."""
    x, y = digits.x_test[:2000], digits.y_test[:2000]
    for pixels in range(FAR + 1):
        shares = [
            accuracy(model, shifted(x, pixels * i, pixels * j), y)
            for i, j in (SIDES if pixels else SIDES[:1])
        ]
        yield pixels, float(np.mean(shares))


def shift(digits: Digits) -> Iterator[Row]:
    """Train softmax and convolutional networks on half of the digits, and read moved test digits."""
    lesson = taught("week06_cnn")
    for name, seed in product(lesson.BEARERS, range(3)):
        model = lesson.bearer(name, digits, seed)
        for pixels, share in looks(model, digits, lesson.shifted):
            yield {"network": name, "seed": seed, "pixels": pixels, "accuracy": share}


STUDIES = {
    "rule": rule,
    "ingredients": ingredients,
    "seeds": seeds,
    "few": few,
    "shift": shift,
}


def main(names: list[str]) -> None:
    """Make the named tables, or all."""
    setup(seed=6)
    digits = load_digits()
    if digits.source != "mnist":
        raise SystemExit("the studies are about MNIST, which cannot be had here")
    for name in names or STUDIES:
        write(FOLDER / f"{name}.csv", map(tables.rounded, STUDIES[name](digits)))


if __name__ == "__main__":
    main(sys.argv[1:])
