"""The checks of week 3's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: a loss that cannot be fooled")
def check_safe_mse(safe_mse: Callable) -> None:
    """Check a function (y, prediction) that takes shapes [n] and [n, 1] in any mixture."""
    y, prediction = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 2.0])
    for a, b in [(y, prediction), (y[:, None], prediction[:, None])]:
        loss = safe_mse(a, b)
        answered(loss)
        expect(np.size(loss) == 1, f"one number is asked for, not the shape {np.shape(loss)}")
        loss = float(loss)
        expect(not np.isclose(loss, 4.25), "a sum of squares; the mean divides by n")
        expect(not np.isclose(loss, 0.5), "the differences are averaged before they are squared")
        expect(np.isclose(loss, 4.25 / 3), f"for shapes {a.shape} it gives {loss:g}, not 1.41667")
    for a, b in [(y, prediction[:, None]), (y[:, None], prediction)]:
        loss = float(safe_mse(a, b))
        expect(
            np.isclose(loss, 4.25 / 3),
            f"for shapes {a.shape} and {b.shape} it gives {loss:g}: they were stretched to (3, 3)",
        )


@exercise("Exercise 2: what to expect")
def check_expected_mse(expected: Callable) -> None:
    """Check a function (sigma, n, degree) that returns the expected error of a polynomial fit."""
    value = expected(0.5, 20, 3)
    answered(value)
    value = float(value)
    expect(not np.isclose(value, 0.25), "this is the floor itself; the fit ends below it")
    expect(not np.isclose(value, 0.25 * 17 / 20), "a polynomial of degree 3 has 4 free numbers")
    expect(not np.isclose(value, 0.5 * 16 / 20), "the noise enters by its variance, sigma squared")
    expect(
        not np.isclose(value, 0.25 * 24 / 20), "above the floor? The fit has seen these very points"
    )
    right = [((0.5, 20, 3), 0.2), ((0.02, 200, 2), 0.000394), ((1.0, 5, 4), 0.0)]
    for arguments, answer in right:
        value = float(expected(*arguments))
        expect(
            np.isclose(value, answer, atol=1e-9),
            f"for {arguments} it gives {value:g}, not {answer}",
        )


@exercise("Exercise 3: confusion matrix")
def check_confusion(confusion: Callable) -> None:
    """Check a function that counts integer labels [n] against answers [n] in a [10, 10] matrix."""
    labels = np.array([0, 1, 1, 2, 7, 7, 7, 9])
    answers = np.array([0, 1, 7, 2, 7, 1, 1, 4])
    counts = confusion(labels, answers)
    answered(counts)
    counts = np.asarray(counts)
    right = tf.math.confusion_matrix(labels, answers, 10).numpy()
    expect(counts.shape == (10, 10), f"the shape is {counts.shape}, not (10, 10)")
    expect(
        not np.array_equal(counts, right.T),
        "rows and columns are swapped: rows are the true digits",
    )
    expect(
        not np.array_equal(counts, np.minimum(right, 1)),
        "a pair that comes twice is counted once: `counts[i, j] += 1` with index arrays adds only "
        "once for each pair; use `np.add.at` or a loop",
    )
    expect(counts.sum() == len(labels), f"{counts.sum():g} cases counted of {len(labels)}")
    expect(np.array_equal(counts, right), "some counts are wrong")


@exercise("Exercise 4: log-softmax")
def check_log_softmax(log_softmax: Callable) -> None:
    """Check a function that maps float32 logits [n, classes] to their log-softmax."""
    z = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]], np.float32)
    y = log_softmax(tf.constant(z))
    answered(y)
    y, right = np.asarray(y), tf.nn.log_softmax(z).numpy()
    expect(y.shape == z.shape, f"the result has shape {y.shape}, the logits {z.shape}")
    expect(
        not np.allclose(y, tf.nn.softmax(z), atol=1e-5),
        "this is softmax itself; its logarithm is asked for",
    )
    whole = z - np.log(np.exp(z).sum())
    expect(
        not np.allclose(y, whole, atol=1e-5),
        "one sum for the whole batch; each row needs its own: `axis=-1, keepdims=True`",
    )
    expect(
        np.allclose(y, right, atol=1e-5),
        "for small logits it differs from tf.nn.log_softmax",
    )
    wide = np.array([[0.0, 1.0, -2.0], [300.0, 0.0, -500.0], [-300.0, -301.0, -900.0]], np.float32)
    y, right = np.asarray(log_softmax(tf.constant(wide))), tf.nn.log_softmax(wide).numpy()
    expect(
        np.isfinite(y[:2]).all(),
        "right for small logits, but not finite for large ones: subtract the largest logit of each "
        "row, and take no logarithm of a single probability",
    )
    expect(
        np.isfinite(y).all(),
        "not finite where all logits are far below 0: the largest of a row may be negative",
    )
    expect(np.allclose(y, right, atol=1e-2), "wrong for large logits")


@exercise("Exercise 5: from logits to weights")
def check_weight_gradients(gradients: Callable) -> None:
    """Check a function (x, labels, logits) that returns the cost's gradients for w and b."""
    rng = np.random.default_rng(0)
    x = tf.constant(rng.random([6, 784]), tf.float32)
    w, b = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([10]))
    w.assign(rng.normal(0, 0.1, [784, 10]))
    labels = tf.one_hot(rng.integers(0, 10, 6), 10)
    with tf.GradientTape() as tape:
        logits = x @ w + b
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, logits))
    right_w, right_b = (np.asarray(grad) for grad in tape.gradient(loss, [w, b]))
    answer = gradients(x, labels, logits)
    answered(answer)
    expect(
        isinstance(answer, (tuple, list)) and len(answer) == 2,
        "return both: `return grad_w, grad_b`",
    )
    grad_w, grad_b = map(np.asarray, answer)
    for name, grad, shape in [("w", grad_w, (784, 10)), ("b", grad_b, (10,))]:
        expect(grad.shape == shape, f"the gradient of {name} has shape {grad.shape}, not {shape}")

    def close(factor: float) -> bool:
        return np.allclose(grad_w, factor * right_w, atol=1e-5)

    expect(not close(6), "the gradient of the sum; the mean over n images divides by n")
    expect(not close(0.6), "divided by the 10 classes; the mean is over the n images")
    expect(not close(-1) and not close(-6), "the sign is turned: the push is p - y")
    p = tf.nn.softmax(logits).numpy()
    expect(not np.allclose(grad_w, x.numpy().T @ p / 6, atol=1e-5), "the labels are missing")
    expect(close(1), "the gradient of w differs from what the tape says")
    expect(
        np.allclose(grad_b, right_b, atol=1e-5),
        "w is right; b's gradient sums the rows of the push",
    )


@exercise("Exercise 6: a cost of your own")
def check_my_cost(cost: Callable) -> None:
    """Check properties of a cost (labels, logits): one number, sensible, finite, never giving up."""
    rng = np.random.default_rng(0)
    labels = tf.one_hot(rng.integers(0, 10, 8), 10)

    def value(logits: tf.Tensor) -> float:
        result = cost(labels, logits)
        answered(result)
        expect(np.size(result) == 1, f"one number is asked for, not the shape {np.shape(result)}")
        return float(result)

    def push(logits: tf.Tensor) -> np.ndarray:
        """Return each true logit's gradient, from differences: the answer may run elsewhere."""
        pushes = []
        for row in range(len(labels)):
            step = 0.25 * tf.one_hot([row], 8, axis=0) * labels
            pushes.append((value(logits + step) - value(logits - step)) / 0.5 * 8)
        return np.array(pushes)

    nothing = tf.zeros([8, 10])
    good, bad = 4 * labels, -4 * labels
    expect(
        value(good) < value(nothing) < value(bad),
        "it should fall when the true logit rises above the others, and rise when it falls below",
    )
    expect(
        np.isfinite([value(300 * labels), value(-300 * labels)]).all(),
        "infinite or nan for large logits: take no logarithm of a probability",
    )
    expect(
        push(nothing).max() < 0,
        "at equal logits the true logit should be pushed up",
    )
    strong = np.abs(push(-12 * labels)).min()
    expect(np.isfinite(strong), "the gradient is not finite where p(true) is near 0")
    expect(
        strong > 0.01,
        f"it gives up: at p(true) near 0 it pushes the true logit with {strong:.1e} only",
    )
    mine, theirs = (
        value(nothing),
        float(tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, nothing))),
    )
    worse = float(tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, bad)))
    expect(
        not (np.isclose(mine, theirs) and np.isclose(value(bad), worse)),
        "this is cross-entropy; invent another",
    )
