"""Week 7's cells against Keras, padding, the old cell, its tasks, its text and its exercises."""

import subprocess
import sys

from week02_basics.taught import taught
from week07_lstm import checks, plots, tasks, text

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from tests.exercises import assert_exercise, solution

WEEK = "week07_lstm"


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


FRESH = """
import week07_lstm.text as t
zen = t.zen()
assert zen.startswith('The Zen of Python, by Tim Peters\\n\\nBeautiful')
assert (len(zen), len(set(zen)), len(zen.split('\\n'))) == (856, 45, 21)
assert t.zen() == zen
print('zen', flush=True)

import tensorflow as tf
mask = tf.sequence_mask([3, 1], 4)
tf.keras.layers.LSTM(3)(tf.ones([2, 4, 5]), mask=mask)
print('mask', flush=True)
"""


@pytest.fixture(scope="module")
def fresh() -> subprocess.CompletedProcess:
    """Return what a process of its own says to the text of this week, and to a mask."""
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
    np.testing.assert_allclose(seen["state"], week.lstm(x, *weights), atol=1e-6)
    for gate in plots.GATES:
        assert seen[gate].shape == (2, 9, 4)
        assert seen[gate].min() > 0 and seen[gate].max() < 1
    np.testing.assert_allclose(
        seen["state"], seen["output gate"] * np.tanh(seen["cell"]), atol=1e-6
    )


def test_lag_norms_know_where_memory_ends(week):
    """Without recurrent weights only the last input counts, and a perfect memory loses nothing."""
    forgetful = keras.layers.SimpleRNN(4, recurrent_initializer="zeros")
    norms = week.lag_norms(forgetful, steps=10, features=3)
    assert norms.shape == (10,) and norms[0] > 0 and not norms[1:].any()
    keeps = keras.layers.SimpleRNN(4, recurrent_initializer="identity", activation=None)
    norms = week.lag_norms(keeps, steps=10, features=3)
    np.testing.assert_allclose(norms, norms[0], rtol=1e-5)


def test_open_memory_sets_two_gates_and_nothing_else(week):
    layer = layer_with_any_bias(keras.layers.LSTM, 3, 2)
    before = layer.get_weights()
    week.open_memory(layer, 4)
    after = layer.get_weights()
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_array_equal(after[1], before[1])
    np.testing.assert_allclose(after[2][:3], before[2][:3] - 4)
    np.testing.assert_array_equal(after[2][3:6], 4)
    np.testing.assert_array_equal(after[2][6:], before[2][6:])


def test_set_to_remember_an_lstm_hears_the_first_step_at_the_last(week):
    """The gradient over 80 steps, against the same layer as Keras makes it."""
    norms = {}
    for bias in (None, 4.0):
        keras.utils.set_random_seed(0)
        layer = keras.layers.LSTM(16)
        layer.build([None, None, 8])
        if bias:
            week.open_memory(layer, bias)
        found = week.lag_norms(layer, steps=80)
        norms[bias] = found[-1] / found[0]
    assert norms[4.0] > 0.05 and norms[None] < 1e-4


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
    assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, "zen\nmask\n", "")


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


def test_zen_is_pythons_and_prints_nothing(fresh):
    assert fresh.stdout.startswith("zen\n"), fresh.stderr


def test_windows_are_one_character_apart():
    x, y = text.windows(np.arange(10), 4)
    assert x.shape == y.shape == (6, 4) and x.dtype == np.int32
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    assert x[0, 0] == 0 and y[-1, -1] == 9
    for length in (0, 10):
        with pytest.raises(ValueError, match=f"windows of {length} characters do not fit"):
            text.windows(np.arange(10), length)


def test_known_words_are_counted():
    assert text.words("Don't *panic*, it's\nfine-- OK") == ["don't", "panic", "it's", "fine", "ok"]
    assert text.known_share("now never nowhere and", "Now is better than never.") == 2 / 3
    with pytest.raises(ValueError, match="fewer than two words"):
        text.known_share("--", "any text")


def test_entropies_of_texts_that_one_can_do_by_heart():
    even = np.array([0, 1, 2, 3] * 50)
    assert text.entropy(even) == pytest.approx(2)
    assert text.pair_entropy(even) == pytest.approx(0)
    coins = np.random.default_rng(0).integers(0, 2, 20_000)
    assert text.entropy(coins) == pytest.approx(1, abs=1e-3)
    assert text.pair_entropy(coins) == pytest.approx(1, abs=1e-3)


def test_draw_follows_the_probabilities(week):
    """Shares of 20,000 draws lie within four standard errors; what has no chance never comes."""
    rng = np.random.default_rng(0)
    p = np.array([0.0, 0.5, 0.3, 0.2, 0.0])
    drawn = week.draw(np.tile(p, [20_000, 1]), rng)
    share = np.bincount(drawn, minlength=5) / 20_000
    assert np.all(np.abs(share - p) <= 4 * np.sqrt(p * (1 - p) / 20_000))
    cold = week.softmax(tf.tile([[1.0, 3.0, 2.0]], [1000, 1]), 0.05)
    assert set(week.draw(cold.numpy(), rng)) == {1}


# --- exercises and figures --------------------------------------------------------------------

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


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_parameters, "lstm_parameters", PARAMETERS_WRONG),
        (checks.check_gru, "gru_step", GRU_WRONG),
        (checks.check_last_states, "last_states", LAST_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


def test_the_counted_parameters_are_keras():
    layer = keras.layers.LSTM(7)
    layer.build([None, None, 5])
    assert solution(WEEK, "lstm_parameters")(5, 7) == layer.count_params()


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    seen = {name: rng.random([2, 12, 3]) for name in (*plots.GATES, "cell")}
    x, _ = tasks.adding(1, 12, seed=0)
    for fig, axes in [
        (plots.lag_curves({"a": np.geomspace(1, 1e-9, 30), "b": np.ones(30)}, "Lag"), 1),
        (plots.gates_over_time("ABCD" * 3, 2, seen), 8),  # four, and their colour bars
        (plots.readable(rng.random(12), 4, 0.25), 1),
        (plots.running_sum(x[0], seen["input gate"][0], np.arange(12)), 3),
        (plots.rows_read(rng.random([4, 28, 28]), np.linspace(0, 1, 28)), 5),
    ]:
        assert len(fig.axes) == axes
        assert all(ax.has_data() for ax in fig.axes)
        plt.close(fig)
