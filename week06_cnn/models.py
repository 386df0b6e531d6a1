"""The small network of this week, with each of its ingredients as an argument."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def small_cnn(
    classes: int = 10,
    image: tuple[int, int] = (28, 28),
    channels: int = 1,
    *,
    filters: Sequence[int] = (16, 32, 64),
    kernel: int = 3,
    norm: bool = True,
    pool_first: bool = True,
    dropout: float = 0.0,
    seed: int = 0,
    dtype: str | None = None,
) -> keras.Model:
    """Return an untrained network that turns images into logits.

    Each block is convolution, 2x2 max-pooling, batch normalisation, ReLU; the last block does not
    pool. One dense layer follows. Built inside `strategy().scope()`, the normalisation takes its
    statistics from the batch of all devices together.

    Args:
        classes: how many logits an image gets.
        image: height and width in pixels; every block but the last halves them.
        channels: 1 for grey, 3 for colour. Grey images may come without the last axis.
        filters: how many filters each block has.
        kernel: height and width of a filter, in pixels.
        norm: whether to normalise; if not, the convolutions have a bias instead.
        pool_first: pool before normalisation and ReLU (less work, the same values but for the
            statistics), or after them.
        dropout: share of the dense layer's inputs that is dropped in training, in [0, 1).
        seed: of the initial weights and of the dropout.
        dtype: a Keras dtype policy such as `"mixed_bfloat16"`; by default the global one. The
            logits are float32 in any case.

    Returns:
        A model from images [n, height, width(, channels)] with pixels in 0..255 of any dtype to
        float32 logits [n, classes].

    Raises:
        ValueError: too few classes, channels or filters, or an image that is pooled to nothing.
    """
    if min(classes, channels, kernel, *filters, len(filters)) < 1:
        raise ValueError("classes, channels, kernel and every entry of filters must be at least 1")
    if min(image) < 2 ** (len(filters) - 1):
        raise ValueError(f"an image of {image} is too small to be halved {len(filters) - 1} times")
    synchronized = tf.distribute.get_strategy().num_replicas_in_sync > 1
    layers = keras.layers
    inputs = keras.Input((*image, channels))
    x = layers.Rescaling(1 / 255, dtype=dtype)(inputs)
    for block, count in enumerate(filters):
        pool = [layers.MaxPooling2D(dtype=dtype)] if block < len(filters) - 1 else []
        norms = [layers.BatchNormalization(momentum=0.9, synchronized=synchronized, dtype=dtype)]
        rest = [*(norms if norm else []), layers.ReLU(dtype=dtype)]
        convolution = layers.Conv2D(
            count,
            kernel,
            padding="same",
            use_bias=not norm,
            kernel_initializer=keras.initializers.GlorotUniform(seed + block),
            dtype=dtype,
        )
        for layer in [convolution, *(pool + rest if pool_first else rest + pool)]:
            x = layer(x)
    x = layers.Flatten(dtype=dtype)(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, dtype=dtype)(x)
    initial = keras.initializers.GlorotUniform(seed + len(filters))
    logits = layers.Dense(classes, kernel_initializer=initial, dtype="float32")(x)
    return keras.Model(inputs, logits)
