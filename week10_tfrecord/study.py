"""Two studies whose tables the lesson draws: `python -m week10_tfrecord.study [NAME ...]`.

| name      | asks                                                                    |
|-----------|-------------------------------------------------------------------------|
| `turns`   | what alternating two tasks costs, what mends it, and what weights do     |
| `schemes` | four heads, one vector of 40, or four networks, at equal steps and cost  |

Each writes a table beside this module. What is read are captchas whose strings are not in training,
and test digits; nothing is chosen by them.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.digits import Digits, load_digits
from week03_regression.study import write
from week04_optimizers import study as tables
from week06_cnn.training import batches, logits, train
from week10_tfrecord import faults, writing

import keras
import numpy as np

FOLDER = Path(__file__).parent
Row = dict[str, object]
column = tables.column
Pair = tuple[np.ndarray, np.ndarray]
SEEDS = (10, 11, 12)
HALF = 6_400  # captchas, and as many digits
READ = 1_000  # of each, to judge by
NORMS = ("batch", "group")
WEIGHTS = (0.0, 0.1, 0.5, 1.0)  # of the digits' cost
BUDGETS = {"heads": (55, 110, 220), "vector": (55, 110, 220), "four": (55, 220)}  # steps


def load(name: str) -> list[Row]:
    """Return the rows of a stored table; numbers as numbers."""
    return tables.load(name, FOLDER)


def captchas(lesson: ModuleType, folder: Path, validation: bool, count: int) -> Pair:
    """Return the first captchas of one side of the lesson's split, with their labels."""
    x, y = [], []
    for images, labels in lesson.read(faults.files(folder)[0], 500, None, lesson.part(validation)):
        x.append(images.numpy())
        y.append(labels.numpy())
        if sum(map(len, x)) >= count:
            break
    return np.concatenate(x)[:count], np.concatenate(y)[:count]


def both_tasks(lesson: ModuleType, digits: Digits, x: np.ndarray, y: np.ndarray) -> Pair:
    """Return captchas and pages of digits in one array each; -1 where a task has no label."""
    labels = np.full([2 * len(x), 5], -1, np.int32)
    labels[: len(x), :4], labels[len(x) :, 4] = y, digits.y_train[: len(x)]
    return np.concatenate([x, lesson.page(digits.x_train[: len(x)])]), labels


def turns(lesson: ModuleType, folder: Path) -> Iterator[Row]:
    """Train on captchas and digits: in turns and mixed, with two normalisations, four weights."""
    digits = load_digits()
    x, y = both_tasks(lesson, digits, *captchas(lesson, folder, False, HALF))
    seen, text = captchas(lesson, folder, True, READ)
    pages, names = lesson.page(digits.x_test[:READ]), digits.y_test[:READ]

    def read(model: keras.Model) -> Row:
        strings = (logits(model, seen)[:, :4].argmax(-1) == text).all(1).mean()
        return {
            "captchas": strings,
            "digits": (logits(model, pages)[:, 4].argmax(-1) == names).mean(),
        }

    for seed in SEEDS:
        order = lesson.in_turns(HALF, seed)
        for norm in NORMS:
            made = {"batch": lesson.batch_norm, "group": lesson.group_norm}[norm]
            model = lesson.captcha_net(length=5, seed=seed, norm=made)
            train(model, x, y, peak=0.01, order=order, loss=lesson.two_tasks(0.5))
            row = {"order": "in turns", "norm": norm, "weight": 0.5, "seed": seed}
            yield row | {"statistics": "shared"} | read(model)
            if norm == "batch":
                lesson.re_estimate(model, x[:2_000], 60)
                own = read(model)
                lesson.re_estimate(model, x[HALF : HALF + 2_000], 60)
                yield row | {"statistics": "own"} | own | {"digits": read(model)["digits"]}
        for weight in WEIGHTS:
            model = lesson.captcha_net(length=5, seed=seed)
            train(model, x, y, peak=0.01, order=lesson.mixed(order), loss=lesson.two_tasks(weight))
            row = {"order": "mixed", "norm": "batch", "weight": weight, "seed": seed}
            yield row | {"statistics": "shared"} | read(model)


def schemes(lesson: ModuleType, folder: Path) -> Iterator[Row]:
    """Train the three schemes in batches of 32, each budget a run of its own with a falling rate."""
    x, y = captchas(lesson, folder, False, 17_600)
    seen, text = captchas(lesson, folder, True, READ)
    y = y.astype(np.int32)

    def answers(net: keras.Model, labels: np.ndarray, seed: int, scheme: str) -> list[np.ndarray]:
        """Return the answers [n, tasks] after each budget, each time from the same first weights."""
        order, begin, found = batches(len(x), 32, 1, seed), net.get_weights(), []
        loss = lesson.forty_questions if scheme == "vector" else None
        for steps in BUDGETS[scheme]:
            net.set_weights(begin)
            train(net, x, labels, peak=0.01, order=order[:steps], loss=loss)
            found.append(logits(net, seen).argmax(-1))
        return found

    for seed in SEEDS:
        four = [
            answers(lesson.captcha_net(1, seed=seed + 100 * k), y[:, k : k + 1], seed, "four")
            for k in range(4)
        ]
        found = {
            "heads": answers(lesson.captcha_net(seed=seed), y, seed, "heads"),
            "vector": answers(lesson.vector_net(seed), y, seed, "vector"),
            "four": [np.concatenate(parts, axis=1) for parts in zip(*four, strict=True)],
        }
        for scheme, each in found.items():
            for steps, read in zip(BUDGETS[scheme], each, strict=True):
                row = {"scheme": scheme, "seed": seed, "steps": steps}
                row["cost"] = steps * (4 if scheme == "four" else 1)
                yield row | {
                    "strings": (read == text).all(1).mean(),
                    "digits": (read == text).mean(),
                }


def main(names: list[str]) -> None:
    """Write the tables of these names, or all."""
    setup(seed=10)
    lesson, studies = taught("week10_tfrecord"), {"turns": turns, "schemes": schemes}
    with tempfile.TemporaryDirectory() as folder:
        writing.write_captchas(Path(folder), 20_000, seed=10, progress=False)
        for name in names or studies:
            write(FOLDER / f"{name}.csv", studies[name](lesson, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
