"""The checks of week 4's exercises."""

import functools
from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week04_optimizers.race import walk
from week04_optimizers.surfaces import BEALE

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: bias correction")
def check_correction(corrected: Callable) -> None:
    """Check a function (m, v, t, beta1, beta2) that returns Adam's two corrected means."""
    g, beta1, beta2 = np.array([0.5, -2.0]), 0.9, 0.99
    m = v = np.zeros(2)
    for t in range(1, 4):  # a constant gradient: the corrected means are the gradient itself
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        answer = corrected(m, v, t, beta1, beta2)
        answered(answer)
        expect(len(answer) == 2, "return two arrays: m_hat, v_hat")
        m_hat, v_hat = (np.asarray(part, np.float64) for part in answer)
        expect(
            not np.allclose(m_hat, m * (1 - beta1**t)),
            "multiplied where Adam divides: the means start at 0 and are too small",
        )
        expect(
            not np.allclose(m_hat, m / (1 - beta1)) or t == 1,
            "the correction must fade with the step: the power t is missing",
        )
        expect(
            not np.allclose(m_hat, m / (1 - beta2**t)),
            "the betas are swapped: beta1 belongs to m, beta2 to v",
        )
        expect(
            np.isfinite(m_hat).all(), "not finite at the first step: t counts from 1, not from 0"
        )
        expect(
            np.allclose(m_hat, g), "m_hat of a constant gradient is that gradient, at every step"
        )
        expect(
            not np.allclose(v_hat, np.sqrt(v / (1 - beta2**t))),
            "the root is not part of the correction; the update takes it",
        )
        expect(
            np.allclose(v_hat, g**2), "v_hat of a constant gradient is its square, at every step"
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


@exercise("Exercise 2: AdamW")
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


@exercise("Exercise 3: where Momentum diverges")
def check_largest_rate(largest_rate: Callable) -> None:
    """Check a function (curvature, gamma) that returns Momentum's largest stable rate."""
    for curvature, gamma in [(1.0, 0.9), (4.0, 0.5), (10.0, 0.9), (2.0, 0.0)]:
        answer = largest_rate(curvature, gamma)
        answered(answer)
        answer = float(answer)
        where = f"for curvature {curvature:g} and gamma {gamma:g}"

        def close(other: float, answer: float = answer) -> bool:
            return abs(answer - other) <= 0.02 * other

        right = 2 * (1 + gamma) / curvature
        expect(
            gamma == 0 or not close(2 / curvature),
            f"{answer:.3g} {where} is the bound of plain gradient descent; Momentum bears more",
        )
        expect(
            gamma == 0 or not close(2 * (1 - gamma) / curvature),
            f"{answer:.3g} {where}: as if each step were 1 / (1 - gamma) times as long; an "
            "overshoot is braked by the velocity, so the bound is higher",
        )
        expect(
            close(right),
            f"{answer:.3g} {where}; at {0.99 * right:.3g} it still comes to rest"
            if answer < right
            else f"{answer:.3g} {where}; at {1.01 * right:.3g} it already diverges",
        )
