"""Week 4's helpers, its taught rules and exercises."""

from week02_basics.figures import show
from week02_basics.taught import taught
from week03_regression.digits import Digits
from week04_optimizers import animate, checks, plots, stacks
from week04_optimizers.race import FAR, outcome, race, ranking, steps_to, walk
from week04_optimizers.surfaces import BEALE, SADDLE

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.exercises import assert_exercise

WEEK = "week04_optimizers"


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


def bowl(w):
    return 2 * w


# --- exercises --------------------------------------------------------------------------------

CORRECTION_WRONG = {
    "multiplied where Adam divides": "lambda m, v, t, b1, b2: (m * (1 - b1**t), v * (1 - b2**t))",
    "the power t is missing": "lambda m, v, t, b1, b2: (m / (1 - b1), v / (1 - b2))",
    "the betas are swapped": "lambda m, v, t, b1, b2: (m / (1 - b2**t), v / (1 - b1**t))",
    "t counts from 1": "lambda m, v, t, b1, b2: (m / np.float64(1 - b1 ** (t - 1)), v)",
    "m_hat of a constant gradient": "lambda m, v, t, b1, b2: (m, v)",
    "the root is not part": "lambda m, v, t, b1, b2: (m / (1 - b1**t), np.sqrt(v / (1 - b2**t)))",
    "v_hat of a constant gradient": "lambda m, v, t, b1, b2: (m / (1 - b1**t), v)",
    "return two arrays": "lambda m, v, t, b1, b2: [m / (1 - b1**t)]",
}
ADAMW_WRONG = {
    "this is Adam": "lambda w, grad, s, lr, decay: adam(w, grad, s, lr)",
    "the decay went into the gradient": (
        "lambda w, grad, s, lr, decay: adam(w, lambda w: grad(w) + decay * w, s, lr)"
    ),
    "not multiplied with the learning rate": (
        "lambda w, grad, s, lr, decay: adam(w, grad, s, lr) - decay * w"
    ),
    "Keras at": "lambda w, grad, s, lr, decay: adam(w, grad, s, lr) + lr * decay * w",
    "gives nothing back": "lambda w, grad, s, lr, decay: None",
}
RATE_WRONG = {
    "bound of plain gradient descent": "lambda c, gamma: 2 / c",
    "as if each step were": "lambda c, gamma: 2 * (1 - gamma) / c",
    "it still comes to rest": "lambda c, gamma: (1 + gamma) / c",
    "it already diverges": "lambda c, gamma: 4 * (1 + gamma) / c",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_correction, "corrected", CORRECTION_WRONG),
        (checks.check_adamw, "adamw", ADAMW_WRONG),
        (checks.check_largest_rate, "largest_rate", RATE_WRONG),
    ],
)
def test_exercises(check, name, wrong, week):
    with np.errstate(all="ignore"):
        assert_exercise(WEEK, check, name, wrong, adam=week.adam)


# --- surfaces ---------------------------------------------------------------------------------


@pytest.mark.parametrize("surface", [BEALE, SADDLE], ids=lambda surface: surface.name)
def test_gradients_are_those_of_the_values(surface):
    h, rng = 1e-5, np.random.default_rng(0)
    for w in rng.uniform(-2, 2, [50, 2]):
        differences = [
            (surface.value(*(w + e)) - surface.value(*(w - e))) / (2 * h) for e in h * np.eye(2)
        ]
        np.testing.assert_allclose(surface.gradient(w), differences, rtol=1e-6, atol=1e-6)


def test_the_minimum_is_one():
    w = np.array(BEALE.minimum)
    assert BEALE.value(*w) == 0 and not BEALE.gradient(w).any()
    around = w + np.random.default_rng(0).normal(0, 0.1, [100, 2])
    assert (BEALE.value(*around.T) > 0).all()
    assert SADDLE.minimum is None and not SADDLE.gradient(np.zeros(2)).any()


# --- the race ---------------------------------------------------------------------------------


def test_race_gives_paths_and_losses_the_same_every_time(week):
    first, second = (race(week.RULES, BEALE, (1, 1), week.VALLEY_RATES, 50) for _ in range(2))
    assert list(first) == list(week.VALLEY_RATES)
    for name, run in first.items():
        assert run.path.shape == (51, 2) and run.path.dtype == np.float64
        assert run.diverged is None
        np.testing.assert_array_equal(run.path[0], [1, 1])
        np.testing.assert_array_equal(run.loss, BEALE.value(*run.path.T))
        np.testing.assert_array_equal(run.path, second[name].path)


def test_a_diverged_path_is_cut_and_named(week):
    run = race(week.RULES, BEALE, (1, 1), {"SGD": 3.0}, 500)["SGD"]
    assert run.diverged == len(run.path) < 10
    assert np.abs(run.path).max() < FAR and np.isfinite(run.loss).all()
    assert outcome(run, 1e-9) == f"diverged at {run.diverged}"
    lost = walk(lambda w, grad, s, lr: w * np.nan, bowl, [1.0, 1.0], 0.1, 5)
    assert len(lost) == 1


def test_a_path_may_end_where_it_arrives(week):
    rates = {"SGD": 0.03, "NAG": 0.03, "Adam": 1e-6, "Momentum": 3.0}
    whole, cut = (race(week.RULES, BEALE, (1, 1), rates, 200, until) for until in (-np.inf, 0.01))
    for name, run in cut.items():
        assert steps_to(run, 0.01) == steps_to(whole[name], 0.01)
        assert outcome(run, 0.01) == outcome(whole[name], 0.01)
        np.testing.assert_array_equal(run.path, whole[name].path[: len(run.path)])
    assert len(cut["NAG"].path) == steps_to(cut["NAG"], 0.01) + 1 and cut["NAG"].diverged is None
    assert len(cut["Adam"].path) == 201 and cut["Momentum"].diverged


def test_steps_and_ranking(week):
    runs = race(week.RULES, BEALE, (1, 1), {"SGD": 0.03, "NAG": 0.03, "Adam": 1e-6}, 200)
    assert ranking(runs, 0.01) == ["NAG", "SGD"]
    steps = steps_to(runs["NAG"], 0.01)
    assert runs["NAG"].loss[steps] <= 0.01 < runs["NAG"].loss[:steps].min()
    assert outcome(runs["NAG"], 0.01) == str(steps) and outcome(runs["Adam"], 0.01) == "-"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rates": {"SGD": 0.0}}, ValueError, "learning rate of SGD must be positive, not 0"),
        ({"rates": {"SGD": -1.0}}, ValueError, "learning rate of SGD must be positive, not -1"),
        ({"rates": {"SGD": np.nan}}, ValueError, "learning rate of SGD must be positive, not nan"),
        ({"rates": {"Adamax": 1.0}}, KeyError, "unknown rule 'Adamax'; known are SGD, Momentum"),
        ({"start": (1, 2, 3)}, ValueError, r"start must be two finite numbers, not \(1, 2, 3\)"),
        ({"start": 1.0}, ValueError, "start must be two finite numbers, not 1"),
        ({"start": (1, np.inf)}, ValueError, "start must be two finite numbers"),
        ({"steps": 0}, ValueError, "steps must be at least 1, not 0"),
    ],
)
def test_race_says_what_is_wrong(week, change, error, message):
    good = {"rules": week.RULES, "start": (1, 1), "rates": {"SGD": 0.01}, "steps": 5}
    with pytest.raises(error, match=message):
        race(surface=BEALE, **(good | change))


# --- the taught rules -------------------------------------------------------------------------


def test_each_rule_goes_down_a_bowl(week):
    rates = {"Adagrad": 0.5, "Adadelta": 1.0}
    for name, rule in week.RULES.items():
        path = walk(rule, bowl, [1.0], rates.get(name, 0.05), 2000)
        assert len(path) == 2001 and abs(path[-1, 0]) < 0.1, name


@pytest.mark.parametrize("start", [[1.0, 1.0], [2.5, -0.5], [-0.5, 0.3]])
def test_adam_hat_is_keras_adam_from_other_starts(week, start):
    optimizer, w = tf.keras.optimizers.Adam(0.02), tf.Variable(np.array(start))
    for _ in range(100):
        optimizer.apply([tf.constant(BEALE.gradient(w.numpy()))], [w])
    path = walk(week.adam_hat, BEALE.gradient, start, week.f32(0.02), 100)
    np.testing.assert_allclose(path[-1], w, atol=1e-9)


def test_dropout_keeps_the_expected_value_and_its_seed(week):
    x = tf.ones([1000, 100])
    for rate in (0.1, 0.5, 0.9):
        y = week.dropout(x, rate, [0, 1]).numpy()
        np.testing.assert_allclose(y.mean(), 1, atol=0.05)
        np.testing.assert_allclose(y.max(), 1 / (1 - rate), rtol=1e-5)
        np.testing.assert_array_equal(y, week.dropout(x, rate, [0, 1]))
        assert (y != week.dropout(x, rate, [0, 2]).numpy()).any()


def test_a_softmax_applied_twice_has_a_floor(week):
    labels = tf.one_hot([3], 10)
    best = float(week.twice(labels, 1e4 * labels))
    np.testing.assert_allclose(best, np.log(1 + 9 / np.e), rtol=1e-6)


# --- stacks -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits() -> Digits:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [300, 28, 28], np.uint8)
    return Digits(images, np.arange(300, dtype=np.uint8) % 10, images, images[:, 0, 0], "scans")


def test_slices_do_not_overlap_and_grow(digits):
    small, large = (stacks.slices(digits, count, 3, held_out=50) for count in (20, 100))
    assert small.x.shape == (3, 20, 784) and small.x_val.shape == (3, 50, 784)
    assert small.x.dtype == tf.float32 and small.y.dtype == tf.int32
    assert float(tf.reduce_min(small.x)) >= 0 and float(tf.reduce_max(small.x)) == 1
    np.testing.assert_array_equal(small.x, large.x[:, :20])
    np.testing.assert_array_equal(small.x_val, large.x_val)
    for seed in range(3):
        both = np.concatenate([large.x[seed], large.x_val[seed]])
        assert len(np.unique(both, axis=0)) == 150
    with pytest.raises(ValueError, match="280 and 50 digits asked for, there are 300"):
        stacks.slices(digits, 280, 1, held_out=50)


def test_starts_differ_or_are_alike():
    w, b, *_ = stacks.starts([50, 40, 10], 3)
    assert w.shape == (3, 50, 40) and b.shape == (3, 1, 40) and not b.numpy().any()
    np.testing.assert_allclose(w.numpy().std(axis=(1, 2)), np.sqrt(2 / 50), rtol=0.1)
    assert (w[0].numpy() != w[1].numpy()).all()
    w, *_ = stacks.starts([50, 40, 10], 3, alike=True)
    np.testing.assert_array_equal(w[0], w[2])


def test_batches_show_every_example_once_an_epoch():
    order = stacks.batches(10, 5, 5)
    assert order.shape == (5, 5) and order.dtype == np.int32
    assert sorted(order[:2].ravel()) == sorted(order[2:4].ravel()) == list(range(10))
    assert (order[:2] != order[2:4]).any()
    with pytest.raises(ValueError, match="a batch of 11 from 10 examples"):
        stacks.batches(10, 11, 1)


# --- figures and the animation ----------------------------------------------------------------


def test_figures_draw_what_they_are_given(week, capsys):
    rng = np.random.default_rng(0)
    runs = race(week.RULES, BEALE, (1, 1), week.VALLEY_RATES, 30)
    grid = np.meshgrid(np.arange(3), np.arange(3))
    counts = {name: [3, np.nan, 1] for name in week.RULES}
    paths = dict.fromkeys("abc", rng.random([5, 2]))
    for fig, axes in [
        (plots.learning_curves({s: {"quadratic": [1, 0], "other": [1, 0]} for s in "ab"}), 2),
        (plots.overfitting(np.arange(4), rng.random([4, 2, 5]), rng.random([4, 2, 5])), 2),
        (plots.descents(paths, (*grid, 1 + grid[0]), np.ones(2)), 3),
        (plots.race_figure(BEALE, runs, week.VALLEY_RATES, 0.01, steps=30), 2),
        (plots.rate_sweep([0.1, 1, 10], {"a": counts, "b": counts}, 100), 2),
        (plots.accuracy_curves(np.arange(5), dict.fromkeys(week.RULES, rng.random(5))), 1),
        (plots.rare_features({"SGD": [1, 2]}, {"SGD": [[0.1, 0.2], [0.3, 0.4]]}), 2),
    ]:
        assert len(fig.axes) == axes and all(ax.has_data() for ax in fig.axes)
        show(fig, "A figure that a test has drawn.")
    assert capsys.readouterr().out.count("\n") == 7


def test_the_committed_animation_is_sound():
    with Image.open(animate.TARGET) as picture:
        assert picture.format == "GIF" and picture.n_frames == len(animate.STEPS)
        assert picture.info["loop"] == 0
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert animate.TARGET.stat().st_size < 1_500_000


def test_animation_frames_move_and_keep_the_colours(week, monkeypatch):
    monkeypatch.setattr(animate, "STEPS", [0, 5])
    before = plt.get_fignums()
    first, last = animate.frames(
        {s: race(week.RULES, s, (1, 1), week.SADDLE_RATES, 5) for s in (BEALE, SADDLE)}
    )
    assert first.size == last.size and np.any(np.asarray(first) != np.asarray(last))
    seen = set(map(tuple, np.asarray(last.convert("RGB")).reshape(-1, 3).tolist()))
    for colour in plots.COLOURS:
        assert tuple(bytes.fromhex(colour[1:])) in seen, colour
    assert plt.get_fignums() == before
