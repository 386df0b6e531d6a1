"""Many small recurrent networks trained side by side, as one computation: for this week's studies.

Each network is a Keras model of one recurrent layer and a Dense layer; its weights go in and come out
in Keras' order. All share the sequences; each has its own start, rate and order of batches.
A step over 20 networks takes little longer than over one, for they are small.
"""

from collections.abc import Sequence

from week06_cnn.training import batches, one_cycle

import numpy as np
import tensorflow as tf

PARTS = {"RNN": 1, "LSTM": 4, "GRU": 3}
Weights = list[tf.Variable]  # kernel, recurrent, bias, weights and bias of Dense, each [runs, ...]


def stacked(starts: Sequence[Sequence[np.ndarray]]) -> Weights:
    """Return the weights of several equal models, each list by runs."""
    return [tf.Variable(np.stack(parts)) for parts in zip(*starts, strict=True)]


def outputs(kind: str, weights: Sequence[tf.Tensor], x: tf.Tensor, cut: int = 0) -> tf.Tensor:
    """Map sequences [runs, n, steps, features] to what the Dense layers say after the last step.

    Args:
        kind: "RNN", "LSTM" or "GRU", with Keras' default activations.
        weights: as `stacked` returns them.
        x: the sequences.
        cut: no gradient crosses the place so many steps before the end; 0 cuts nothing.
    """
    kernel, recurrent, bias, head, head_bias = weights
    runs, n, steps, features = x.shape
    rows = tf.reshape(x, [runs, n * steps, features])
    first = bias[:, :1] if kind == "GRU" else bias[:, None]
    given = tf.reshape(rows @ kernel + first, [runs, n, steps, kernel.shape[2]])
    h = c = tf.zeros([runs, n, recurrent.shape[1]])
    for step, part in enumerate(tf.unstack(given, axis=2)):
        if cut and step == steps - cut:
            h, c = tf.stop_gradient(h), tf.stop_gradient(c)
        own = h @ recurrent
        if kind == "RNN":
            h = tf.tanh(part + own)
        elif kind == "LSTM":
            i, f, g, o = tf.split(part + own, 4, axis=2)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        else:
            own = own + bias[:, 1:]
            (z, r, g), (own_z, own_r, own_g) = (tf.split(v, 3, axis=2) for v in (part, own))
            z = tf.sigmoid(z + own_z)
            h = z * h + (1 - z) * tf.tanh(g + tf.sigmoid(r + own_r) * own_g)
    return h @ head + head_bias[:, None]


def losses_of(said: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Return each run's loss: cross-entropy if y [runs, n] holds classes, else the squared error."""
    if y.dtype.is_integer:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, said)
        return tf.reduce_mean(each, axis=1)
    return tf.reduce_mean(tf.square(said - y), axis=[1, 2])


def train_many(
    kind: str,
    starts: Sequence[Sequence[np.ndarray]],
    data: tuple[np.ndarray, np.ndarray],
    peaks: Sequence[float],
    seeds: Sequence[int],
    steps: int = 300,
    batch: int = 64,
    cut: int = 0,
    sgd: bool = False,
    clip: Sequence[float] | None = None,
) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Train a network from each start, and return the weights of each and losses [steps, runs].

    Args:
        kind, cut: as for `outputs`.
        starts: weights in Keras' order, one list for each run.
        data: sequences [n, steps, features]; and classes [n], or numbers [n, 1].
        peaks: the highest rate of each run; rates rise and fall as in week 6's `one_cycle`.
        seeds: of each run's order of batches.
        steps, batch: as in week 6's `train`.
        sgd: plain gradient descent instead of Adam.
        clip: the norm to which all gradients of a run together are scaled down; np.inf for never.
    """
    x, y = map(tf.constant, data)
    weights = stacked(starts)
    epochs = -(-steps * batch // len(x))
    orders = np.stack([batches(len(x), batch, epochs, seed)[:steps] for seed in seeds], axis=1)
    rates = np.outer(one_cycle(1.0, steps), peaks).astype(np.float32)
    limits = tf.constant(np.full(len(starts), np.inf) if clip is None else clip, tf.float32)
    firsts, seconds = ([tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2))

    def wide(per_run: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        return tf.reshape(per_run, [-1] + [1] * (len(like.shape) - 1))

    @tf.function
    def loop(orders: tf.Tensor, rates: tf.Tensor) -> tf.Tensor:
        found = tf.TensorArray(tf.float32, len(orders))
        for step in tf.range(len(orders)):
            with tf.GradientTape() as tape:
                losses = losses_of(
                    outputs(kind, weights, tf.gather(x, orders[step]), cut),
                    tf.gather(y, orders[step]),
                )
            found = found.write(step, losses)
            grads = tape.gradient(losses, weights)
            squares = [tf.reduce_sum(g**2, axis=list(range(1, len(g.shape)))) for g in grads]
            norms = tf.sqrt(tf.add_n(squares))
            scale = tf.where(norms > limits, limits / norms, 1.0)
            t = tf.cast(step + 1, tf.float32)
            for w, g, m, v in zip(weights, grads, firsts, seconds, strict=True):
                g, rate = g * wide(scale, g), wide(rates[step], g)
                if sgd:
                    w.assign_sub(rate * g)
                    continue
                m.assign(0.9 * m + 0.1 * g)
                v.assign(0.999 * v + 0.001 * g**2)
                root = tf.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                w.assign_sub(rate * root * m / (tf.sqrt(v) + 1e-7))
        return found.stack()

    losses = loop(tf.constant(orders), tf.constant(rates)).numpy()
    ends = [w.numpy() for w in weights]
    return [[w[run] for w in ends] for run in range(len(starts))], losses


def score_many(
    kind: str, ends: Sequence[Sequence[np.ndarray]], data: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return for each run the share of classes that it names rightly, or its mean squared error."""
    x, y = map(tf.constant, data)
    answer = tf.function(lambda weights, x: outputs(kind, weights, x))
    found = []
    for weights in ends:
        said = answer([tf.constant(w)[None] for w in weights], x[None])[0]
        if y.dtype.is_integer:
            found.append(np.mean(said.numpy().argmax(axis=1) == y.numpy()))
        else:
            found.append(np.mean((said.numpy() - y.numpy()) ** 2))
    return np.array(found)
