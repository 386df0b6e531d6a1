"""The checks of week 7's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: count the parameters")
def check_parameters(parameters: Callable) -> None:
    """Check a function (features, units) that returns how many numbers an LSTM layer learns."""
    for features, units in [(28, 100), (5, 8), (64, 3)]:
        right = 4 * (units * features + units * units + units)
        answer = parameters(features, units)
        answered(answer)
        known = {
            right // 4: "that is one part; a cell has four: three gates and the candidate",
            4 * (units * features + units * units): "the biases are missing",
            4 * (units * features + units): "the recurrent weights, units times units, are missing",
            4 * (units * features + features * features + units): (
                "the recurrent weights lead from the units to the units, not from the features"
            ),
            right + 4 * units: "two biases; Keras' LSTM has one (its GRU has two)",
        }
        for wrong, hint in known.items():
            expect(answer != wrong or wrong == right, hint)
        expect(
            answer == right,
            f"for {features} features and {units} units Keras counts {right}, not {answer}",
        )


@exercise("Exercise 2: a GRU step")
def check_gru(step: Callable) -> None:
    """Check a function (x, h, kernel, recurrent, bias) against keras.layers.GRUCell.

    x is float32 [n, features], h [n, units], kernel [features, 3 units], recurrent
    [units, 3 units] and bias [2, 3 units].
    """
    rng = np.random.default_rng(0)
    units, features = 4, 3
    x, h, kernel, recurrent, bias = (
        rng.normal(size=shape).astype(np.float32)
        for shape in ([5, features], [5, units], [features, 12], [units, 12], [2, 12])
    )
    x, h, bias = tf.constant(x), tf.constant(h), tf.constant(bias)
    answer = step(x, h, tf.constant(kernel), tf.constant(recurrent), bias)
    answered(answer)
    answer = np.asarray(answer)
    expect(answer.shape == (5, units), f"the state has shape {answer.shape}, not (5, {units})")

    def state(order="zrh", keep=lambda z: z, after=True, biases=bias) -> np.ndarray:
        """Return the new state, right by default and wrong in one of the usual ways otherwise."""
        a = dict(zip(order, tf.split(x @ kernel + biases[0], 3, axis=1), strict=True))
        b = dict(zip(order, tf.split(h @ recurrent + biases[1], 3, axis=1), strict=True))
        z, r = tf.sigmoid(a["z"] + b["z"]), tf.sigmoid(a["r"] + b["r"])
        last = order.index("h") * units
        own, own_bias = recurrent[:, last : last + units], biases[1, last : last + units]
        candidate = tf.tanh(a["h"] + (r * b["h"] if after else (r * h) @ own + own_bias))
        return (keep(z) * h + (1 - keep(z)) * candidate).numpy()

    def close(other: np.ndarray) -> bool:
        return np.allclose(answer, other, atol=1e-5)

    expect(
        not close(state(keep=lambda z: 1 - z)),
        "the update gate is the wrong way round: in Keras z keeps the old state",
    )
    expect(not close(state(order="rzh")), "Keras' order is z, r, candidate: two are swapped")
    expect(
        not close(state(after=False)),
        "the reset gate acts on h before the product; in Keras' default it acts after it, on the "
        "recurrent part with its bias",
    )
    only_first = tf.stack([bias[0], tf.zeros_like(bias[0])])
    expect(not close(state(biases=only_first)), "the recurrent bias, `bias[1]`, is missing")
    cell = tf.keras.layers.GRUCell(units)
    cell.build([None, features])
    cell.set_weights([kernel, recurrent, bias.numpy()])
    expect(close(cell(x, h)[0].numpy()), "differs from keras.layers.GRUCell")


@exercise("Exercise 3: the last real state")
def check_last_states(last_states: Callable) -> None:
    """Check a function (states, lengths) that maps [n, steps, units] and int [n] to [n, units]."""
    rng = np.random.default_rng(0)
    states = rng.normal(size=[4, 6, 3]).astype(np.float32)
    lengths = np.array([6, 2, 1, 4], np.int32)
    answer = last_states(tf.constant(states), tf.constant(lengths))
    answered(answer)
    answer = np.asarray(answer)
    expect(answer.shape == (4, 3), f"the shape is {answer.shape}, not (4, 3)")
    expect(
        not np.allclose(answer, states[:, -1]),
        "the state after the padding; wanted is the one after each sequence's own last step",
    )
    rows = np.arange(4)
    expect(
        not np.allclose(answer[1:], states[rows, lengths % 6][1:]),
        "one step late: a sequence of length 1 ends at index 0",
    )
    expect(
        not np.allclose(answer, [s[:k].mean(axis=0) for s, k in zip(states, lengths, strict=True)]),
        "the mean of the states; wanted is the last one",
    )
    expect(np.allclose(answer, states[rows, lengths - 1]), "some rows are not the right state")
