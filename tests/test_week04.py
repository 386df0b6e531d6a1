"""Week 4's helpers, its taught rules and exercises."""

import functools
from types import SimpleNamespace

from week02_basics.figures import show
from week02_basics.taught import taught
from week03_regression.digits import Digits
from week04_optimizers import animate, checks, drawings, plots, samples, study
from week04_optimizers.race import FAR, outcome, race, stays_from, steps_to, sweep, walk
from week04_optimizers.surfaces import BEALE, SADDLE, curvatures, ellipse

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.exercises import assert_exercise, solution

WEEK = "week04_optimizers"


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


def bowl(w):
    return 2 * w


# --- exercises --------------------------------------------------------------------------------

FLOOR_WRONG = {
    "would need a probability of 1": "lambda classes: 0.0",
    "an untrained network": "lambda classes: np.log(classes)",
    "only the others": "lambda classes: np.log(1 + classes / np.e)",
    "the loss is -log of it": "lambda classes: np.e / (np.e + classes - 1)",
    "for 2 classes": "lambda classes: np.log(1 + 9 / np.e)",
}
KEEP_WRONG = {
    "the share to drop": "lambda x, keep, seed: dropout(x, keep, seed)",
    "it keeps 1.00": "lambda x, keep, seed: x",
    "divided by keep_prob": "lambda x, keep, seed: keep * dropout(x, 1 - keep, seed)",
    "gives nothing back": "lambda x, keep, seed: None",
}
STOP_WRONG = {
    "return two numbers": "lambda losses, patience: 3",
    "keeps the last look": "lambda losses, patience: (early_stop(losses, patience)[1],) * 2",
    "stopped before that look": "lambda losses, patience: (int(np.argmin(losses)), len(losses) - 1)",
    "it gives": "lambda losses, patience: (early_stop(losses, patience)[0], len(losses) - 1)",
}
COUNTS_WRONG = {
    "return two numbers": "lambda z, k: np.exp(z) - k * z",
    "the quadratic cost": "lambda z, k: ((np.exp(z) - k) ** 2 / 2, (np.exp(z) - k) * np.exp(z))",
    "its sign": "lambda z, k: (k * z - np.exp(z), k - np.exp(z))",
    "a term is missing": "lambda z, k: (np.exp(z), np.exp(z))",
    "its logarithm is z": "lambda z, k: (np.exp(z) - k * np.log(abs(z)), np.exp(z) - k)",
    "the cost is not": "lambda z, k: (z - k * np.exp(z), np.exp(z) - k)",
    "with respect to the mean": "lambda z, k: (np.exp(z) - k * z, 1 - k / np.exp(z))",
    "the slope is not": "lambda z, k: (np.exp(z) - k * z, k - np.exp(z))",
    "gives nothing back": "lambda z, k: None",
}
FAIR_WRONG = {
    "return two numbers": "lambda val, test: 0.2",
    "the best mean on the validation digits": (
        "lambda val, test: (max(test, key=lambda rate: np.mean(test[rate])), 0.96)"
    ),
    "0.2 has the best mean": "lambda val, test: (0.1, np.mean(test[0.1]))",
    "made it flatter": "lambda val, test: (0.2, np.mean(val[0.2]))",
    "the mean of its seeds": "lambda val, test: (0.2, max(test[0.2]))",
    "the best is an edge": "lambda val, test: (0.2, np.mean(test[0.2])) if 0.2 in test else 0",
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
WALL_WRONG = {
    "bound of plain gradient descent": "lambda c, gamma: 2 / c",
    "Momentum's": "lambda c, gamma: 2 * (1 + gamma) / c",
    "divide by the curvature": "lambda c, gamma: 2 * (1 + gamma) / (1 + 2 * gamma)",
    "it still comes to rest": "lambda c, gamma: 1 / c",
    "it already diverges": "lambda c, gamma: 5 / c",
}
RULE_WRONG = {
    "is a sign turned": "lambda w, grad, s, lr: 3 * w + lr * grad(w)",
    "this is NAG": "lambda w, grad, s, lr: nag(w, grad, s, lr)",
    "8 are wanted": "lambda w, grad, s, lr: adadelta(w, grad, s, lr / 2)",
    "gives nothing back": "lambda w, grad, s, lr: None",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_floor, "floor_of", FLOOR_WRONG),
        (checks.check_keep_prob, "dropout_then", KEEP_WRONG),
        (checks.check_counts, "count_cost", COUNTS_WRONG),
        (checks.check_early_stop, "early_stop", STOP_WRONG),
        (checks.check_fair_choice, "fair_choice", FAIR_WRONG),
        (checks.check_adamw, "adamw", ADAMW_WRONG),
        (checks.check_nag_wall, "nag_wall", WALL_WRONG),
        (checks.check_my_rule, "my_rule", RULE_WRONG),
    ],
)
def test_exercises(check, name, wrong, week):
    names = {rule: getattr(week, rule) for rule in ("adam", "nag", "adadelta", "dropout")}
    with np.errstate(all="ignore"):
        assert_exercise(WEEK, check, name, wrong, **names)


def test_the_solutions_wall_is_where_paths_leave(week):
    wall = solution(WEEK, "nag_wall")(3.0, 0.7)
    rule = functools.partial(week.nag, gamma=0.7)
    inside, outside = (walk(rule, lambda w: 3 * w, [1.0], x * wall, 4000) for x in (0.99, 1.01))
    assert abs(inside[-1, 0]) < 1e-6 and len(outside) < 4000


# --- surfaces ---------------------------------------------------------------------------------


SURFACES = [BEALE, SADDLE, ellipse(1, 50), ellipse(2, 7, turned=30)]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_gradients_are_those_of_the_values(surface):
    h, rng = 1e-5, np.random.default_rng(0)
    for w in rng.uniform(-2, 2, [50, 2]):
        differences = [
            (surface.value(*(w + e)) - surface.value(*(w - e))) / (2 * h) for e in h * np.eye(2)
        ]
        np.testing.assert_allclose(surface.gradient(w), differences, rtol=1e-6, atol=1e-6)
    many = rng.uniform(-2, 2, [3, 4, 2])
    one_by_one = [[surface.gradient(w) for w in row] for row in many]
    np.testing.assert_array_equal(surface.gradient(many), one_by_one)


def test_a_turned_bowl_keeps_its_curvatures():
    bowl = ellipse(1, 50, turned=45)
    hessian = np.array([bowl.gradient(e) for e in np.eye(2)])
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), [1, 50])
    np.testing.assert_allclose(curvatures(bowl, (0.3, -0.2)), [1, 50], rtol=1e-6)
    np.testing.assert_allclose(hessian[0, 0], hessian[1, 1])


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
        np.testing.assert_array_equal(run.path, whole[name].path[: len(run.path)])
    assert len(cut["NAG"].path) == steps_to(cut["NAG"], 0.01) + 1 and cut["NAG"].diverged is None
    assert len(cut["Adam"].path) == 201 and cut["Momentum"].diverged


def test_staying_is_told_from_touching(week):
    runs = race(week.RULES, BEALE, (1, 1), {"SGD": 0.03, "NAG": 0.03, "Adam": 1e-6}, 200)
    steps = steps_to(runs["NAG"], 0.01)
    assert runs["NAG"].loss[steps] <= 0.01 < runs["NAG"].loss[:steps].min()
    again = stays_from(runs["NAG"], 0.01)  # it leaves once more in between
    assert runs["NAG"].loss[again - 1] > 0.01 and again > steps + 100
    stays = stays_from(runs["SGD"], 0.01)
    assert runs["SGD"].loss[stays:].max() <= 0.01 < runs["SGD"].loss[stays - 1]
    assert outcome(runs["SGD"], 0.01) == str(stays) and outcome(runs["Adam"], 0.01) == "-"


def test_a_sweep_counts_what_single_walks_do(week):
    starts, rates = [(1.0, 1.0), (0.8, 1.0)], [0.003, 0.03, 3.0]
    found = sweep(week.RULES, BEALE, starts, rates, 300, 0.01)
    for name, arrivals in found.items():
        assert arrivals.touch.shape == arrivals.stay.shape == (2, 3)
        for i, start in enumerate(starts):
            for j, rate in enumerate(rates):
                run = race(week.RULES, BEALE, start, {name: rate}, 300)[name]
                for counted, steps in [
                    (arrivals.touch[i, j], steps_to(run, 0.01)),
                    (arrivals.stay[i, j], stays_from(run, 0.01)),
                ]:
                    assert counted == steps or (np.isnan(counted) and steps is None), (name, rate)
    late = sweep(week.RULES, BEALE, starts, [0.03], 70, 0.01, rest=20)["SGD"].stay
    assert np.isnan(late).all()


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


# --- samples ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits() -> Digits:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, [300, 28, 28], np.uint8)
    return Digits(
        images, np.arange(300, dtype=np.uint8) % 10, images, images[:, 0, 0] % 10, "mnist"
    )


def test_draws_do_not_overlap_and_grow(digits):
    few, many = (samples.draw(digits, count, 3, held_out=50) for count in (20, 100))
    assert few.x.shape == (20, 784) and few.x_val.shape == (50, 784)
    assert few.x.dtype == tf.float32 and few.y.dtype == tf.int32
    assert float(tf.reduce_min(few.x)) >= 0 and float(tf.reduce_max(few.x)) == 1
    np.testing.assert_array_equal(few.x, many.x[:20])
    np.testing.assert_array_equal(few.x_val, many.x_val)
    assert len(np.unique(np.concatenate([many.x, many.x_val]), axis=0)) == 150
    with pytest.raises(ValueError, match="280 and 50 digits asked for, there are 300"):
        samples.draw(digits, 280, 1, held_out=50)


def test_the_split_is_the_whole_training_set(digits):
    data = samples.split(digits, held_out=100)
    assert data.x.shape == (200, 784) and data.x_val.shape == (100, 784)
    np.testing.assert_array_equal(np.concatenate([data.y, data.y_val]), digits.y_train)


def test_first_weights_are_those_of_their_seed():
    w, b, *_ = samples.start_weights([50, 40, 10], 3)
    assert w.shape == (50, 40) and b.shape == (40,) and not b.numpy().any()
    np.testing.assert_allclose(w.numpy().std(), np.sqrt(2 / 50), rtol=0.1)
    np.testing.assert_array_equal(w, samples.start_weights([50, 40, 10], 3)[0])
    assert (w.numpy() != samples.start_weights([50, 40, 10], 4)[0].numpy()).all()


def test_batches_show_every_example_once_an_epoch():
    order = samples.batches(10, 5, 5)
    assert order.shape == (5, 5) and order.dtype == np.int32
    assert sorted(order[:2].ravel()) == sorted(order[2:4].ravel()) == list(range(10))
    assert (order[:2] != order[2:4]).any()
    with pytest.raises(ValueError, match="a batch of 11 from 10 examples"):
        samples.batches(10, 11, 1)


# --- the studies ------------------------------------------------------------------------------


def test_the_stored_tables_are_whole():
    trap, remedies, seven = map(study.load, ("trap", "remedies", "seven"))
    assert len(trap) == 2 * 3 * len(study.TRAP_RATES)
    settings = sum(map(len, study.SETTINGS.values()))
    tested = 5 * len(study.BUDGETS) * (len(study.SETTINGS) + 1)
    assert len(remedies) == 5 * settings * len(study.LOOKS) + tested
    assert sum(row["test_loss"] is not None for row in remedies) == tested
    runs = 2 * sum(map(len, study.SEVEN_RATES.values())) + sum(map(len, study.LONG.values()))
    chosen = 2 * len(study.SEVEN_RATES) + len(study.LONG)  # one of each grid, and two beside it
    assert len(seven) == 3 * (runs + 2 * chosen + chosen)
    assert sum(row["test_accuracy"] is not None for row in seven) == 3 * chosen


def test_rows_are_chosen_by_their_fields():
    rows = [
        {"rule": rule, "rate": rate, "seed": seed, "score": seed + 10 * rate}
        for rule in "ab" for rate in (2.0, 1.0) for seed in (1, 0)
    ]  # fmt: skip
    np.testing.assert_array_equal(study.column(rows, "score", rule="a", rate=1.0), [10, 11])
    assert list(study.by_rate(rows, "rate", "score", rule="b")) == [1.0, 2.0]
    assert study.best(rows, "rate", "score", rule="a") == 2.0


def test_the_studies_train_what_they_say(week, digits, monkeypatch, tmp_path):
    """Small editions of all three; the test digits are read for the chosen settings alone."""
    monkeypatch.setattr(study, "FOLDER", tmp_path)
    monkeypatch.setattr(study, "load_digits", lambda: digits)
    monkeypatch.setattr(study, "held_out", lambda digits: digits)
    monkeypatch.setattr(study, "TRAP_RATES", (0.5,))
    monkeypatch.setattr(study, "SETTINGS", {"no remedy": (0.0,), "L2 in Adam": (0.1, 0.001)})
    monkeypatch.setattr(study, "BUDGETS", (50, 100))
    monkeypatch.setattr(study, "LOOKS", (50, 100))
    monkeypatch.setattr(study, "SEVEN_RATES", {"SGD": (0.1, 0.2)})
    monkeypatch.setattr(study, "LONG", {"SGD": (0.1,)})
    small = functools.partial(samples.draw, held_out=50)
    monkeypatch.setattr(
        study, "samples",
        SimpleNamespace(
            draw=lambda digits, count, seed: small(digits, min(count, 100), seed),
            split=lambda digits: samples.split(digits, 100), rows_of=samples.rows_of,
        ),
    )  # fmt: skip
    study.main([])
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "remedies.csv",
        "seven.csv",
        "trap.csv",
    ]
    assert len(study.load("trap")) == 6
    rows = study.load("remedies")
    assert len(rows) == 5 * 3 * 2 + 5 * 2 * 3
    *_, history = week.fit(small(digits, 100, 0), steps=100)
    stored = study.column(rows, "val_loss", remedy="no remedy", setting=0, step=100)
    np.testing.assert_allclose(stored[0], history[-1, 4], rtol=1e-3)
    chosen = study.column(rows, "val_loss", remedy="L2 in Adam, test", step=100).mean()
    for setting in (0.1, 0.001):
        tried = study.column(rows, "val_loss", remedy="L2 in Adam", setting=setting, step=100)
        assert chosen <= tried.mean() + 1e-3
    assert len(study.load("seven")) == 3 * (2 * (2 + 1) + 1) + 3 * 3
    monkeypatch.setattr(study, "load_digits", lambda: digits._replace(source="scans"))
    with pytest.raises(SystemExit, match="about MNIST"):
        study.main([])


# --- figures and the animation ----------------------------------------------------------------


def test_figures_draw_what_they_are_given(week, capsys):
    rng = np.random.default_rng(0)
    runs = race(week.RULES, BEALE, (1, 1), week.VALLEY_RATES, 30)
    grid = np.meshgrid(np.arange(3), np.arange(3))
    paths = dict.fromkeys("abc", rng.random([5, 2]))
    line = {0.1: [1.0, np.nan], 1.0: [2.0, 3.0], 10.0: [np.nan, np.nan]}
    panels = {"left": {"a": line, "b": line}, "right": {"a": line}}
    history = np.c_[np.arange(4), rng.random([4, 4])]
    bowls = [ellipse(1, 5), ellipse(1, 5, 45)]
    for fig, axes in [
        (plots.learning_curves({s: {"quadratic": [1, 0], "other": [1, 0]} for s in "ab"}), 2),
        (plots.against_rate(panels, "score", (0.5, 4), log=True, wins=False), 2),
        (plots.against_rate(panels, "", [(0, 1), (1, 4)], wins=[True, False]), 2),
        (plots.against_rate({"one": {"a": line}}, "score", (0, 4), columns=1, wins=None), 1),
        (plots.overfitting(history), 2),
        (plots.on_the_way({"a": (np.arange(1, 4), rng.random([5, 3]))}, "loss"), 1),
        (plots.descents(paths, (*grid, 1 + grid[0]), np.ones(2)), 3),
        (plots.ellipse_paths(bowls[0], paths), 2),
        (plots.shrink_curves(np.arange(3), {"gamma": np.arange(3)}), 1),
        (plots.leaky_weights([0.5, 0.9]), 1),
        (plots.two_bowls(bowls), 2),
        (plots.values_figure(runs, 0.01, 30, (1e-6, 20), log=True), 1),
    ]:
        assert len(fig.axes) == axes and all(ax.has_data() for ax in fig.axes)
        show(fig, "A figure that a test has drawn.")
    small = plots.paths_figure(BEALE, runs, week.VALLEY_RATES, 30)
    assert sum(ax.has_data() for ax in small.axes) == 7
    show(small, "A figure that a test has drawn.")
    assert capsys.readouterr().out.count("\n") == 13


def test_a_star_marks_the_best_median_and_lost_runs_count_as_worst():
    line = {
        0.1: [3.0, 3.0, 3.0],
        1.0: [1.0, np.nan, np.nan],
        10.0: [2.0, 2.5, np.nan],
        100.0: 3 * [3.5],
    }
    fig = plots.against_rate({"a": {"b": line}}, "steps", (0, 4), columns=1, wins=False)
    stars = [line for line in fig.axes[0].lines if line.get_marker() == "*"]
    assert [star.get_xydata().tolist() for star in stars] == [[[10.0, 2.5]]]
    plt.close(fig)
    del line[100.0]  # now the best lies at the end of its grid
    fig = plots.against_rate({"a": {"b": line}}, "steps", (0, 4), columns=1, wins=False)
    assert not [line for line in fig.axes[0].lines if line.get_marker() == "*"]
    plt.close(fig)
    line = {
        0.1: [5.0, 5.0, 5.0],
        1.0: [1.0, 1.0, 7.0],
        10.0: [2.0, 2.5, 3.0],
        100.0: [4.0, 4.0, 4.0],
    }
    for means, best in [(False, 1.0), (True, 10.0)]:
        fig = plots.against_rate({"a": {"b": line}}, "", (0, 6), columns=1, wins=False, means=means)
        star = next(line for line in fig.axes[0].lines if line.get_marker() == "*")
        assert star.get_xydata()[0, 0] == best
        plt.close(fig)


@pytest.mark.parametrize(
    "draw",
    [drawings.pairs, drawings.dropout_masks, drawings.three_batches, drawings.momentum_steps, drawings.family],
)  # fmt: skip
def test_drawings_fit_their_canvas(draw):
    fig = draw()
    assert fig.axes[0].texts or fig.axes[0].patches
    plt.close(fig)


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
