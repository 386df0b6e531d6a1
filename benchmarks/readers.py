"""Claim 7: seconds until 97% of whole captchas are read, and until an LSTM reads 98% of digits.

Building and tracing included; who ends below the goal starts again with another seed. Drawing the
captchas is timed apart, for it is done once.
"""

import tempfile
import time
from pathlib import Path

from week02_basics.taught import taught
from week03_regression.digits import load_digits
from week06_cnn import training
from week10_tfrecord import writing

import keras
import numpy as np

from benchmarks import rivals
from benchmarks.race import Claim, Say, grow, paused, race

TITLE = "Captcha to 97% of strings, LSTM to 98% of digits"
IMAGES, TEST = 20_000, 2_000
CAPTCHA, LSTM = "captcha, four passes", "LSTM over rows, two passes"


def lstm(seed: int) -> keras.Model:
    """Return week 7's reader of digits, row by row: an LSTM of 100 units and a dense layer."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = [keras.Input([28, 28]), layers.Rescaling(1 / 255)]
    return keras.Sequential([*inputs, layers.LSTM(100), layers.Dense(10)])


def run(quick: bool, say: Say) -> Claim:
    """Draw captchas, then train both in turns."""
    claim, week, digits = Claim(TITLE), taught("week10_tfrecord"), load_digits()
    # An eighth of the captchas, where growth begins, has to be more than a batch.
    count, test, goals = (2_000, 200, (0.0, 0.0)) if quick else (IMAGES, TEST, (0.97, 0.98))
    if quick:
        digits = rivals.some(digits, 6_000, 2_000)
        claim.notes.append(f"quick: {count:,} captchas and 6,000 digits, no goal")
    say(f"drawing {count + test:,} captchas")
    start = time.perf_counter()
    x, y, x_test, y_test = drawn(week, count, test)
    claim.row("drawing and reading the captchas", [time.perf_counter() - start])
    seeds, reached = iter(range(100, 10_000)), {CAPTCHA: [], LSTM: []}

    def strings(share: float = 1, goal: float = goals[0], passes: int = 4) -> None:
        part = int(share * len(x))
        while True:
            seed = next(seeds)
            model = week.captcha_net(seed=seed)
            training.train(
                model, x[:part], y[:part], peak=0.02, epochs=passes, batch=128, seed=seed
            )
            with paused():
                right = (training.logits(model, x_test).argmax(-1) == y_test).all(1).mean()
            if right >= goal:
                return reached[CAPTCHA].append(right)

    def rows(share: float = 1, goal: float = goals[1], passes: int = 2) -> None:
        part = int(share * len(digits.x_train))
        while True:
            seed = next(seeds)
            model = lstm(seed)
            images, labels = digits.x_train[:part], digits.y_train[:part]
            training.train(model, images, labels, peak=0.01, epochs=passes, batch=128, seed=seed)
            with paused():
                right = training.accuracy(model, digits.x_test, digits.y_test)
            if right >= goal:
                return reached[LSTM].append(right)

    times = race({CAPTCHA: strings, LSTM: rows}, 1 if quick else 2, say)
    for name, taken in times.items():
        claim.row(name, taken, note=f"{min(reached[name]):.2%} to {max(reached[name]):.2%}")
    claim.growth = grow(
        {
            "captcha, one pass": lambda share: strings(share, goal=0, passes=1),
            "LSTM over rows, one pass": lambda share: rows(share, goal=0, passes=1),
        },
        1,
        say,
    )
    return claim


def drawn(week, count: int, test: int) -> list[np.ndarray]:
    """Draw captchas into TFRecord files and read them as the lesson does: x, y, x_test, y_test."""
    with tempfile.TemporaryDirectory() as folder:
        writing.write_captchas(Path(folder), count + test, seed=100, progress=False)
        files = sorted(str(file) for file in Path(folder).glob("*.tfrecord"))
        pairs = [(x.numpy(), y.numpy()) for x, y in week.read(files, 500)]
    x, y = (np.concatenate(pieces) for pieces in zip(*pairs, strict=True))
    return [x[:count], y[:count], x[count:], y[count:]]
