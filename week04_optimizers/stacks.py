"""Several small networks of one shape trained at once, stacked along a first axis.

Matrix products work on stacks, so one `tf.function` trains a network for each seed in the time
that Python would need to start the second one. The networks share nothing: the gradient of the
sum of their losses is, for each, the gradient of its own.
"""

from itertools import pairwise
from typing import NamedTuple

from week03_regression.digits import Digits

import numpy as np
import tensorflow as tf


class Slices(NamedTuple):
    """For each of several seeds some digits to train on, and others to validate on."""

    x: tf.Tensor  # float32 [seeds, count, 784], in [0, 1]
    y: tf.Tensor  # int32 [seeds, count]
    x_val: tf.Tensor  # float32 [seeds, held_out, 784]
    y_val: tf.Tensor  # int32 [seeds, held_out]


def slices(digits: Digits, count: int, seeds: int, held_out: int = 1000) -> Slices:
    """Draw `count` training digits and `held_out` others for each seed 0, 1, ... without overlap.

    The draw of a seed begins with the same digits whatever the count: more data is the same and more.

    Raises:
        ValueError: the training set is too small for both.
    """
    total = len(digits.x_train)
    if count + held_out > total:
        raise ValueError(f"{count} and {held_out} digits asked for, there are {total}")
    rows = np.stack([np.random.default_rng(seed).permutation(total) for seed in range(seeds)])

    def take(chosen: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
        images = digits.x_train[chosen].reshape(*chosen.shape, 784)
        labels = digits.y_train[chosen]
        return tf.constant(images / np.float32(255)), tf.constant(labels, tf.int32)

    return Slices(*take(rows[:, :count]), *take(rows[:, total - held_out :]))


def starts(sizes: list[int], seeds: int, alike: bool = False) -> list[tf.Variable]:
    """Return fresh weights [seeds, in, out] and biases [seeds, 1, out], layer by layer.

    Weights are normal with variance 2 / in (K. He and others, 2015, equation 10), biases zero.

    Args:
        sizes: units of each layer, the input first.
        seeds: how many networks.
        alike: whether all of them start from the same weights.
    """
    rng, weights = np.random.default_rng(0), []
    for n_in, n_out in pairwise(sizes):
        drawn = rng.normal(0, np.sqrt(2 / n_in), [1 if alike else seeds, n_in, n_out])
        weights.append(tf.Variable(np.broadcast_to(drawn, [seeds, n_in, n_out]).astype(np.float32)))
        weights.append(tf.Variable(tf.zeros([seeds, 1, n_out])))
    return weights


def batches(count: int, batch: int, steps: int, seed: int = 0) -> np.ndarray:
    """Return rows for each step, int32 [steps, batch]: epoch after epoch in a new order.

    Raises:
        ValueError: the batch is larger than the data.
    """
    if batch > count:
        raise ValueError(f"a batch of {batch} from {count} examples")
    rng, per_epoch = np.random.default_rng(seed), count // batch
    epochs = [rng.permutation(count)[: per_epoch * batch] for _ in range(-(-steps // per_epoch))]
    return np.concatenate(epochs).reshape(-1, batch)[:steps].astype(np.int32)
