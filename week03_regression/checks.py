"""The checks of week 3's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: log-softmax")
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
    y = np.asarray(log_softmax(tf.constant([[0.0, 200.0, -500.0]])))
    expect(
        np.isfinite(y).all(),
        "right for small logits, but not finite for large ones: subtract the largest logit, "
        "and take no logarithm of a single probability",
    )
    expect(np.allclose(y, [[-200, 0, -700]], atol=1e-2), "wrong for large logits")


@exercise("Exercise 2: confusion matrix")
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


@exercise("Exercise 3: gradient of cross-entropy")
def check_gradient(gradient: Callable) -> None:
    """Check a function (labels, logits) that returns the gradient of the mean cross-entropy."""
    rng = np.random.default_rng(0)
    logits = tf.constant(rng.normal(size=[6, 10]), tf.float32)
    labels = tf.one_hot(rng.integers(0, 10, 6), 10)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, logits))
    right = tape.gradient(loss, logits).numpy()
    answer = gradient(labels, logits)
    answered(answer)
    answer = np.asarray(answer)
    expect(answer.shape == right.shape, f"the shape is {answer.shape}, not {right.shape}")

    def close(other: np.ndarray) -> bool:
        return np.allclose(answer, other, atol=1e-6)

    expect(
        not close(right * 6),
        "the gradient of the sum; the mean over n rows divides by n",
    )
    expect(
        not close(right / 10),
        "divided by n times the classes; the mean is over rows only",
    )
    expect(
        not close(-right) and not close(-right * 6),
        "the sign is turned: softmax minus labels",
    )
    expect(
        not close(tf.nn.softmax(logits)) and not close(tf.nn.softmax(logits) / 6),
        "the labels are missing",
    )
    expect(close(right), "differs from what the tape says")
