"""The checks of week 6's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week03_regression.digits import Digits
from week06_cnn import training

import keras
import numpy as np
import tensorflow as tf

PARAMETERS = 10_000  # a network of exercise 3 has fewer
GOAL = {"mnist": 0.988, "scans": 0.975}  # its test accuracy, by the source of the digits


@exercise("Exercise 1: sizes before")
def check_sizes_before(sizes_before: Callable) -> None:
    """Check a function (out, kernel, stride, padding) that returns the smallest and largest input."""
    for padding in ("VALID", "SAME"):
        for out, kernel, stride in [(5, 3, 1), (1, 2, 2), (4, 3, 2), (7, 5, 3), (3, 2, 3)]:
            case = f"out {out}, kernel {kernel}, stride {stride}, {padding}"
            answer = sizes_before(out, kernel, stride, padding)
            answered(answer)
            expect(
                isinstance(answer, tuple) and len(answer) == 2,
                "return two numbers, (smallest, largest)",
            )
            right = [n for n in range(1, 40) if _size(n, kernel, stride, padding) == out]
            expect(
                stride == 1 or answer != (right[-1], right[0]),
                "the two are swapped: return (smallest, largest)",
            )
            expect(
                answer[0] != answer[1] or stride == 1,
                f"{case}: a stride of {stride} skips pixels, so {stride} sizes give the same output",
            )
            expect(
                answer[0] == right[0],
                f"{case}: the smallest is {right[0]}, not {answer[0]}",
            )
            expect(
                answer[1] == right[-1],
                f"{case}: the largest is {right[-1]}, not {answer[1]}",
            )


def _size(n: int, kernel: int, stride: int, padding: str) -> int:
    """Return what TensorFlow makes of n pixels in a row; 0 if the kernel does not fit."""
    if padding == "VALID" and n < kernel:
        return 0
    row, ones = tf.zeros([1, n, 1]), tf.zeros([kernel, 1, 1])
    return tf.nn.conv1d(row, ones, stride, padding).shape[1]


@exercise("Exercise 2: max-pooling by hand")
def check_max_pool(max_pool: Callable) -> None:
    """Check a function that maps images [n, h, w, c] to the maxima of 2x2 squares, as "VALID"."""
    rng = np.random.default_rng(0)
    even = rng.normal(size=[3, 6, 8, 2]).astype(np.float32)
    pooled = max_pool(even)
    answered(pooled)
    pooled, right = np.asarray(pooled), tf.nn.max_pool2d(even, 2, 2, "VALID").numpy()
    expect(
        pooled.shape != tf.nn.max_pool2d(even, 2, 1, "VALID").shape,
        "the squares overlap: the stride is 2 as well",
    )
    expect(
        pooled.shape == right.shape,
        f"images {even.shape} become {pooled.shape}, not {right.shape}",
    )
    expect(
        not np.allclose(pooled, tf.nn.avg_pool2d(even, 2, 2, "VALID"), atol=1e-6),
        "this is the mean of each square",
    )
    expect(
        not np.array_equal(pooled, even[:, ::2, ::2]),
        "this is the upper left pixel of each square",
    )
    expect(np.array_equal(pooled, right), "some maxima are wrong; is 0 compared, too?")
    odd = rng.normal(size=[2, 5, 7, 3]).astype(np.float32)
    try:
        pooled = np.asarray(max_pool(odd))
    except ValueError:
        expect(False, "right for even sizes; for odd ones drop the last row or column first")
    right = tf.nn.max_pool2d(odd, 2, 2, "VALID").numpy()
    expect(
        pooled.shape == right.shape and np.array_equal(pooled, right),
        "right for even sizes; for odd ones the last row or column is dropped",
    )


@exercise("Exercise 3: fewer than 10,000 parameters")
def check_few_parameters(build: Callable, digits: Digits) -> None:
    """Check a function that builds a small network, and train it for two epochs if it is small."""
    keras.utils.set_random_seed(6)
    model = build()
    answered(model)
    expect(isinstance(model, keras.Model), f"return a Keras model, not a {type(model).__name__}")
    expect(model.built, "the model has no weights yet: begin it with keras.Input((28, 28, 1))")
    count = model.count_params()
    expect(
        count < PARAMETERS,
        f"{count:,} parameters; {'pool' if count > 20_000 else 'narrow'} more before the dense layer",
    )
    expect(
        model.output_shape == (None, 10),
        f"the outputs have shape {model.output_shape}, not (None, 10)",
    )
    expect(
        getattr(model.layers[-1], "activation", None) is not keras.activations.softmax,
        "the last layer has a softmax; the loss wants logits and takes its own",
    )
    goal = GOAL[digits.source]
    training.train(model, digits.x_train, digits.y_train, peak=0.02, epochs=2, batch=128, seed=6)
    reached = training.accuracy(model, digits.x_test, digits.y_test)
    expect(
        reached >= goal,
        f"{count:,} parameters read {reached:.1%} of the test digits, {goal:.1%} is the goal",
    )
