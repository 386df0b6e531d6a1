"""The checks of week 4's exercises."""

import functools
from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week02_basics.taught import taught
from week04_optimizers.race import sweep, walk
from week04_optimizers.surfaces import BEALE

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: the floor")
def check_floor(floor_of: Callable) -> None:
    """Check a function (classes) that returns the lowest loss under a softmax applied twice."""
    answer = floor_of(10)
    answered(answer)
    answer = float(answer)
    expect(
        not np.isclose(answer, 0), "0 would need a probability of 1; the second softmax gives less"
    )
    expect(
        not np.isclose(answer, np.log(10)),
        "this is the loss of an untrained network; a perfect one gets lower",
    )
    expect(
        not np.isclose(answer, np.log(1 + 10 / np.e)),
        "the true class is one of them: only the others add e^0 to the sum",
    )
    expect(
        not np.isclose(answer, np.e / (np.e + 9)), "this is the probability; the loss is -log of it"
    )
    for classes in (10, 2, 1000):
        right = float(np.log(1 + (classes - 1) / np.e))
        answer = float(floor_of(classes))
        expect(
            np.isclose(answer, right, rtol=1e-6),
            f"for {classes} classes it gives {answer:.4g}; with logits that are 1 and 0 the loss "
            f"is {right:.4g}",
        )


@exercise("Exercise 2: an old listing")
def check_keep_prob(dropout_then: Callable) -> None:
    """Check a function (x, keep_prob, seed) that drops as TensorFlow 1 did."""
    x = tf.ones([500, 100])
    for keep_prob in (0.8, 0.3):
        y = dropout_then(x, keep_prob, [1, 2])
        answered(y)
        y = np.asarray(y)
        kept = float((y > 0).mean())
        expect(
            abs(kept - (1 - keep_prob)) > 0.02,
            f"with keep_prob={keep_prob} it keeps {kept:.2f}: that number is the share to drop",
        )
        expect(abs(kept - keep_prob) < 0.02, f"with keep_prob={keep_prob} it keeps {kept:.2f}")
        expect(
            abs(float(y.mean()) - 1) < 0.03,
            f"the mean of ones becomes {y.mean():.2f}: what is kept is divided by keep_prob",
        )


@exercise("Exercise 3: a fourth pair")
def check_counts(count_cost: Callable) -> None:
    """Check a function (z, k) that returns the cost of a count under e^z, and its slope."""
    spots = [(z, k) for k in (0, 3, 11) for z in (-1.0, 0.5, 2.0)]
    found = [count_cost(z, k) for z, k in spots]
    for answer in found:
        answered(answer)
    expect(all(np.size(answer) == 2 for answer in found), "return two numbers: cost and slope")
    costs, slopes = np.array(found, float).T
    mean, z, k = np.exp([z for z, _ in spots]), *np.array(spots).T

    def same(other: np.ndarray) -> bool:  # but for what does not depend on z
        return np.allclose(np.diff((costs - other).reshape(3, 3)), 0, atol=1e-6)

    expect(
        not same((mean - k) ** 2 / 2) and not same((mean - k) ** 2),
        "this is the quadratic cost; the rule takes minus the logarithm of P(k)",
    )
    expect(not same(k * z - mean), "this is ln P(k); its sign must be turned")
    expect(not same(mean), "a term is missing: k times the logarithm of the mean, which is z")
    expect(not same(mean - k * np.log(np.abs(z))), "the mean is e^z, so its logarithm is z")
    expect(same(mean - k * z), "the cost is not -ln P(k), up to a constant")
    expect(
        not np.allclose(slopes, 1 - k / mean),
        "this is the slope with respect to the mean; with respect to z it is e^z times that",
    )
    expect(np.allclose(slopes, mean - k), "the slope is not that of the cost with respect to z")


@exercise("Exercise 4: patience")
def check_early_stop(early_stop: Callable) -> None:
    """Check a function (losses, patience) that returns the look that is kept, and the last look."""
    cases = [
        ([5, 4, 3, 3.5, 3.2, 3.1, 2], 3, (2, 5)),
        ([5, 4, 3, 2, 1], 2, (4, 4)),
        ([3, 4, 2, 5, 6, 1], 2, (2, 4)),
        ([1, 2, 3], 5, (0, 2)),
        ([2, 2, 2, 2], 2, (0, 2)),
    ]
    for losses, patience, right in cases:
        answer = early_stop(losses, patience)
        answered(answer)
        where = f"for {losses} with patience {patience}"
        expect(np.size(answer) == 2, "return two numbers: the look that is kept, and the last look")
        kept, last = (int(look) for look in answer)
        expect(
            kept == right[0] or kept != int(np.argmin(losses)),
            f"{where} it keeps look {kept}: training has stopped before that look",
        )
        expect(
            not (kept == last != right[0]),
            f"{where} it keeps the last look; the weights of the lowest loss are wanted",
        )
        expect(
            (kept, last) == right,
            f"{where} it gives {(kept, last)}, not {right}",
        )


@exercise("Exercise 5: a fair choice")
def check_fair_choice(fair_choice: Callable) -> None:
    """Check a function (validation, test) that chooses a rate and reads the test digits for it alone."""
    validation = {0.1: [0.90, 0.92], 0.2: [0.95, 0.93], 0.5: [0.96, 0.90], 1.0: [0.8, 0.7]}
    test = {0.1: [0.91, 0.90], 0.2: [0.92, 0.93], 0.5: [0.97, 0.95], 1.0: [0.8, 0.6]}
    answer = fair_choice(validation, test)
    answered(answer)
    expect(np.size(answer) == 2, "return two numbers: the chosen rate, and its mean test accuracy")
    rate, score = (float(part) for part in answer)
    expect(
        rate != 0.5,
        "0.5 has the luckiest seed, and looks best on the test digits; wanted is the best mean "
        "on the validation digits",
    )
    expect(rate == 0.2, f"the rate is {rate:g}; 0.2 has the best mean validation accuracy")
    expect(
        not np.isclose(score, 0.94), "this is its validation accuracy; the choice made it flatter"
    )
    expect(
        np.isclose(score, 0.925),
        f"its test accuracy is {score:.4g}; the mean of its seeds is 0.925",
    )
    for edge in ((0.1, 0.2), (0.2, 0.5), (0.1,)):
        answer = fair_choice({at: validation[at] for at in edge}, {at: test[at] for at in edge})
        expect(
            isinstance(answer, str) and answer == "wider",
            f"of the rates {', '.join(map(str, edge))} the best is an edge, and it gives {answer}",
        )


ADAMW_START, ADAMW_LR, ADAMW_DECAY, ADAMW_STEPS = (1.0, 1.0), 0.05, 0.5, 40


@functools.cache
def _keras_path(kind: str, weight_decay: float | None = None, l2: float = 0.0) -> np.ndarray:
    """Walk a Keras optimizer of this name over Beale's valley, with L2 in the gradient if asked."""
    optimizer = getattr(tf.keras.optimizers, kind)(ADAMW_LR, weight_decay=weight_decay)
    w = tf.Variable(np.array(ADAMW_START))
    path = [w.numpy()]
    for _ in range(ADAMW_STEPS):
        optimizer.apply([tf.constant(BEALE.gradient(w.numpy()) + l2 * w.numpy())], [w])
        path.append(w.numpy())
    return np.array(path)


@exercise("Exercise 6: AdamW")
def check_adamw(adamw: Callable) -> None:
    """Check a rule (w, grad, s, lr, decay) against `keras.optimizers.AdamW` on Beale's valley."""
    lr, decay, steps = ADAMW_LR, ADAMW_DECAY, ADAMW_STEPS

    def rule(w: np.ndarray, gradient: Callable, s: dict, rate: float) -> np.ndarray:
        answer = adamw(w, gradient, s, rate, decay)
        answered(answer)
        return np.asarray(answer, np.float64)

    path = walk(rule, BEALE.gradient, ADAMW_START, lr, steps)
    expect(path.shape == (steps + 1, 2), "it leaves for infinity: is a sign turned?")

    def close(other: np.ndarray) -> bool:
        return np.allclose(path, other, atol=1e-4)

    expect(not close(_keras_path("Adam")), "this is Adam: the weights do not decay")
    expect(
        not close(_keras_path("Adam", l2=decay)),
        "the decay went into the gradient and through Adam's denominator (that is L2); AdamW "
        "takes lr * decay * w off the weights themselves",
    )
    expect(
        not close(_keras_path("AdamW", weight_decay=decay / lr)),
        "the decay is not multiplied with the learning rate",
    )
    right = _keras_path("AdamW", weight_decay=decay)
    expect(
        close(right), f"after {steps} steps at {path[-1].round(3)}, Keras at {right[-1].round(3)}"
    )


@exercise("Exercise 7: NAG's wall")
def check_nag_wall(nag_wall: Callable) -> None:
    """Check a function (curvature, gamma) that returns NAG's largest stable rate."""
    for curvature, gamma in [(1.0, 0.9), (4.0, 0.5), (49.0, 0.9), (2.0, 0.0)]:
        answer = nag_wall(curvature, gamma)
        answered(answer)
        answer = float(answer)
        where = f"for curvature {curvature:g} and gamma {gamma:g}"

        def close(other: float, answer: float = answer) -> bool:
            return abs(answer - other) <= 0.005 * abs(other)

        right = 2 * (1 + gamma) / (1 + 2 * gamma) / curvature
        expect(
            gamma == 0 or not close(2 / curvature),
            f"{answer:.3g} {where} is the bound of plain gradient descent",
        )
        expect(
            gamma == 0 or not close(2 * (1 + gamma) / curvature),
            f"{answer:.3g} {where} is Momentum's; NAG takes the gradient ahead of itself",
        )
        expect(
            curvature == 1 or not close(right * curvature),
            f"{answer:.3g} {where} is the product of rate and curvature; divide by the curvature",
        )
        expect(
            close(right),
            f"{answer:.3g} {where}; at {0.99 * right:.3g} it still comes to rest"
            if answer < right
            else f"{answer:.3g} {where}; at {1.01 * right:.3g} it already diverges",
        )


MY_RATES = [float(f"{rate:.2g}") for rate in np.geomspace(0.001, 10, 41)]
MY_STARTS = [(1.0, 1.0), (0.8, 1.0), (1.0, 1.2)]


@exercise("Exercise 8: a rule of your own")
def check_my_rule(my_rule: Callable) -> None:
    """Check a rule (w, grad, s, lr) of which at least 8 rates settle in Beale's valley in 200 steps."""

    def rule(w: np.ndarray, gradient: Callable, s: dict, rate: float) -> np.ndarray:
        answer = my_rule(w, gradient, s, rate)
        answered(answer)
        return np.asarray(answer, np.float64)

    path = walk(rule, BEALE.gradient, (1.0, 1.0), 0.01, 30)
    expect(len(path) == 31, "at rate 0.01 it leaves for infinity: is a sign turned?")
    for name, known in taught("week04_optimizers").RULES.items():
        other = walk(known, BEALE.gradient, (1.0, 1.0), 0.01, 30)
        expect(not np.allclose(path, other), f"this is {name}; invent another")
    found = sweep({"mine": rule}, BEALE, MY_STARTS, MY_RATES, 1000, 0.01, rest=500)["mine"].stay
    middle = np.median(np.where(np.isnan(found), np.inf, found), axis=0)
    count = int((middle <= 200).sum())
    expect(count >= 8, f"it settles within 200 steps at {count} of 41 rates; 8 are wanted")
