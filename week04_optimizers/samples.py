"""What a training run starts from: digits to train on and to choose with, first weights, an order."""

from itertools import pairwise
from typing import NamedTuple

from week03_regression.digits import Digits

import numpy as np
import tensorflow as tf


class Sample(NamedTuple):
    """Digits to train on, and others to validate on."""

    x: tf.Tensor  # float32 [count, 784], in [0, 1]
    y: tf.Tensor  # int32 [count]
    x_val: tf.Tensor  # float32 [held_out, 784]
    y_val: tf.Tensor  # int32 [held_out]


def rows_of(images: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    """Return images uint8 [n, 28, 28] as float32 [n, 784] in [0, 1], and their labels as int32."""
    pixels = images.reshape(len(images), 784) / np.float32(255)
    return tf.constant(pixels), tf.constant(labels, tf.int32)


def draw(digits: Digits, count: int, seed: int = 0, held_out: int = 1000) -> Sample:
    """Draw `count` training digits and `held_out` others; the test digits are not touched.

    A seed's draw begins with the same digits whatever the count: more data is the same and more.

    Raises:
        ValueError: the training set is too small for both.
    """
    total = len(digits.x_train)
    if count + held_out > total:
        raise ValueError(f"{count} and {held_out} digits asked for, there are {total}")
    chosen = np.random.default_rng(seed).permutation(total)
    parts = chosen[:count], chosen[total - held_out :]
    return Sample(
        *(t for part in parts for t in rows_of(digits.x_train[part], digits.y_train[part]))
    )


def split(digits: Digits, held_out: int = 10_000) -> Sample:
    """Return all training digits, the last `held_out` of them for validation."""
    x, y = rows_of(digits.x_train, digits.y_train)
    return Sample(x[:-held_out], y[:-held_out], x[-held_out:], y[-held_out:])


def start_weights(sizes: list[int], seed: int = 0) -> list[tf.Variable]:
    """Return fresh weights [in, out] and biases [out], layer by layer, in one list.

    Weights are normal with variance 2 / in (K. He and others, 2015, equation 10), biases zero.
    """
    rng, weights = np.random.default_rng(seed), []
    for n_in, n_out in pairwise(sizes):
        drawn = rng.normal(0, np.sqrt(2 / n_in), [n_in, n_out])
        weights += [tf.Variable(drawn.astype(np.float32)), tf.Variable(tf.zeros([n_out]))]
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
