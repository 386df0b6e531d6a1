"""Studies whose tables the lesson shows: `python -m week07_lstm.study [NAME ...]`.

| name      | asks                                                                   | takes on 2 cores |
|-----------|------------------------------------------------------------------------|------------------|
| `memory`  | which cells and biases keep a letter, or a sum, at several rates       | 15 minutes       |
| `lengths` | which forget bias suits which lag                                      | 5 minutes        |
| `stretch` | what a cut in the gradient does to training                            | 3 minutes        |
| `clip`    | what clipping does to training, at several rates                       | 3 minutes        |
| `writing` | how LSTM and GRU predict prose, at several rates and budgets           | 40 minutes       |

Each writes a table beside this module, a row for each run. Runs of one seed start from the same
weights wherever their shapes agree, and see the same batches in the same order. The scores are those
of 2,000 sequences, or of paragraphs, that no gradient saw.
"""

import functools
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.study import write
from week04_optimizers import study as tables
from week06_cnn.training import batches, logits, one_cycle, train
from week07_lstm import many, tasks, text

import numpy as np
import tensorflow as tf
from tensorflow import keras

FOLDER = Path(__file__).parent
Row = dict[str, object]
KINDS = {"RNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
UNITS = {"RNN": 8, "LSTM": 8, "GRU": 9}  # as many parameters in a GRU of 9 as in an LSTM of 8
FOUR = [(1, 0), (4, 0), (1, -4), (4, -4)]  # forget bias, input bias
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
WRITERS = {"LSTM": 96, "GRU": 112}  # units, for equal parameters
WRITING_RATES = {
    100: {"LSTM": (0.1, 0.2, 0.3), "GRU": (0.03, 0.05, 0.1)},
    400: {"LSTM": (0.01, 0.03, 0.1, 0.2, 0.3), "GRU": (0.003, 0.01, 0.03, 0.05, 0.1)},
    1600: {"LSTM": (0.03, 0.1, 0.3), "GRU": (0.003, 0.01, 0.03)},
}
MEASURED = {"score", "accuracy", "worst", "last", "bits", "parameters"} | {
    f"at {steps}" for steps in (20, 50, 100, 200)
}
column, by_rate, best = tables.column, tables.by_rate, tables.best


def load(name: str) -> list[Row]:
    """Return the rows of a stored table; numbers as numbers, an empty field as None."""
    return tables.load(name, FOLDER)


def keep_state(layer: keras.layers.GRU, bias: float) -> None:
    """Set the bias of a GRU's update gate, which keeps the old state where it is near 1."""
    kernel, recurrent, both = layer.get_weights()
    both[0, : layer.units] = bias
    layer.set_weights([kernel, recurrent, both])


@functools.cache
def sequences(task: str, length: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and answers of a task."""
    if task == "letter":
        return tasks.marked_letters(count, length, within=10, seed=seed)
    return tasks.adding(count, length, seed=seed)


def start(
    lesson: ModuleType, kind: str, shape: list, out: int, forget: float, into: float, seed: int
):
    """Return the weights that the lesson's `network` draws for a seed, with these biases."""
    model = lesson.network(KINDS[kind], UNITS[kind], shape, out, seed)
    if kind == "LSTM":
        lesson.set_biases(model.layers[0], forget, into)
    if kind == "GRU":
        keep_state(model.layers[0], forget)
    return model.get_weights()


def trained(
    lesson: ModuleType, task: str, kind: str, settings: list[tuple], steps: int, length: int = 50
) -> Iterator[Row]:
    """Train one network for each setting (forget bias, input bias, rate, seed)."""
    data, fresh = sequences(task, length, 19_200, 7), sequences(task, length, 2000, 9)
    shape, out = [length, data[0].shape[2]], 4 if task == "letter" else 1
    starts = [start(lesson, kind, shape, out, f, i, seed) for f, i, _, seed in settings]
    peaks, seeds = [s[2] for s in settings], [s[3] for s in settings]
    began = time.perf_counter()
    ends, _ = many.train_many(kind, starts, data, peaks, seeds, steps)
    seconds = time.perf_counter() - began
    scores = many.score_many(kind, ends, fresh)
    print(task, kind, steps, length, len(settings), f"{seconds:.0f} s", flush=True)
    for setting, score in zip(settings, scores, strict=True):
        row = {"task": task, "kind": kind, "steps": steps, "length": length}
        row |= dict(zip(("forget", "into", "rate", "seed"), setting, strict=True))
        row["score"] = float(score)
        yield row


def memory(lesson: ModuleType) -> Iterator[Row]:
    """Letter (five seeds) and sum (three) at 300 steps; the default LSTM's letter at 3,000 (three)."""
    cells = {"LSTM": FOUR, "RNN": [(0, 0)], "GRU": [(0, 0), (4, 0)]}
    for task, kind in product(("letter", "sum"), cells):
        rates = RATES[: 5 if task == "letter" and kind != "GRU" else 6]
        seeds = range(5 if task == "letter" else 3)
        settings = [(f, i, r, s) for (f, i), r, s in product(cells[kind], rates, seeds)]
        yield from trained(lesson, task, kind, settings, 300)
    settings = [(1, 0, r, s) for r, s in product(RATES[:3], range(3))]
    yield from trained(lesson, "letter", "LSTM", settings, 3000)


def lengths(lesson: ModuleType) -> Iterator[Row]:
    """Accuracy for each forget bias at three lengths, with input bias 0 and -4, three seeds."""
    biases = (-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
    for length in (25, 50, 100):
        settings = [(f, i, 0.03, s) for i, f, s in product((0, -4), biases, range(3))]
        yield from trained(lesson, "letter", "LSTM", settings, 300, length)


def stretch(lesson: ModuleType) -> Iterator[Row]:
    """Train on 50 steps, on 50 with the gradient cut, and on 20; ask at 20 to 200 steps."""
    ways = {"50 steps": (50, 0), "50 steps, cut": (50, 20), "20 steps": (20, 0)}
    for way, (length, cut) in ways.items():
        settings = list(product([(1, 0), (4, 0), (4, -4)], range(5)))
        starts = [start(lesson, "LSTM", [length, 5], 4, *pair, seed) for pair, seed in settings]
        data, peaks = sequences("letter", length, 19_200, 7), [0.03] * len(starts)
        seeds = [seed for _, seed in settings]
        ends, _ = many.train_many("LSTM", starts, data, peaks, seeds, cut=cut)
        asked = {
            steps: many.score_many("LSTM", ends, sequences("letter", steps, 2000, 9))
            for steps in (20, 50, 100, 200)
        }
        for run, ((forget, into), seed) in enumerate(settings):
            row = {"way": way, "forget": forget, "into": into, "seed": seed}
            yield row | {f"at {steps}": float(found[run]) for steps, found in asked.items()}


def clip(lesson: ModuleType) -> Iterator[Row]:
    """A plain RNN with an explosive start on short letters, SGD: rates and limits, five seeds."""
    data, fresh = (sequences("letter", 12, count, seed) for count, seed in ((19_200, 7), (2000, 9)))
    settings = list(product((np.inf, 3.0, 1.0, 0.3), (0.03, 0.1, 0.3, 1.0, 3.0, 10.0), range(5)))
    starts = []
    for _, _, seed in settings:
        model = lesson.network(keras.layers.SimpleRNN, 32, [12, 5], 4, seed)
        kernel, recurrent, *others = model.get_weights()
        starts.append([kernel, 1.5 * recurrent, *others])
    limits, peaks, seeds = zip(*settings, strict=True)
    ends, losses = many.train_many(
        "RNN", starts, data, peaks, seeds, steps=600, sgd=True, clip=limits
    )
    scores = many.score_many("RNN", ends, fresh)
    for run, (limit, rate, seed) in enumerate(settings):
        row = {"limit": limit, "rate": rate, "seed": seed, "accuracy": float(scores[run])}
        row |= {"worst": float(losses[:, run].max()), "last": float(losses[-50:, run].mean())}
        yield row


def bits(model: keras.Model, codes: np.ndarray) -> float:
    """Return the bits a character that a model takes for a text, read in windows of its length."""
    x, y = text.windows(codes, model.input_shape[1])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits(model, x, batch=50))
    return float(np.mean(losses) / np.log(2))


def writing(lesson: ModuleType) -> Iterator[Row]:
    """Bits on held-out prose: LSTM and GRU of equal parameters, at several rates and budgets."""
    runs = [
        (kind, rate, steps)
        for steps, by_kind in WRITING_RATES.items()
        for kind, rates in by_kind.items()
        for rate in rates
    ]
    prose = text.prose()
    chars, (learned, held) = text.characters(prose), text.split(prose)
    x, y = text.windows(text.codes(learned, chars), 32)
    unseen = text.codes(held, chars)
    for (kind, rate, steps), seed in product(runs, range(3)):
        model = lesson.writer(KINDS[kind], WRITERS[kind], len(chars), seed=seed)
        asked = lesson.writer(KINDS[kind], WRITERS[kind], len(chars), length=100)
        order = batches(len(x), 32, -(-steps * 32 // len(x)) + 1, seed)[:steps]
        train(model, x, y, order=order, rates=one_cycle(rate, steps))
        asked.set_weights(model.get_weights())
        row = {"kind": kind, "rate": rate, "steps": steps, "seed": seed}
        yield row | {"parameters": model.count_params(), "bits": bits(asked, unseen)}


STUDIES = {
    "memory": memory,
    "lengths": lengths,
    "stretch": stretch,
    "clip": clip,
    "writing": writing,
}


def main(names: list[str]) -> None:
    """Make the named tables, or all."""
    setup(seed=7)
    lesson = taught("week07_lstm")
    for name in names or STUDIES:
        write(FOLDER / f"{name}.csv", map(tables.rounded, STUDIES[name](lesson)))


if __name__ == "__main__":
    main(sys.argv[1:])
