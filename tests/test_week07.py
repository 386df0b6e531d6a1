"""Week 7's cells against Keras, padding, the old cell, its tasks, its text and its exercises."""

import subprocess
import sys

from week02_basics.taught import taught
from week06_cnn.training import accuracy, batches, one_cycle, train
from week07_lstm import animate, checks, drawings, many, plots, study, tasks, text

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow import keras

from tests.exercises import assert_exercise, solution

WEEK = "week07_lstm"


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


FRESH = """
import week07_lstm
import tensorflow as tf
mask = tf.sequence_mask([3, 1], 4)
tf.keras.layers.LSTM(3)(tf.ones([2, 4, 5]), mask=mask)
print('mask', flush=True)
"""


@pytest.fixture(scope="module")
def fresh() -> subprocess.CompletedProcess:
    """Return what a process of its own says to a mask."""
    return subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True)


def normal(*shape: int, seed: int = 0) -> tf.Tensor:
    """Return normal random numbers, float32."""
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def layer_with_any_bias(kind, units: int, features: int, **how) -> keras.layers.Layer:
    """Return a built recurrent layer none of whose weights are zero."""
    layer = kind(units, **how)
    layer.build([None, None, features])
    layer.set_weights([w + normal(*w.shape, seed=3) / 4 for w in layer.get_weights()])
    return layer


# --- the cells --------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "steps", "features", "units"), [(2, 2, 1, 1), (3, 40, 5, 7)])
@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_taught_layers_are_keras_in_states_and_gradients(week, kind, n, steps, features, units):
    keras_kind = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM}[kind]
    layer = layer_with_any_bias(keras_kind, units, features, return_sequences=True)
    x, target = normal(n, steps, features), normal(n, steps, units, seed=1)
    weights = layer.trainable_variables
    found = []
    for way in (lambda x: getattr(week, kind)(x, *weights), layer):
        with tf.GradientTape() as tape:
            tape.watch(x)
            states = way(x)
            loss = tf.reduce_mean(states * target)
        found.append([states, *tape.gradient(loss, [x, *weights])])
    for ours, theirs in zip(*found, strict=True):
        assert np.abs(theirs).max() > 0
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_taught_lstm_runs_in_a_graph(week):
    weights = layer_with_any_bias(keras.layers.LSTM, 4, 3).trainable_variables
    x = normal(2, 6, 3)
    graph = tf.function(lambda x: week.lstm(x, *weights))
    np.testing.assert_allclose(graph(x), week.lstm(x, *weights), atol=1e-6)


def test_watch_records_what_the_layer_computes(week):
    weights = layer_with_any_bias(keras.layers.LSTM, 4, 3).trainable_variables
    x = normal(2, 9, 3)
    seen = week.watch(x, *weights)
    np.testing.assert_allclose(seen["h"], week.lstm(x, *weights), atol=1e-6)
    for gate in "ifo":
        assert seen[gate].shape == (2, 9, 4)
        assert seen[gate].min() > 0 and seen[gate].max() < 1
    np.testing.assert_allclose(seen["h"], seen["o"] * np.tanh(seen["c"]), atol=1e-6)
    later = seen["f"][:, 1:] * seen["c"][:, :-1] + seen["i"][:, 1:] * seen["g"][:, 1:]
    np.testing.assert_allclose(seen["c"][:, 1:], later, atol=1e-6)


def test_lag_norms_know_where_memory_ends(week):
    """Without recurrent weights only the last input counts, and a perfect memory loses nothing."""
    x = normal(32, 10, 3)
    forgetful = keras.layers.SimpleRNN(4, recurrent_initializer="zeros")
    norms = week.lag_norms(forgetful, x)
    assert norms.shape == (10,) and norms[0] > 0 and not norms[1:].any()
    keeps = keras.layers.SimpleRNN(4, recurrent_initializer="identity", activation=None)
    norms = week.lag_norms(keeps, x)
    np.testing.assert_allclose(norms, norms[0], rtol=1e-5)


def test_set_biases_sets_two_gates_and_nothing_else(week):
    layer = layer_with_any_bias(keras.layers.LSTM, 3, 2)
    before = layer.get_weights()
    week.set_biases(layer, 4, -2)
    after = layer.get_weights()
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_array_equal(after[1], before[1])
    np.testing.assert_array_equal(after[2][:6], [-2, -2, -2, 4, 4, 4])
    np.testing.assert_array_equal(after[2][6:], before[2][6:])


def test_a_seed_gives_a_network_its_weights(week):
    """And two cells of one shape differ in their biases alone."""
    one, again, other = (week.network(keras.layers.LSTM, 4, [9, 3], 2, seed) for seed in (1, 1, 2))
    for a, b in zip(one.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.any(one.get_weights()[0] != other.get_weights()[0])


# --- many at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_many_train_as_week_6_trains_one(week, kind):
    data = tasks.marked_letters(640, 12, within=5, seed=0)
    model = week.network(study.KINDS[kind], 6, [12, 5], 4, 0)
    start = model.get_weights()
    other = [w + 0.1 for w in start]
    ends, losses = many.train_many(kind, [other, start], data, [0.1, 0.03], [5, 3], steps=20)
    order = batches(640, 64, 2, 3)
    alone = train(model, *data, order=order, rates=one_cycle(0.03, 20))
    np.testing.assert_allclose(losses[:, 1], alone, atol=2e-5)
    score = many.score_many(kind, ends, data)
    assert abs(score[1] - accuracy(model, *data)) < 0.01


def test_many_clip_and_cut():
    data = tasks.marked_letters(64, 12, within=5, seed=0)
    rng = np.random.default_rng(0)
    start = [rng.normal(size=s).astype(np.float32) for s in [(5, 6), (6, 6), (6,), (6, 4), (4,)]]
    ends, _ = many.train_many(
        "RNN", [start] * 2, data, [1.0] * 2, [0, 0], steps=1, sgd=True, clip=[1e-3, np.inf]
    )
    moved = [
        np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(end, start, strict=True))) for end in ends
    ]
    assert moved[0] == pytest.approx(1e-3, rel=0.02) and moved[1] > 0.1
    x, weights = tf.constant(data[0][None]), many.stacked([start])
    with tf.GradientTape() as tape:
        tape.watch(x)
        said = tf.reduce_sum(many.outputs("RNN", weights, x, cut=3))
    grad = tape.gradient(said, x).numpy()[0]
    assert not grad[:, :9].any() and np.abs(grad[:, 9:]).max() > 0


@pytest.mark.parametrize("name", study.STUDIES)
def test_stored_tables_are_whole(name):
    rows = study.load(name)
    assert len(rows) > 30
    keys = [key for key in rows[0] if key not in study.MEASURED]
    runs = [tuple(row[key] for key in keys) for row in rows]
    assert len(set(runs)) == len(runs), "a run stands there twice"
    seeds = {row["seed"] for row in rows}
    assert seeds >= {0, 1, 2}


# --- padding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("filling", [0.0, 1e3, np.nan])
@pytest.mark.parametrize("before", [False, True])
def test_padding_does_not_change_the_result(week, filling, before):
    """Whatever stands in the padding, behind or before the sequence, the state is the same."""
    weights = layer_with_any_bias(keras.layers.LSTM, 6, 3).trainable_variables
    lengths = [8, 5, 1]
    x, mask = np.full([3, 8, 3], filling, np.float32), np.zeros([3, 8], bool)
    alone = []
    for row, length in enumerate(lengths):
        sequence = normal(1, length, 3, seed=row)
        where = slice(8 - length, None) if before else slice(length)
        x[row, where], mask[row, where] = sequence[0], True
        alone.append(week.lstm(sequence, *weights)[0, -1])
    states = week.masked_lstm(tf.constant(x), tf.constant(mask), *weights)
    np.testing.assert_allclose(states, alone, atol=1e-6)


def test_padding_does_not_change_the_gradients(week):
    layer = layer_with_any_bias(keras.layers.LSTM, 6, 3)
    weights = layer.trainable_variables
    x = normal(2, 5, 3)
    padded = tf.concat([x, tf.ones([2, 4, 3])], axis=1)
    mask = tf.sequence_mask([5, 5], 9)
    found = []
    for inputs, way in [
        (x, lambda x: week.lstm(x, *weights)[:, -1]),
        (padded, lambda x: week.masked_lstm(x, mask, *weights)),
        (padded, lambda x: layer(x, mask=mask)),
    ]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_mean(tf.square(way(inputs)))
        found.append(tape.gradient(loss, [inputs, *weights]))
    for (of_x, *right), (of_padded, *ours) in zip(found[:1] * 2, found[1:], strict=True):
        np.testing.assert_allclose(of_padded[:, :5], of_x, atol=1e-6)
        assert not np.any(of_padded[:, 5:])
        for a, b in zip(ours, right, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_without_a_mask_padding_does_change_the_result(week):
    weights = layer_with_any_bias(keras.layers.LSTM, 6, 3).trainable_variables
    x = normal(2, 5, 3)
    padded = tf.pad(x, [[0, 0], [0, 4], [0, 0]])
    assert np.abs(week.lstm(padded, *weights)[:, -1] - week.lstm(x, *weights)[:, -1]).max() > 1e-3


def test_masks_reach_keras_silently(fresh):
    """Keras transposes masks, about which oneDNN writes one line to stderr in each process."""
    assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, "mask\n", "")


# --- then and now -----------------------------------------------------------------------------


def test_the_old_cell_agrees_after_reordering(week):
    layer = layer_with_any_bias(keras.layers.LSTM, 6, 3)
    x = normal(4, 12, 3)
    kernel, bias = week.old_weights(*layer.get_weights())
    assert kernel.shape == (9, 24) and bias.shape == (24,)
    with tf.Graph().as_default(), tf.compat.v1.Session() as sess:
        fed = tf.compat.v1.placeholder(tf.float32, [None, 12, 3])
        then = sess.run(week.basic_lstm(fed, kernel, bias), {fed: x.numpy()})
    np.testing.assert_allclose(then, layer(x), atol=1e-6)


# --- tasks ------------------------------------------------------------------------------------


def test_marked_letters_have_one_mark_and_its_answer():
    x, y = tasks.marked_letters(500, 20, within=6, seed=0)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((500, 20, 5), np.float32, (500,), np.int32)
    np.testing.assert_array_equal(x[..., :4].sum(axis=2), 1)
    np.testing.assert_array_equal(x[..., 4].sum(axis=1), 1)
    place = x[..., 4].argmax(axis=1)
    assert set(place) == set(range(6)) and set(y) == set(range(4))
    np.testing.assert_array_equal(x[np.arange(500), place, :4].argmax(axis=1), y)
    again, other = (tasks.marked_letters(500, 20, within=6, seed=s)[0] for s in (0, 1))
    np.testing.assert_array_equal(again, x)
    assert np.any(other != x)


@pytest.mark.parametrize("within", [0, 21])
def test_marks_must_stand_in_the_sequence(within):
    with pytest.raises(ValueError, match=f"between 1 and the 20 steps, not {within}"):
        tasks.marked_letters(1, 20, within=within, seed=0)


@pytest.mark.parametrize("steps", [2, 25])
def test_adding_asks_for_the_sum_of_the_marked(steps):
    x, y = tasks.adding(4000, steps, seed=0)
    assert (x.shape, y.shape, x.dtype, y.dtype) == (
        (4000, steps, 2),
        (4000, 1),
        np.float32,
        np.float32,
    )
    for half in (x[:, : steps // 2], x[:, steps // 2 :]):
        np.testing.assert_array_equal(half[..., 1].sum(axis=1), 1)
    np.testing.assert_allclose(np.where(x[..., 1] == 1, x[..., 0], 0).sum(axis=1), y[:, 0])
    assert abs(np.mean((1 - y) ** 2) - 1 / 6) < 0.02
    with pytest.raises(ValueError, match="at least two steps, not 1"):
        tasks.adding(1, 1, seed=0)


# --- text -------------------------------------------------------------------------------------


def test_prose_is_plain_and_nothing_stands_there_twice():
    prose = text.prose()
    assert prose.isascii() and prose.endswith("\n")
    assert 180_000 < len(prose) < 260_000
    lines = prose.splitlines()
    assert len(set(lines)) == len(lines)


def test_hardly_any_of_what_is_held_back_can_be_known_by_heart():
    learned, held = text.split(text.prose())
    assert 0.09 < len(held) / (len(learned) + len(held)) < 0.11
    known = {learned[i : i + 50] for i in range(len(learned) - 50)}
    asked = [held[i : i + 50] in known for i in range(0, len(held) - 50, 7)]
    assert np.mean(asked) < 0.01


def test_codes_and_characters_go_back_and_forth():
    chars = text.characters("banana\n")
    assert chars == ["\n", "a", "b", "n"]
    codes = text.codes("nab", chars)
    assert codes.dtype == np.int32 and codes.tolist() == [3, 1, 2]


def test_windows_are_one_character_apart():
    x, y = text.windows(np.arange(10), 3)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert y.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    for length in (0, 10):
        with pytest.raises(ValueError, match=f"windows of {length} characters do not fit"):
            text.windows(np.arange(10), length)


def test_counts_of_contexts_give_probabilities():
    """By hand; they add up to 1 after any context, also one that never occurred."""
    np.testing.assert_allclose(text.counted("abab", "ab", back=1, kinds=2), [0.5, 2.5 / 3])
    np.testing.assert_allclose(text.counted("aab", "ba", back=0, kinds=4), [1.5 / 5, 2.5 / 5])
    learned, chars = (
        "the cat and the rat, then that",
        sorted(set("the cat and the rat, then thatx")),
    )
    for before in ("", "t", "the ", "x", "xth", "a ra"):
        for back in range(5):
            last = [text.counted(learned, before + c, back, len(chars))[-1] for c in chars]
            assert min(last) > 0 and sum(last) == pytest.approx(1)
    known = text.counted(learned, "xx the", back=4, kinds=len(chars))[-1]
    assert known > 0.5 > 4 * text.counted(learned, "xx the", back=0, kinds=len(chars))[-1]


def test_the_writers_rates_have_a_best_one_inside():
    rows = study.load("writing")
    for steps, by_kind in study.WRITING_RATES.items():
        for kind, rates in by_kind.items():
            found = study.by_rate(rows, "rate", "bits", kind=kind, steps=steps)
            assert tuple(found) == rates
            assert min(rates) < min(rates, key=lambda rate: found[rate].mean()) < max(rates)


def test_known_words_are_counted():
    assert text.words("Don't *panic*, it's\nfine-- OK") == ["don't", "panic", "it's", "fine", "ok"]
    assert text.known_share("now never nowhere and", "Now is better than never.") == 2 / 3
    with pytest.raises(ValueError, match="fewer than two words"):
        text.known_share("--", "any text")


def test_draw_follows_the_probabilities(week):
    """Shares of 20,000 draws lie within four standard errors; what has no chance never comes."""
    rng = np.random.default_rng(0)
    p = np.array([0.0, 0.5, 0.3, 0.2, 0.0])
    drawn = week.draw(np.tile(p, [20_000, 1]), rng)
    share = np.bincount(drawn, minlength=5) / 20_000
    assert np.all(np.abs(share - p) <= 4 * np.sqrt(p * (1 - p) / 20_000))
    cold = taught("week03_regression").softmax(tf.tile([[1.0, 3.0, 2.0]], [1000, 1]), 0.05)
    assert set(week.draw(np.array(cold), rng)) == {1}


# --- exercises and figures --------------------------------------------------------------------

WAY_WRONG = {
    "multiplied, not added": "lambda s, u: sum(u * (1 - h**2) for h in s)",
    "u is missing": "lambda s, u: np.prod([1 - h**2 for h in s])",
    "the slope of tanh is missing": "lambda s, u: u ** len(s)",
    "through tanh already": "lambda s, u: np.prod([u * (1 - np.tanh(h) ** 2) for h in s])",
    "a factor is missing": "lambda s, u: way_back(s[:-1], u)",
    "for 3 states": "lambda s, u: 0.0",
}
PARAMETERS_WRONG = {
    "three gates and the candidate": "lambda d, u: u * (d + u + 1)",
    "biases are missing": "lambda d, u: 4 * u * (d + u)",
    "recurrent weights, units": "lambda d, u: 4 * u * (d + 1)",
    "from the units to the units": "lambda d, u: 4 * (u * d + d * d + u)",
    "two biases": "lambda d, u: 4 * u * (d + u + 2)",
    "Keras counts": "lambda d, u: 3 * u * (d + u + 1)",
}
GRU = """lambda x, h, W, U, b: [
    z * h + (1 - z) * tf.tanh(a_c + r * s_c)
    for a_z, a_r, a_c in [tf.split(x @ W + b[0], 3, axis=1)]
    for s_z, s_r, s_c in [tf.split(h @ U + b[1], 3, axis=1)]
    for z, r in [(tf.sigmoid(a_z + s_z), tf.sigmoid(a_r + s_r))]
][0]"""
GRU_WRONG = {
    "wrong way round": GRU.replace("z * h + (1 - z) *", "(1 - z) * h + z *"),
    "two are swapped": GRU.replace("a_z, a_r", "a_r, a_z").replace("s_z, s_r", "s_r, s_z"),
    "reset gate acts on h": GRU.replace("r * s_c", "(r * h) @ U[:, 8:] + b[1, 8:]"),
    "recurrent bias": GRU.replace("h @ U + b[1]", "h @ U"),
    "differs from": GRU.replace("tf.tanh", "tf.sigmoid"),
    "the state has shape": "lambda x, h, W, U, b: x @ W",
}
LAST_WRONG = {
    "after the padding": "lambda s, n: s[:, -1]",
    "one step late": "lambda s, n: tf.gather(s, n % 6, axis=1, batch_dims=1)",
    "the mean": "lambda s, n: tf.stack([tf.reduce_mean(a[:k], 0) for a, k in zip(s, n)])",
    "the shape is": "lambda s, n: tf.gather(s, n - 1, axis=1)",
    "not the right state": "lambda s, n: s[:, 0]",
}


BIAS_WRONG = {
    "this is the gate": "lambda lag, share: share ** (1 / lag)",
    "the lag is missing": "lambda lag, share: np.log(share / (1 - share))",
    "the sign is turned": "lambda lag, share: -forget_bias(lag, share)",
    "leaves": "lambda lag, share: np.log(lag)",
}
CLIP_WRONG = {
    "one by one": "lambda grads, limit: [np.clip(g, -limit, limit) for g in grads]",
    "of its own": (
        "lambda grads, limit: [g * limit / max(np.linalg.norm(g), limit) for g in grads]"
    ),
    "the root of": (
        "lambda grads, limit: [g * limit / sum(np.sum(e**2) for e in grads) for g in grads]"
    ),
    "the limit is missing": "lambda grads, limit: clip_all(grads, 1.0)",
    "scaled up": "lambda grads, limit: clip_all([1e9 * g for g in grads], limit)",
    "an array for each": "lambda grads, limit: clip_all(grads, limit)[:1]",
    "is multiplied by": "lambda grads, limit: [-g for g in clip_all(grads, limit)]",
}
PERPLEXITY_WRONG = {
    "these are the bits": "lambda z, y, t: np.log2(perplexity(z, y, t))",
    "this is the mean loss": "lambda z, y, t: np.log(perplexity(z, y, t))",
    "powers of 2": "lambda z, y, t: 2 ** np.log(perplexity(z, y, t))",
    "the temperature is not used": "lambda z, y, t: perplexity(z, y)",
    "are divided by": "lambda z, y, t: perplexity(z, y, 1 / t)",
    "the mean comes first": (
        "lambda z, y, t: float(tf.reduce_mean(tf.exp("
        "tf.nn.sparse_softmax_cross_entropy_with_logits(y, z / t))))"
    ),
    "one number": "lambda z, y, t: [1.0, 2.0]",
    "it is": "lambda z, y, t: 5.0",
}
ATTENTION_WRONG = {
    "root of d": "lambda q, k, v: tf.nn.softmax(q @ tf.transpose(k)) @ v",
    "its root": "lambda q, k, v: tf.nn.softmax(q @ tf.transpose(k) / 4) @ v",
    "over the queries": "lambda q, k, v: tf.nn.softmax(q @ tf.transpose(k) / 2, axis=0) @ v",
    "the softmax is missing": "lambda q, k, v: q @ tf.transpose(k) / 2 @ v",
    "the shape is": "lambda q, k, v: q @ tf.transpose(k)",
    "the answers differ": "lambda q, k, v: 2 * attention(q, k, v)",
}
BATCHES_WRONG = {
    "does not go on": (
        "lambda c, rows, n: np.reshape(c[: len(c) // (rows * n) * rows * n], [-1, rows, n])"
    ),
    "the shape is": "lambda c, rows, n: np.reshape(c[: len(c) // rows * rows], [rows, -1])",
    "do not follow": (
        "lambda c, rows, n: stateful_batches(c, rows, n)[:, :, ::-1]"
    ),
    "batches; ": "lambda c, rows, n: stateful_batches(c, rows, n)[:-1]",
}  # fmt: skip
START_WRONG = {
    "return three numbers": "lambda: 5.0",
    "above 0": "lambda: (5.0, -4.0, 0.0)",
    "chance is 0.25": "lambda: (1.0, 0.0, 0.03)",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_way_back, "way_back", WAY_WRONG),
        (checks.check_parameters, "lstm_parameters", PARAMETERS_WRONG),
        (checks.check_forget_bias, "forget_bias", BIAS_WRONG),
        (checks.check_last_states, "last_states", LAST_WRONG),
        (checks.check_clip_all, "clip_all", CLIP_WRONG),
        (checks.check_gru, "gru_step", GRU_WRONG),
        (checks.check_perplexity, "perplexity", PERPLEXITY_WRONG),
        (checks.check_attention, "attention", ATTENTION_WRONG),
        (checks.check_stateful_batches, "stateful_batches", BATCHES_WRONG),
        (checks.check_my_start, "my_start", START_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


def test_the_counted_parameters_are_keras():
    layer = keras.layers.LSTM(7)
    layer.build([None, None, 5])
    assert solution(WEEK, "lstm_parameters")(5, 7) == layer.count_params()


def recorded(units=8, steps=20):
    rng = np.random.default_rng(0)
    return {
        name: {part: rng.random([2, steps, units]) for part in drawings.PARTS}
        for name in ("default", "forget 4, input -4")
    }


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    x, _ = tasks.adding(1, 12, seed=0)
    norms = {"a": np.geomspace(1, 1e-9, 100), "b": np.ones(100)}
    scores = {"a": {0.1: [0.5, 0.6], 1.0: [0.9, 0.8]}, "b": {0.1: [1.0, 1.0]}}
    for fig, axes in [
        (plots.lag_curves(norms, "Lag"), 1),
        (plots.two_scales(norms), 2),
        (plots.before_and_after({"one": (norms["a"], norms["b"])} | {"two": (norms["b"],) * 2}), 2),
        (plots.against_bias({"p": scores, "q": scores}), 2),
        (plots.readable({"a": rng.random(12)}, 4, 0.25), 1),
        (plots.running_sum(x[0], rng.random([12, 8]), np.arange(12)), 3),
        (plots.against_rate({"p": scores, "q": scores}, ["s", "t"], [0, 1], [False, True]), 2),
        (plots.rows_read(rng.random([4, 28, 28]), np.linspace(0, 1, 28)), 5),
        (plots.next_shares([chr(97 + k) for k in range(26)], np.full(26, 1 / 26), "T"), 1),
        (plots.budgets(scores, {"level": 0.7}), 1),
    ]:
        assert len(fig.axes) == axes
        assert all(ax.has_data() for ax in fig.axes)
        plt.close(fig)


def test_drawings_are_drawn():
    for draw in (drawings.unrolled, drawings.lstm_cell, drawings.shapes, drawings.attention):
        plt.close(draw())
    for step in (0, 4, 19):
        fig = drawings.stepped(recorded(), "ABCD" * 5, 4, step)
        assert len(fig.axes) == 1 + 2 * 7
        plt.close(fig)
    fig = drawings.strip(recorded(), "ABCD" * 5, 4, [3, 4, 19])
    assert len(fig.axes) == 2 * 3 * 6
    plt.close(fig)


def test_the_animation_has_a_frame_for_each_step():
    drawn = animate.frames(recorded(steps=3), "ABC", 1)
    assert len(drawn) == 3 and len({frame.size for frame in drawn}) == 1
    assert len({frame.tobytes() for frame in drawn}) == 3
    with Image.open(animate.TARGET) as stored:
        assert stored.n_frames == 50
    assert animate.TARGET.stat().st_size < 1_500_000
