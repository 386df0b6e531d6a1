"""Week 3's helpers and exercises; the digits loader has a file of its own."""

from week02_basics.taught import taught
from week03_regression import checks, plots

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

from tests.exercises import assert_exercise

WEEK = "week03_regression"

LOG_SOFTMAX_WRONG = {
    "not finite": "lambda z: tf.math.log(tf.nn.softmax(z))",
    "softmax itself": "lambda z: tf.nn.softmax(z)",
    "one sum for the whole batch": "lambda z: z - tf.reduce_logsumexp(z)",
    "differs from tf.nn.log_softmax": "lambda z: z - tf.reduce_max(z, axis=-1, keepdims=True)",
    "has shape": "lambda z: tf.reduce_logsumexp(z, axis=-1)",
}
CONFUSION_WRONG = {
    "swapped": "lambda labels, answers: confusion_of(answers, labels)",
    "counted once": "lambda labels, answers: np.minimum(confusion_of(labels, answers), 1)",
    "the shape is": "lambda labels, answers: confusion_of(labels, answers)[1:, 1:]",
    "cases counted": "lambda labels, answers: np.diag(np.diag(confusion_of(labels, answers)))",
    "some counts are wrong": "lambda labels, answers: np.roll(confusion_of(labels, answers), 1)",
}
GRADIENT_WRONG = {
    "divides by n": "lambda y, z: tf.nn.softmax(z) - y",
    "the sign is turned": "lambda y, z: (y - tf.nn.softmax(z)) / len(z)",
    "labels are missing": "lambda y, z: tf.nn.softmax(z) / len(z)",
    "over rows only": "lambda y, z: (tf.nn.softmax(z) - y) / tf.size(z, tf.float32)",
    "the shape is": "lambda y, z: tf.reduce_mean(tf.nn.softmax(z) - y)",
    "InvalidArgumentError": "lambda y, z: y @ z",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_log_softmax, "log_softmax", LOG_SOFTMAX_WRONG),
        (checks.check_confusion, "confusion_of", CONFUSION_WRONG),
        (checks.check_gradient, "logits_gradient", GRADIENT_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


def test_taught_softmax_is_tensorflows_on_any_logits():
    week = taught(WEEK)
    rng = np.random.default_rng(0)
    for scale in (1.0, 30.0, 1e4):
        logits = tf.constant(rng.normal(0, scale, [50, 10]), tf.float32)
        np.testing.assert_allclose(week.softmax(logits), tf.nn.softmax(logits), atol=1e-6)
        np.testing.assert_allclose(
            week.softmax(logits, 4.0), tf.nn.softmax(logits / 4.0), atol=1e-6
        )


def test_taught_training_is_deterministic():
    """The same seed gives the same weights, bit for bit, and another one gives others."""
    from week03_regression.digits import Digits

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [600, 28, 28], np.uint8)
    labels = rng.integers(0, 10, 600, np.uint8)
    digits = Digits(images, labels, images[:100], labels[:100], "scans")
    week = taught(WEEK)

    def weights(seed):
        return week.train_softmax(digits, week.cross_entropy, 0.1, True, epochs=2, seed=seed)[0]

    np.testing.assert_array_equal(weights(1), weights(1))
    assert np.abs(weights(1) - weights(2)).max() > 1e-4


def test_taught_costs_agree_with_keras():
    week = taught(WEEK)
    rng = np.random.default_rng(0)
    logits = tf.constant(rng.normal(size=[20, 10]), tf.float32)
    labels = tf.one_hot(rng.integers(0, 10, 20), 10)
    keras = tf.keras.losses
    for ours, theirs in [
        (
            week.cross_entropy,
            keras.CategoricalCrossentropy(from_logits=True)(labels, logits),
        ),
        (week.quadratic, keras.MeanSquaredError()(labels, tf.nn.softmax(logits))),
    ]:
        np.testing.assert_allclose(ours(labels, logits), theirs, rtol=1e-5)


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 10
    images = rng.integers(0, 256, [60, 28, 28], np.uint8)
    x = np.linspace(-1, 1, 30)[:, None]
    hidden = np.tanh(x * np.arange(10))
    fits = dict.fromkeys(range(6), x * 0)
    for fig, axes in [
        (plots.forming(x, x**2, fits), 6),
        (plots.hidden_units(x, hidden, hidden, x), 2),
        (plots.temperatures([np.ones(4) / 4] * 3, [1, 2, 3]), 3),
        (plots.samples(images, labels), 50),
        (plots.accuracy_curves({"a": [0.1, 0.2], "b": [0.2, 0.3]}), 1),
        (plots.weights(rng.normal(size=[784, 10])), 10),
        (plots.confusion_matrix(np.eye(10, dtype=int)), 1),
        (plots.mistakes(images[:10], labels[:10], labels[:10], np.ones(10)), 10),
    ]:
        assert len(fig.axes) == axes
        assert all(ax.has_data() for ax in fig.axes)
        plt.close(fig)
