"""Week 3's helpers and exercises; the digits loader has a file of its own."""

from week02_basics.taught import taught
from week03_regression import checks, drawings, plots, study
from week03_regression.digits import Digits

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

from tests.exercises import assert_exercise

WEEK = "week03_regression"

LOG_SOFTMAX_WRONG = {
    "not finite": "lambda z: tf.math.log(tf.nn.softmax(z))",
    "of each row": "lambda z: z - tf.reduce_max(z) - tf.math.log("
    "tf.reduce_sum(tf.exp(z - tf.reduce_max(z)), axis=-1, keepdims=True))",
    "may be negative": "lambda z: z - tf.nn.relu(tf.reduce_max(z, axis=-1, keepdims=True)) - tf.math.log("
    "tf.reduce_sum(tf.exp(z - tf.nn.relu(tf.reduce_max(z, axis=-1, keepdims=True))), axis=-1, keepdims=True))",
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
MSE_WRONG = {
    "stretched to (3, 3)": "lambda y, p: np.mean((y - p) ** 2)",
    "a sum of squares": "lambda y, p: np.sum((np.ravel(y) - np.ravel(p)) ** 2)",
    "one number is asked for": "lambda y, p: (np.ravel(y) - np.ravel(p)) ** 2",
    "averaged before": "lambda y, p: abs(np.mean(np.ravel(y) - np.ravel(p)))",
    "it gives": "lambda y, p: np.mean(abs(np.ravel(y) - np.ravel(p)))",
}
EXPECTED_WRONG = {
    "the floor itself": "lambda sigma, n, degree: sigma**2",
    "4 free numbers": "lambda sigma, n, degree: sigma**2 * (1 - degree / n)",
    "sigma squared": "lambda sigma, n, degree: sigma * (1 - (degree + 1) / n)",
    "above the floor": "lambda sigma, n, degree: sigma**2 * (1 + (degree + 1) / n)",
    "it gives": "lambda sigma, n, degree: sigma**2 * (degree + 1) / n",
}
WEIGHTS_WRONG = {
    "divides by n": "lambda x, y, z: [len(x) * g for g in weight_gradients(x, y, z)]",
    "the sign is turned": "lambda x, y, z: [-g for g in weight_gradients(x, y, z)]",
    "divided by the 10 classes": "lambda x, y, z: [0.6 * g for g in weight_gradients(x, y, z)]",
    "labels are missing": "lambda x, y, z: weight_gradients(x, 0 * y, z)",
    "return both": "lambda x, y, z: weight_gradients(x, y, z)[0]",
    "the gradient of w has shape": "lambda x, y, z: weight_gradients(x, y, z)[::-1]",
    "the gradient of b has shape": (
        "lambda x, y, z: (weight_gradients(x, y, z)[0], tf.nn.softmax(z) - y)"
    ),
    "w is right": "lambda x, y, z: (weight_gradients(x, y, z)[0], tf.zeros([10]))",
    "differs from what the tape says": "lambda x, y, z: weight_gradients(x, y, z + x[:, :10])",
}
COST_WRONG = {
    "it gives up": "quadratic",
    "invent another": "cross_entropy",
    "infinite or nan": (
        "lambda y, z: -tf.reduce_mean(tf.reduce_sum(y * tf.math.log(tf.nn.softmax(z)) ** 3, -1))"
    ),
    "one number is asked for": "lambda y, z: my_cost(y, z) + 0 * z",
    "it should fall": "lambda y, z: -my_cost(y, z)",
    "InvalidArgumentError": "lambda y, z: tf.reduce_sum(y @ z)",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_safe_mse, "safe_mse", MSE_WRONG),
        (checks.check_expected_mse, "expected_mse", EXPECTED_WRONG),
        (checks.check_confusion, "confusion_of", CONFUSION_WRONG),
        (checks.check_log_softmax, "log_softmax", LOG_SOFTMAX_WRONG),
        (checks.check_weight_gradients, "weight_gradients", WEIGHTS_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


def test_the_open_exercise_takes_many_costs():
    week = taught(WEEK)
    known = {"quadratic": week.quadratic, "cross_entropy": week.cross_entropy}
    assert_exercise(WEEK, checks.check_my_cost, "my_cost", COST_WRONG, **known)
    for cost in (
        lambda y, z: week.cross_entropy(0.9 * y + 0.01, z),  # smoothed labels
        lambda y, z: tf.reduce_mean(tf.square(y - tf.nn.softmax(z))) + week.cross_entropy(y, z),
        lambda y, z: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, z)),
        lambda y, z: tf.reduce_mean(tf.square(z - 5 * y)),
    ):
        assert checks.check_my_cost(cost)


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


def test_keras_undoes_a_softmax_under_a_loss_on_logits():
    """What the lesson says of `fit`: same weights as without the softmax, and a warning."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=[200, 5]).astype(np.float32), rng.integers(0, 3, 200)

    def weights(activation):
        layer = tf.keras.layers.Dense(3, activation=activation, kernel_initializer="zeros")
        model = tf.keras.Sequential([tf.keras.Input([5]), layer])
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(tf.keras.optimizers.SGD(0.5), loss)
        model.fit(x, y, batch_size=20, epochs=2, shuffle=False, verbose=0)
        return layer.kernel.numpy()

    with pytest.warns(UserWarning, match="produced by a Softmax activation"):
        np.testing.assert_allclose(weights("softmax"), weights(None), atol=1e-6)


def test_the_stored_study_holds_every_recipe_once():
    runs = study.load()
    assert [tuple(run[:-1]) for run in runs] == list(study.recipes())
    assert all(0.2 < run.accuracy < 0.95 for run in runs)
    found = study.accuracies(runs, cost="cross-entropy", rate=0.01, decay=False, epochs=5)
    assert found.tolist() == [run.accuracy for run in runs[:50:10]]


def test_held_out_digits_are_the_last_ones_of_training():
    images, labels = np.arange(60).reshape(30, 1, 2), np.arange(30)
    digits = study.held_out(Digits(images, labels, images + 99, labels + 99, "scans"), 10)
    assert digits.y_train.tolist() == list(range(20))
    assert digits.y_test.tolist() == list(range(20, 30))
    np.testing.assert_array_equal(digits.x_test, images[20:])
    assert digits.source == "scans"


def test_the_study_trains_what_it_says(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [10_400, 28, 28], np.uint8)
    labels = rng.integers(0, 10, 10_400, np.uint8)
    digits = Digits(images, labels, images[:0], labels[:0], "mnist")
    monkeypatch.setattr(study, "FILE", tmp_path / "study.csv")
    monkeypatch.setattr(study, "load_digits", lambda: digits)
    chosen = [("quadratic", 0.2, False, 2, 100, 4), ("cross-entropy", 0.5, True, 1, 128, 0)]
    monkeypatch.setattr(study, "recipes", lambda: iter(chosen))
    study.main()
    runs = study.load()
    assert [tuple(run[:-1]) for run in runs] == chosen
    week = taught(WEEK)
    *_, again = week.train_softmax(
        study.held_out(digits), week.quadratic, 0.2, False, epochs=2, seed=4
    )
    assert runs[0].accuracy == pytest.approx(again[-1])
    monkeypatch.setattr(study, "load_digits", lambda: digits._replace(source="scans"))
    with pytest.raises(SystemExit, match="about MNIST"):
        study.main()


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 10
    images = rng.integers(0, 256, [60, 28, 28], np.uint8)
    x = np.linspace(-1, 1, 30)[:, None]
    shares = np.tanh(x * np.arange(-5, 5))
    fits = dict.fromkeys(range(6), x * 0)
    p = np.linspace(0.01, 0.9, 20)
    for fig, axes in [
        (plots.forming(x, x**2, fits), 6),
        (plots.fits(x, x**2, {"a": x, "b": -x}), 1),
        (plots.descent({"a": p}, {"a": p}), 2),
        (plots.hidden_units(x, shares, 0.1), 2),
        (plots.shares(np.ones(4) / 4, 2.0), 1),
        (plots.samples(images, labels), 50),
        (plots.pushes(p, {"a": p, "b": p / 2}), 2),
        (plots.rates(study.load()), 2),
        (plots.recalls({"a": np.ones(10), "b": np.ones(10)}), 1),
        (plots.weights(rng.normal(size=[784, 10])), 11),
        (plots.confusion_matrix(np.eye(10, dtype=int)), 1),
        (plots.mistakes(images[:10], labels[:10], labels[:10], np.ones(10)), 10),
    ]:
        assert len(fig.axes) == axes
        assert all(ax.has_data() for ax in fig.axes)
        plt.close(fig)


def test_rising_and_falling_units_are_told_apart():
    x = np.linspace(-1, 1, 30)[:, None]
    fig = plots.hidden_units(x, np.concatenate([x, 2 * x, -x], axis=1), 0.5)
    left, right = fig.axes
    assert [line.get_linestyle() for line in left.lines] == ["-", "-", "--"]
    np.testing.assert_allclose(right.lines[-1].get_ydata(), 2 * x[:, 0] + 0.5)
    plt.close(fig)


@pytest.mark.parametrize(
    "draw",
    [
        drawings.hidden_layer,
        lambda: drawings.softmax_steps(np.array([2.0, 1.0, 0.2, -1.0])),
        drawings.regression,
        drawings.split,
    ],
)
def test_drawings_fit_their_canvas(draw):
    """`schematics` raises if a text does not fit; on a phone a drawing is 7.2 inches wide."""
    fig = draw()
    assert fig.get_figwidth() <= 7.2
    plt.close(fig)
