"""The checks of week 7's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week02_basics.taught import taught
from week07_lstm import many, tasks

import numpy as np
import tensorflow as tf


@exercise("Exercise 1: one factor a step")
def check_way_back(way_back: Callable) -> None:
    """Check a function (states, u) that returns the gradient of the last state to one before them."""
    for states, u in [([0.5, -0.2, 0.7], 0.8), ([0.1], 1.5), ([0.3, 0.3], -2.0)]:
        answer = way_back(states, u)
        answered(answer)
        factors = [u * (1 - h**2) for h in states]
        right = float(np.prod(factors))
        known = {
            float(np.sum(factors)): "factors along one way are multiplied, not added",
            float(np.prod([1 - h**2 for h in states])): "u is missing: each step multiplies by it",
            u ** len(states): "the slope of tanh is missing, 1 - h^2",
            float(np.prod([u * (1 - np.tanh(h) ** 2) for h in states])): (
                "the states have been through tanh already: its slope is 1 - h^2"
            ),
            float(np.prod(factors[:-1])): "a factor is missing: each of the states brings one",
        }
        where = f"for {len(states)} states and u = {u:g}"
        for wrong, hint in known.items():
            expect(not np.isclose(answer, wrong) or np.isclose(wrong, right), hint)
        expect(np.isclose(answer, right), f"{where} it is {right:.4f}, not {float(answer):.4f}")


@exercise("Exercise 2: count the parameters")
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


@exercise("Exercise 6: a GRU step")
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


@exercise("Exercise 4: the last real state")
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


@exercise("Exercise 5: one limit for all")
def check_clip_all(clip_all: Callable) -> None:
    """Check a function (gradients, limit) that clips a list of arrays by their common norm."""
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=shape) for shape in ([5, 3], [7])]
    norms = [float(np.linalg.norm(g)) for g in grads]
    whole = float(np.hypot(*norms))
    small, large = whole / 4, 2 * whole

    def scaled(one: float, other: float) -> list[np.ndarray]:
        return [one * grads[0], other * grads[1]]

    for limit, known in [
        (
            small,
            {
                "the entries were cut one by one, which turns the direction": [
                    np.clip(g, -small, small) for g in grads
                ],
                "each was scaled by a norm of its own, which turns the direction; one norm is taken "
                "of all entries together": scaled(*(small / max(n, small) for n in norms)),
                "the norm is the root of the sum of squares": scaled(*[small / whole**2] * 2),
                "they are scaled to norm 1; the limit is missing": scaled(*[1 / whole] * 2),
            },
        ),
        (
            large,
            {"the norm is below the limit, and was scaled up to it": scaled(*[large / whole] * 2)},
        ),
    ]:
        answer = clip_all([g.copy() for g in grads], limit)
        answered(answer)
        answer = [np.asarray(g) for g in answer]
        expect(
            [g.shape for g in answer] == [g.shape for g in grads],
            "return a list with an array for each gradient, of the same shapes",
        )
        for hint, wrong in known.items():
            expect(not all(map(np.allclose, answer, wrong)), hint)
        factor = limit / max(whole, limit)
        found = float(np.hypot(*map(np.linalg.norm, answer)))
        expect(
            all(map(np.allclose, answer, scaled(factor, factor))),
            f"for norm {whole:.3g} and limit {limit:.3g} each entry is multiplied by {factor:.3g}; "
            f"the norm of your answer is {found:.3g}",
        )


@exercise("Exercise 3: a bias for a lag")
def check_forget_bias(forget_bias: Callable) -> None:
    """Check a function (lag, share) that returns the forget bias that leaves a share after a lag."""
    for lag, share in [(50, 0.5), (100, 0.9), (10, 0.01)]:
        answer = forget_bias(lag, share)
        answered(answer)
        answer = float(answer)
        gate = share ** (1 / lag)
        right = float(np.log(gate / (1 - gate)))
        expect(
            not np.isclose(answer, gate),
            "this is the gate; the bias is what the sigmoid turns into it",
        )
        expect(
            not np.isclose(answer, np.log(share / (1 - share))),
            "this leaves the share after a single step: the lag is missing",
        )
        expect(
            not np.isclose(answer, -right),
            "the sign is turned: such a gate forgets what it should keep",
        )
        left = (1 / (1 + np.exp(-answer))) ** lag
        expect(
            np.isclose(answer, right, rtol=1e-3),
            f"bias {answer:.3g} leaves {left:.3g} after {lag} steps, not {share}",
        )


@exercise("Exercise 7: perplexity")
def check_perplexity(perplexity: Callable) -> None:
    """Check a function (logits, codes, temperature) that returns the perplexity of a text."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=[40, 6]).astype(np.float32) * 2
    codes = rng.integers(0, 6, 40).astype(np.int32)
    even = perplexity(tf.zeros([5, 6]), tf.zeros([5], tf.int32), 1.0)
    answered(even)

    def bits(scaled: np.ndarray) -> np.ndarray:
        p = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
        return -np.log2(p[np.arange(len(codes)), codes])

    for temperature in (1.0, 0.5, 3.0):
        answer = perplexity(tf.constant(logits), tf.constant(codes), temperature)
        right, cold = bits(logits / temperature), bits(logits * temperature)
        known = {
            right.mean(): "these are the bits; the perplexity is 2 to their power",
            right.mean() * np.log(2): "this is the mean loss; the perplexity is e to its power",
            2 ** (right.mean() * np.log(2)): (
                "natural logarithms go with powers of e, logarithms to base 2 with powers of 2"
            ),
            np.mean(2**right): "the mean comes first: it is taken over the bits, not the powers",
        }
        if temperature != 1:
            known[2 ** bits(logits).mean()] = "the temperature is not used"
            known[2 ** cold.mean()] = "the logits are divided by the temperature"
        expect(np.size(answer) == 1, "one number is wanted for the whole text")
        for wrong, hint in known.items():
            expect(not np.isclose(answer, wrong, rtol=1e-4), hint)
        good = 2 ** right.mean()
        expect(
            np.isclose(answer, good, rtol=1e-3),
            f"at temperature {temperature:g} it is {good:.3f}, not {float(answer):.3f}",
        )
    expect(np.isclose(even, 6, rtol=1e-3), "six equally likely characters have perplexity 6")


@exercise("Exercise 8: attention for many queries")
def check_attention(attention: Callable) -> None:
    """Check a function (queries, keys, values) that returns what each query finds."""
    rng = np.random.default_rng(0)
    q, k, v = (rng.normal(size=s).astype(np.float32) for s in ([3, 4], [6, 4], [6, 2]))
    answer = attention(*map(tf.constant, (q, k, v)))
    answered(answer)
    answer = np.asarray(answer)
    expect(answer.shape == (3, 2), f"the shape is {answer.shape}, not [queries, v], here (3, 2)")

    def found(scores: np.ndarray, axis: int = 1) -> np.ndarray:
        weights = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
        return weights @ v

    def close(other: np.ndarray) -> bool:
        return np.allclose(answer, other, atol=1e-4)

    scores = q @ k.T
    expect(not close(found(scores)), "the scores are not divided by the root of d")
    expect(not close(found(scores / 4)), "divided by d; its root is wanted")
    expect(
        not close(found(scores / 2, axis=0)),
        "the softmax runs over the queries; each query shares its weights among the keys",
    )
    expect(not close(scores / 2 @ v), "the softmax is missing")
    expect(close(found(scores / 2)), "the answers differ from softmax(q k / sqrt(d)) v")


@exercise("Exercise 9: batches for a stateful layer")
def check_stateful_batches(stateful_batches: Callable) -> None:
    """Check a function (codes, rows, length) that cuts a text for a layer that keeps its state."""
    for count, rows, length in [(100, 3, 5), (24, 2, 4), (47, 4, 3)]:
        answer = stateful_batches(np.arange(count), rows, length)
        answered(answer)
        answer = np.asarray(answer)
        number = count // rows // length
        expect(
            answer.ndim == 3 and answer.shape[1:] == (rows, length),
            f"the shape is {answer.shape}, not [batches, {rows}, {length}]",
        )
        steps = np.diff(answer, axis=2)
        expect((steps == 1).all(), "within a row the characters do not follow each other")
        expect(
            number < 2 or (answer[1, 0, 0] == answer[0, 0, -1] + 1),
            "row 0 of the second batch does not go on where row 0 of the first ended: the text is "
            "cut into rows first, then into batches",
        )
        expect(
            all((answer[1:, row, 0] == answer[:-1, row, -1] + 1).all() for row in range(rows)),
            "not each row goes on where it ended",
        )
        expect(len(np.unique(answer)) == answer.size, "a part of the text comes twice")
        expect(len(answer) == number, f"{len(answer)} batches; {number} fit into {count} codes")


@exercise("Exercise 10: a hundred letters")
def check_my_start(my_start: Callable) -> None:
    """Check a function that returns forget bias, input bias and rate, by training on 100 letters."""
    answer = my_start()
    answered(answer)
    expect(np.size(answer) == 3, "return three numbers: forget bias, input bias, learning rate")
    forget, write, rate = map(float, answer)
    expect(np.isfinite(rate) and rate > 0, "the learning rate must be above 0")
    lesson, starts = taught("week07_lstm"), []
    for seed in (0, 1):
        model = lesson.network(tf.keras.layers.LSTM, 8, [100, 5], 4, seed)
        lesson.set_biases(model.layers[0], forget, write)
        starts.append(model.get_weights())
    data = tasks.marked_letters(19_200, 100, within=10, seed=7)
    ends, _ = many.train_many("LSTM", starts, data, [rate] * 2, [0, 1])
    fresh = tasks.marked_letters(1000, 100, within=10, seed=9)
    scores = many.score_many("LSTM", ends, fresh)
    expect(
        scores.max() >= 0.9,
        f"accuracy {scores[0]:.2f} and {scores[1]:.2f} with forget bias {forget:g}, input bias "
        f"{write:g}, rate {rate:g}; chance is 0.25",
    )
