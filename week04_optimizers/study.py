"""Three studies whose tables the lesson draws: `python -m week04_optimizers.study [NAME ...]`.

| name       | asks                                                                    | takes on 2 cores |
|------------|-------------------------------------------------------------------------|------------------|
| `trap`     | what a softmax applied twice costs, at several rates                     | 2 minutes        |
| `remedies` | which remedy helps a network that overfits, at two budgets               | 10 minutes       |
| `seven`    | how seven optimizers read digits, at several rates, constant and falling | 15 minutes       |

Each writes a table beside this module, a row for each run or look. Settings are compared on
training digits that were held out; the test digits are read for the chosen settings alone.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.digits import Digits, load_digits
from week03_regression.study import held_out, write
from week04_optimizers import samples

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent
Row = dict[str, object]

TRAP_RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
SETTINGS = {  # of each remedy those that are tried
    "no remedy": (0.0,),
    "1,500 digits": (0.0,),
    "5,000 digits": (0.0,),
    "L2 in Adam": (0.0005, 0.002, 0.01, 0.03, 0.1),
    "AdamW": (0.3, 1.0, 3.0, 10.0),
    "dropout": (0.2, 0.35, 0.5, 0.65, 0.8),
    "dropout, inputs": (0.2, 0.35, 0.5, 0.65, 0.8),  # a fifth of the inputs as well
}
BUDGETS = (400, 2000)  # steps
LOOKS = (50, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000)
SEVEN_RATES = {
    "SGD": (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    "Momentum": (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "NAG": (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "Adagrad": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    "RMSprop": (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02),
    "Adadelta": (0.001, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    "Adam": (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
}
LONG = {  # ten epochs, falling
    "SGD": (0.2, 0.5, 1.0, 2.0),
    "Momentum": (0.02, 0.05, 0.1, 0.2, 0.5),
    "Adam": (0.001, 0.002, 0.005, 0.01, 0.02),
}


def load(name: str, folder: Path | None = None) -> list[Row]:
    """Return the rows of a stored table; numbers as numbers, an empty field as None.

    Args:
        name: of the study.
        folder: where its table lies, if not beside this module.
    """
    with open((folder or FOLDER) / f"{name}.csv", newline="", encoding="utf-8") as file:
        return [{key: _read(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _read(text: str) -> object:
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text


def column(rows: list[Row], name: str, **fields: object) -> np.ndarray:
    """Return one column of the rows whose fields have these values, by seed."""
    chosen = [row for row in rows if all(row[key] == value for key, value in fields.items())]
    return np.array([row[name] for row in sorted(chosen, key=lambda row: row["seed"])])


def by_rate(rows: list[Row], knob: str, score: str, **fields: object) -> dict[float, np.ndarray]:
    """Return a score of all seeds for each value of a knob, rising, of the rows with these fields."""
    tried = {row[knob] for row in rows if all(row[key] == fields[key] for key in fields)}
    return {at: column(rows, score, **fields, **{knob: at}) for at in sorted(tried)}


def best(rows: list[Row], knob: str, score: str, **fields: object) -> object:
    """Return the value of a knob at which the mean of a score over seeds is highest."""
    found = by_rate(rows, knob, score, **fields)
    return max(found, key=lambda at: found[at].mean())


def trap(lesson: ModuleType, digits: Digits) -> Iterator[Row]:
    """Softmax regression of week 3, three epochs, its rate falling to 0: softmax once and twice."""
    week3, digits = taught("week03_regression"), held_out(digits)
    x, y = week3.pixels(digits.x_test), tf.one_hot(digits.y_test, 10)
    costs = {"once": week3.cross_entropy, "twice": lesson.twice}
    for softmax, seed, rate in product(costs, range(3), TRAP_RATES):
        w, b, accuracy = week3.train_softmax(digits, costs[softmax], rate, True, 3, seed=seed)
        row = {"softmax": softmax, "rate": rate, "seed": seed}
        truth = float(week3.cross_entropy(y, x @ w + b))
        yield row | {"accuracy": accuracy[-1], "cross_entropy": truth}


def recipe(lesson: ModuleType, remedy: str, setting: float, seed: int) -> Row:
    """Return the arguments that a remedy adds to the lesson's `fit`."""

    def apart(loss: Callable, **how: float) -> Callable:
        def loss_of(weights, x, y, step):  # each seed has masks of its own
            return loss(weights, x, y, step + 1_000_000 * seed, **how)

        return loss_of

    return {
        "L2 in Adam": lambda: {"loss_of": partial(lesson.l2_loss, strength=setting)},
        "dropout": lambda: {"loss_of": apart(lesson.dropout_loss, rate=setting)},
        "dropout, inputs": lambda: {
            "loss_of": apart(lesson.dropout_loss, rate=setting, inputs=0.2)
        },
        "AdamW": lambda: {"optimizer": tf.keras.optimizers.AdamW(1e-3, weight_decay=setting)},
    }.get(remedy, dict)()


def remedies(lesson: ModuleType, digits: Digits) -> Iterator[Row]:
    """Look at every remedy and setting on the way; then read the test digits for the chosen ones."""
    counts, rows = {"1,500 digits": 1500, "5,000 digits": 5000}, []

    def run(remedy: str, setting: float, seed: int, steps: int) -> tuple:
        data = samples.draw(digits, counts.get(remedy, 500), seed)
        how = recipe(lesson, remedy, setting, seed)
        return lesson.fit(data, steps=steps, seed=seed, **how)

    for remedy, seed in product(SETTINGS, range(5)):
        for setting in SETTINGS[remedy]:
            *_, history = run(remedy, setting, seed, BUDGETS[-1])
            for step, *looks in history[np.isin(history[:, 0], LOOKS)]:
                row = {"remedy": remedy, "setting": setting, "seed": seed, "step": int(step)}
                names = "train_accuracy", "train_loss", "val_accuracy", "val_loss"
                rows.append(row | dict(zip(names, looks, strict=True)))
                rows[-1] |= {"test_accuracy": "", "test_loss": ""}
                yield rows[-1]
    for row in rows:
        row["merit"] = -row["val_loss"]
    x, y = samples.rows_of(digits.x_test, digits.y_test)
    for steps, remedy, seed in product(BUDGETS, SETTINGS, range(5)):
        setting = best(rows, "setting", "merit", remedy=remedy, step=steps)
        weights, kept, _ = run(remedy, setting, seed, steps)
        ends = {remedy: weights}
        if remedy == "no remedy":
            ends["early stopping"] = kept
        data = samples.draw(digits, counts.get(remedy, 500), seed)
        for name, end in ends.items():
            row = {"remedy": f"{name}, test", "setting": setting, "seed": seed, "step": steps}
            looks = (
                *lesson.score(end, data.x[:500], data.y[:500]),
                *lesson.score(end, data.x_val, data.y_val),
                *lesson.score(end, x, y),
            )
            yield row | dict(zip(list(rows[0])[4:10], looks, strict=True))


def beside_best(rows: list[Row]) -> list[float]:
    """Return the rates halfway (by ratio) between the best of a grid and its neighbours."""
    rates = sorted({row["rate"] for row in rows})
    at = rates.index(best(rows, "rate", "accuracy"))
    neighbours = [*rates[max(at - 1, 0) : at], *rates[at + 1 : at + 2]]
    return [float(f"{(rates[at] * other) ** 0.5:.2g}") for other in neighbours]


def seven(lesson: ModuleType, digits: Digits) -> Iterator[Row]:
    """Validation accuracy of each optimizer, rate and schedule; test accuracy of the chosen.

    Each grid gets two more rates beside its best.
    """
    data, rows = samples.split(digits), []

    def run(name: str, falls: bool, epochs: int, rate: float, seed: int) -> tuple[Row, list]:
        row = {"optimizer": name, "falls": falls, "epochs": epochs, "rate": rate, "seed": seed}
        weights = lesson.on_digits(data, lesson.SEVEN[name], rate, falls, epochs, seed)
        row["accuracy"] = float(lesson.score(weights, data.x_val, data.y_val)[0])
        return row | {"test_accuracy": ""}, weights

    def tried(name: str, falls: bool, epochs: int, rates: Iterable[float]) -> Iterator[Row]:
        for rate, seed in product(rates, range(3)):
            rows.append(run(name, falls, epochs, rate, seed)[0])
            yield rows[-1]

    grids = [(2, False, SEVEN_RATES), (2, True, SEVEN_RATES), (10, True, LONG)]
    for epochs, falls, rates in grids:
        for name, grid in rates.items():
            yield from tried(name, falls, epochs, grid)
            yield from tried(name, falls, epochs, beside_best(rows[-3 * len(grid) :]))
    x, y = samples.rows_of(digits.x_test, digits.y_test)
    for epochs, falls, rates in grids:
        for name, seed in product(rates, range(3)):
            which = {"optimizer": name, "falls": falls, "epochs": epochs}
            rate = best(rows, "rate", "accuracy", **which)
            row, weights = run(name, falls, epochs, rate, seed)
            yield row | {
                "optimizer": f"{name}, test",
                "test_accuracy": float(lesson.score(weights, x, y)[0]),
            }


STUDIES = {"trap": trap, "remedies": remedies, "seven": seven}


def rounded(row: Row) -> Row:
    """Return a row whose floats are texts of four significant digits."""
    return {key: f"{v:.4g}" if isinstance(v, float) else v for key, v in row.items()}


def main(names: list[str]) -> None:
    """Make the named tables, or all."""
    setup(seed=4)
    digits = load_digits()
    if digits.source != "mnist":
        raise SystemExit("the studies are about MNIST, which cannot be had here")
    lesson = taught("week04_optimizers")
    for name in names or STUDIES:
        write(FOLDER / f"{name}.csv", map(rounded, STUDIES[name](lesson, digits)))


if __name__ == "__main__":
    main(sys.argv[1:])
