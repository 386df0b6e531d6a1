"""The checks of week 6's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week03_regression.digits import Digits
from week06_cnn import training

import keras
import numpy as np
import tensorflow as tf

PARAMETERS = 10_000  # a network of exercise 7 has fewer
GOAL = {"mnist": 0.985, "scans": 0.96}  # its test accuracy, by the source of the digits
BEARS = {"mnist": 0.9, "scans": 0.8}  # accuracy of exercise 8 on digits moved by three pixels


@exercise("Exercise 1: the receptive field")
def check_receptive_field(receptive_field: Callable) -> None:
    """Check a function of [(kernel, stride), …] that returns how many pixels reach one unit."""
    for layers in ([(5, 1), (2, 2), (5, 1), (2, 2)], [(3, 1)], [(3, 2), (3, 2), (1, 1), (3, 1)]):
        answer = receptive_field(layers)
        answered(answer)
        field = 1
        for kernel, stride in reversed(layers):  # from the top: what one unit sees a layer below
            field = (field - 1) * stride + kernel
        plain = 1 + sum(kernel - 1 for kernel, _ in layers)
        late, jump = 1, 1
        for kernel, stride in layers:
            jump *= stride
            late += (kernel - 1) * jump
        known = {
            plain: "the strides are missing: behind a stride of 2 neighbours lie twice as far apart",
            late: "a layer's own stride does not widen its own kernel: add first, then multiply",
            sum(
                kernel for kernel, _ in layers
            ): "each layer adds kernel - 1, and one unit is there",
        }
        for wrong, hint in known.items():
            expect(answer != wrong or wrong == field, hint)
        expect(answer == field, f"for {layers} it is {field}, not {answer}")


@exercise("Exercise 6: sizes before")
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


@exercise("Exercise 3: fold the normalisation")
def check_fold(fold: Callable) -> None:
    """Check a function that makes one convolution of a convolution and the normalisation behind it."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=[3, 3, 2, 5]).astype(np.float32)
    scale, shift, mean = (rng.normal(size=5).astype(np.float32) for _ in range(3))
    variance = rng.uniform(0.2, 3, size=5).astype(np.float32)
    answer = fold(kernel, scale, shift, mean, variance)
    answered(answer)
    expect(
        isinstance(answer, (tuple, list)) and len(answer) == 2,
        "return two arrays, (kernel, bias)",
    )
    folded, bias = (np.asarray(part) for part in answer)
    expect(folded.shape == kernel.shape, f"the kernel has shape {folded.shape}, not {kernel.shape}")
    expect(bias.shape == (5,), f"the bias has shape {bias.shape}, not (5,)")
    factor = scale / np.sqrt(variance + 1e-3)
    right = kernel * factor, shift - mean * factor

    def close(one: np.ndarray, other: np.ndarray) -> bool:
        return np.allclose(one, other, atol=1e-5)

    expect(
        not close(folded, kernel * scale / (variance + 1e-3)),
        "divide by the deviation, the root of the variance",
    )
    expect(
        not close(folded, kernel / np.sqrt(variance + 1e-3)),
        "the kernel is scaled as well: `scale`",
    )
    expect(
        not close(folded, kernel * scale / np.sqrt(variance)),
        "1e-3 is added to the variance before the root",
    )
    expect(close(folded, right[0]), "the kernel is another one: each filter gets its own factor")
    expect(
        not close(bias, shift - mean),
        "the mean is subtracted before scaling, so it is scaled as well",
    )
    expect(not close(bias, shift + mean * factor), "the mean is subtracted, not added")
    expect(not close(bias, shift), "the mean is missing from the bias")
    expect(close(bias, right[1]), "the kernel is right, the bias is not")


@exercise("Exercise 4: a scale for float16")
def check_best_scale(best_scale: Callable) -> None:
    """Check a function of float32 gradients [n]: the largest power of two that overflows none."""
    rng = np.random.default_rng(0)
    for small, lowest in [(1e-6, -3e-4), (1e-4, -20.0), (1e-9, 2e-8)]:
        gradients = np.append(rng.normal(0, small, 50), lowest).astype(np.float32)
        answer = best_scale(gradients)
        answered(answer)
        found = float(answer)
        right = max(2.0**k for k in range(60) if np.abs(gradients).max() * 2.0**k < 65_504)
        where = f"with gradients up to {np.abs(gradients).max():.0e} in size"
        expect(found > 0 and np.log2(found) % 1 == 0, f"{found:g} is no power of two")
        with np.errstate(over="ignore"):
            stored = (gradients * found).astype(np.float16)
        expect(
            found == right or np.isfinite(stored).all(),
            f"{where} the scale {found:g} makes an infinity; do negative gradients count?",
        )
        expect(found >= right, f"{where} the scale {found:g} fits, but a larger one does, too")
        expect(found == right, f"{where} it is {right:g}, not {found:g}")


@exercise("Exercise 5: hide and see")
def check_occlusion(occlusion: Callable) -> None:
    """Check a function (score, image) that returns how far hiding each patch lowers a score."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=[28, 28]).astype(np.float32)
    image = rng.uniform(1, 255, size=[28, 28]).astype(np.float32)
    calls = []

    def score(images: np.ndarray) -> np.ndarray:
        calls.append(np.shape(images))
        return np.asarray(images, np.float64).reshape(-1, 784) @ weights.ravel().astype(np.float64)

    before = image.copy()
    answer = occlusion(score, image)
    answered(answer)
    answer = np.asarray(answer)
    expect(np.array_equal(image, before), "the image itself was changed: hide patches in a copy")
    expect(answer.shape == (7, 7), f"the falls have shape {answer.shape}, not (7, 7)")
    right = (image * weights).astype(np.float64).reshape(7, 4, 7, 4).sum(axis=(1, 3))
    scale = np.abs(right).max()

    def close(other: np.ndarray) -> bool:
        return np.allclose(answer, other, atol=1e-4 * scale)

    expect(not close(-right), "the sign: how far does the score *fall*?")
    expect(not close(right.T) or close(right), "rows and columns are swapped")
    whole = float((image.astype(np.float64) * weights).sum())
    expect(not close(whole - right), "these are the scores; subtract them from that of the image")
    expect(close(right), "some falls are wrong; is one patch hidden at a time, 4 x 4 pixels?")
    expect(
        len(calls) <= 2, f"the score was called {len(calls)} times: put all images into one array"
    )


@exercise("Exercise 7: fewer than 10,000 parameters")
def check_few_parameters(build: Callable, digits: Digits) -> None:
    """Check a function that builds a small network, and train it for two epochs if it is small."""
    model = _built(build)
    count = model.count_params()
    expect(
        count < PARAMETERS,
        f"{count:,} parameters; {'pool' if count > 20_000 else 'narrow'} more before the dense layer",
    )
    _ends_in_logits(model)
    goal = GOAL[digits.source]
    training.train(model, digits.x_train, digits.y_train, peak=0.02, epochs=2, batch=128, seed=6)
    reached = training.accuracy(model, digits.x_test, digits.y_test)
    expect(
        reached >= goal,
        f"{count:,} parameters read {reached:.1%} of the test digits, {goal:.1%} is the goal",
    )


def _built(build: Callable) -> keras.Model:
    """Return what a student's function builds, if it is a model with weights."""
    keras.utils.set_random_seed(6)
    model = build()
    answered(model)
    expect(isinstance(model, keras.Model), f"return a Keras model, not a {type(model).__name__}")
    expect(model.built, "the model has no weights yet: begin it with keras.Input((28, 28, 1))")
    return model


def _ends_in_logits(model: keras.Model) -> None:
    """Expect ten logits at the end."""
    expect(
        model.output_shape == (None, 10),
        f"the outputs have shape {model.output_shape}, not (None, 10)",
    )
    expect(
        getattr(model.layers[-1], "activation", None) is not keras.activations.softmax,
        "the last layer has a softmax; the loss wants logits and takes its own",
    )


@exercise("Exercise 8: bear it")
def check_bears_shifts(build: Callable, digits: Digits) -> None:
    """Check a function that builds a network: train it, and read digits moved by three pixels."""
    model = _built(build)
    _ends_in_logits(model)
    x, y = digits.x_train[:20_000], digits.y_train[:20_000]
    training.train(model, x, y, peak=0.01, epochs=2, batch=64, seed=6)
    x, y = digits.x_test[:2000], digits.y_test[:2000]
    moved = [np.roll(x, 3 * side, axis) for side in (1, -1) for axis in (1, 2)]
    reads = float(np.mean([training.accuracy(model, images, y) for images in moved]))
    stays, goal = training.accuracy(model, x, y), BEARS[digits.source]
    expect(
        reads >= goal,
        f"it reads {reads:.1%} of the moved digits ({stays:.1%} of those in place); {goal:.0%} is the "
        "goal: what makes the mean of a map, or of many shifts, an answer?",
    )
