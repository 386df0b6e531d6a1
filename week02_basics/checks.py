"""The checks of week 2's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: standardise")
def check_standardise(standardise: Callable) -> None:
    """Check a function that maps float32 [n, d] to columns of mean 0 and standard deviation 1."""
    x = np.random.default_rng(0).normal([5.0, -2.0, 0.5], [3.0, 0.2, 9.0], (50, 3))
    x = x.astype(np.float32)
    z = standardise(tf.constant(x))
    answered(z)
    z = np.asarray(z)
    expect(z.shape == x.shape, f"the result has shape {z.shape}, the input {x.shape}")
    expect(
        not np.allclose(z, (x - x.mean()) / x.std(), atol=1e-4),
        "one mean for the whole tensor; each column needs its own: `axis=0`",
    )
    expect(np.allclose(z.mean(axis=0), 0, atol=1e-4), "the columns' means are not 0")
    expect(
        not np.allclose(z, (x - x.mean(axis=0)) / x.var(axis=0), atol=1e-4),
        "divided by the variance; the standard deviation is its square root",
    )
    expect(
        np.allclose(z.std(axis=0), 1, atol=1e-3),
        "the columns' standard deviations are not 1",
    )


@exercise("Exercise 2: accumulate")
def check_accumulate(accumulate: Callable) -> None:
    """Check a function (total, x) that adds x to a scalar variable and returns the new value."""
    total = tf.Variable(1.0)
    first = accumulate(total, tf.constant(2.0))
    answered(first)
    expect(
        float(total) != 1.0,
        "the variable still holds its old value: `total = total + x` makes a new tensor, "
        "`total.assign_add(x)` changes the variable",
    )
    expect(
        float(total) != 2.0,
        "the old value is lost: `assign` replaces, `assign_add` adds",
    )
    expect(float(total) == 3.0, f"1 + 2 became {float(total):g}")
    expect(float(first) == 3.0, f"returned {float(first):g}, the new value is 3")
    accumulate(total, tf.constant(4.0))
    expect(float(total) == 7.0, f"1 + 2 + 4 became {float(total):g}")


@exercise("Exercise 3: mend the tape")
def check_slope(slope: Callable) -> None:
    """Check a function that returns the derivative of x**3 at a float32 tensor x, of shape []."""
    found = slope(tf.constant(2.0))
    expect(
        found is not None,
        "it returned None: the tape does not watch x, y is computed outside TensorFlow, or a `return` "
        "is missing",
    )
    answered(found)
    expect(tf.is_tensor(found), "return the tape's answer, which is a tensor")
    found = float(np.asarray(found))
    expect(found != 8.0, "this is x**3 itself; its derivative is asked for")
    expect(
        abs(found - 12) < 1e-4, f"at x = 2 it returned {found:g}, and the derivative is 3 * 2**2"
    )
    expect(abs(float(slope(tf.constant(-1.0))) - 3) < 1e-4, "right at 2, but not at -1")


@exercise("Exercise 4: count operations")
def check_count(count: Callable) -> None:
    """Check a function (op_type, rounds) that counts in the graph of `x = tf.sin(x) * x` in a loop."""
    sines = count("Sin", 5)
    answered(sines)
    expect(
        sines != 0,
        "no Sin for 5 rounds: a loop over tf.range keeps its body in a graph of its own; "
        "use Python's range",
    )
    expect(sines == 5, f"for 5 rounds it counts {sines} operations of type Sin")
    expect(count("Sin", 8) == 8, "the number of rounds does not change the count")
    expect(count("Mul", 3) == 3, "Sin is counted right, Mul is not")
    expect(
        count("Placeholder", 3) == 1,
        "one Placeholder is expected, the argument x: does the traced function take x?",
    )
    expect(count("Cos", 3) == 0, "there is no Cos in this graph")


@exercise("Exercise 5: gradient by hand")
def check_gradient(gradient: Callable) -> None:
    """Check a function (k, b, x, y) that returns dL/dk and dL/db of mean((y - (k x + b))^2)."""
    rng = np.random.default_rng(0)
    x, y = rng.random(40, dtype=np.float32), rng.random(40, dtype=np.float32)
    k, b = tf.constant(0.7), tf.constant(-0.3)
    with tf.GradientTape() as tape:
        tape.watch([k, b])
        loss = tf.reduce_mean(tf.square(y - (k * x + b)))
    right = np.array(tape.gradient(loss, [k, b]))
    answer = gradient(k, b, tf.constant(x), tf.constant(y))
    answered(answer)
    answer = np.array([np.asarray(part) for part in answer], dtype=np.float32)
    expect(answer.shape == (2,), "return two scalars, (dk, db): is a mean missing?")

    def close(other: np.ndarray) -> bool:
        return np.allclose(answer, other, rtol=1e-3)

    expect(
        not close(right / 2),
        "half of the gradient: the square's derivative has a factor 2",
    )
    expect(
        not close(-right),
        "the sign is turned: the inner derivative is -x, and -1 for b",
    )
    expect(not close(-right / 2), "the sign is turned and the factor 2 is missing")
    expect(not close(right * len(x)), "a sum where the loss has a mean")
    expect(not close(right[::-1]), "the two are swapped: return (dk, db)")
    expect(close(right), f"got {answer.round(3)}, the tape says {right.round(3)}")


@exercise("Exercise 6: one trace for all")
def check_power_once(power_once: Callable) -> None:
    """Check a `tf.function` (x, n) that returns x**n for float32 [any] and int32 [], in one trace."""
    for x, n in [([1.0, 2.0, 3.0], 3), ([2.0], 10), ([0.5, -1.0], 0), ([3.0, 1.0, 1.0, 2.0], 2)]:
        found = power_once(tf.constant(x), tf.constant(n))
        answered(found)
        expect(np.shape(found) == (len(x),), f"for x of shape ({len(x)},) it has {np.shape(found)}")
        right = np.power(np.float32(x), n)
        expect(
            np.allclose(found, right, rtol=1e-5),
            f"{x} to the power {n} became {np.round(found, 3).tolist()}, not {right.tolist()}",
        )
    traces = getattr(power_once, "experimental_get_tracing_count", None)
    expect(traces is not None, "the results are right, but it is no `tf.function`")
    expect(
        traces() == 1,
        f"right, but traced {traces()} times: an `input_signature` with `None` for the length of x "
        "makes one trace serve all",
    )


@exercise("Exercise 7: out of the valley")
def check_faster(faster: Callable) -> None:
    """Check a function (gradient, x, steps) that fits a line better than plain descent at rate 0.2."""
    steps = 40
    for seed, (k, b) in enumerate([(0.1, 0.2), (-2.0, 1.0), (3.0, 0.5)]):
        x, asked = np.random.default_rng(seed).random(100), []

        def gradient(slope, intercept, x=x, k=k, b=b, asked=asked):
            asked.append(1)
            error = k * x + b - (float(slope) * x + float(intercept))
            return -2 * float(np.mean(error * x)), -2 * float(np.mean(error))

        found = faster(gradient, x, steps)
        answered(found)
        expect(
            len(asked) <= steps, f"it called the gradient {len(asked)} times; {steps} are allowed"
        )
        found = np.array([float(np.asarray(part)) for part in found])
        expect(found.shape == (2,), "return two numbers, (k, b)")
        expect(np.isfinite(found).all(), "it diverges: a step was too long for the steep direction")
        plain = np.zeros(2)
        for _ in range(steps):
            plain -= 0.2 * np.array(gradient(*plain))
        gain = np.linalg.norm(plain - (k, b)) / max(np.linalg.norm(found - (k, b)), 1e-12)
        expect(
            gain > 100,
            f"after {steps} steps it is {gain:.2g} times as close as rate 0.2; 100 times are asked for",
        )
