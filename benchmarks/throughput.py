"""Claim 3: images a second in training the notes' network; same network, batch and precision.

The yardstick is the rate at which this machine multiplies large float32 matrices, measured in turns
with the rest.
"""

from week02_basics.taught import taught
from week03_regression.digits import load_digits
from week06_cnn import models, training

import numpy as np
import tensorflow as tf

from benchmarks import rivals
from benchmarks.race import Claim, Say, grow, race

TITLE = "Training throughput of the notes' CNN, batch 100, float32"
BATCH, DROPOUT, SIDE, PRODUCTS = 100, 0.3, 2048, 10
# Forward, for the inputs (not of the first layer) and for the weights; two for each multiplication.
CONV1, CONV2 = 28 * 28 * 25 * 32, 14 * 14 * 25 * 32 * 64
FLOP_PER_IMAGE = 2 * (2 * CONV1 + 3 * (CONV2 + 3136 * 1024 + 1024 * 10))
OURS, LARGE, NOTES, EAGER = "ours", "ours, batch 500", "notes' TF1 loop", "eager"


def run(quick: bool, say: Say) -> Claim:
    """Race the traced loop, a session with `feed_dict`, an eager loop and the matrix product."""
    claim, steps, digits = Claim(TITLE), 5 if quick else 30, load_digits()
    x, y = digits.x_train[:20_000], digits.y_train[:20_000]
    flat, one_hot = rivals.flat(x), rivals.one_hot(y)
    week, loop = taught("week06_cnn"), rivals.notes_cnn(seed=0, twice=False)

    def ours(batch: int, steps: int):
        model = models.notes_cnn(dropout=DROPOUT)
        rates = np.full(steps, 1e-4)
        order = training.batches(len(x), batch, 1 + batch * steps // len(x), seed=0)[:steps]
        return lambda: training.train(model, x, y, order=order, rates=rates)

    order = training.batches(len(x), BATCH, 1, seed=0)[:steps]
    step = week.stepper(models.notes_cnn(dropout=DROPOUT))
    rates = np.full(steps, 1e-4, np.float32)
    left, right = (tf.random.stateless_uniform([SIDE, SIDE], [0, seed]) for seed in (1, 2))

    def product() -> None:
        for _ in range(PRODUCTS):
            last = tf.matmul(left, right)
        last.numpy()

    ways = {
        OURS: ours(BATCH, steps),
        NOTES: lambda: loop.train(flat[: steps * BATCH], one_hot, BATCH, 1 - DROPOUT),
        EAGER: lambda: week.call_each_step(step, digits, order, rates),
        LARGE: ours(5 * BATCH, max(1, steps // 5)),
        "matrix product": product,
    }
    race(ways, 1, say)  # tracing
    times = race(ways, 2 if quick else 5, say)
    images = dict.fromkeys(ways, steps * BATCH) | {LARGE: max(1, steps // 5) * 5 * BATCH}
    peak = [2e-9 * SIDE**3 * PRODUCTS / s for s in times.pop("matrix product").wall]
    for name, taken in times.items():
        claim.row(name, taken, per=images[name], unit="images/s")
    claim.row("matrix product, 2048 x 2048", peak, unit="GFLOP/s")
    claim.ratio(f"{NOTES} / {OURS}", times[NOTES], times[OURS], at_least=1)
    claim.ratio(f"{EAGER} / {OURS}", times[EAGER], times[OURS])
    for name in times:
        rate = [1e-9 * FLOP_PER_IMAGE * images[name] / s for s in times[name].wall]
        goal = {"at_least": 0.75} if name == OURS else {}
        claim.ratio(f"{name}, share of the matrix product's rate", rate, peak, **goal)

    most = len(x) // (20 if quick else 2)

    def grown(share: float) -> None:
        part = int(share * most)
        model = models.notes_cnn(dropout=DROPOUT)
        training.train(model, x[:part], y[:part], peak=1e-4, batch=BATCH)

    def grown_notes(share: float) -> None:
        part = int(share * most)
        rivals.notes_cnn(seed=0, twice=False).train(flat[:part], one_hot, BATCH, 1 - DROPOUT)

    claim.growth = grow({"notes' CNN, ours": grown, "notes' CNN, TF1": grown_notes}, 1, say)
    return claim
