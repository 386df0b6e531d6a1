"""The networks of this week: the small one with its ingredients as arguments, and the notes' one."""

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
    padding: str = "valid",
    norm: bool = True,
    pool_first: bool = True,
    dropout: float = 0.0,
    seed: int = 0,
    dtype: str | None = None,
    average: bool = False,
) -> keras.Model:
    """Return an untrained network that turns images into logits.

    Each block is convolution, 2x2 max-pooling, batch normalisation, ReLU; the last block does not
    pool. One dense layer follows. Built inside `strategy().scope()`, the normalisation takes its
    statistics from the batch of all devices together.

    Args:
        classes: how many logits an image gets.
        image: height and width in pixels.
        channels: 1 for grey, 3 for colour. Grey images may come without the last axis.
        filters: how many filters each block has.
        kernel: height and width of a filter, in pixels.
        padding: `"valid"`, where a convolution loses `kernel - 1` rows and columns, or `"same"`.
        norm: whether to normalise; if not, the convolutions have a bias instead.
        pool_first: pool before normalisation and ReLU (less work, the same values but for the
            statistics), or after them.
        dropout: share of the dense layer's inputs that is dropped in training, in [0, 1).
        seed: of the initial weights and of the dropout.
        dtype: a Keras dtype policy such as `"mixed_bfloat16"`; by default the global one. The
            logits are float32 in any case.
        average: hand the mean of each last feature map to the dense layer (global average
            pooling), not all of its places.

    Returns:
        A model from images [n, height, width(, channels)] with pixels in 0..255 of any dtype to
        float32 logits [n, classes].

    Raises:
        ValueError: too few classes, channels or filters, or an image that is pooled to nothing.
    """
    if min(classes, channels, kernel, *filters, len(filters)) < 1:
        raise ValueError("classes, channels, kernel and every entry of filters must be at least 1")
    side = min(image)
    for block in range(len(filters)):
        side = side - (kernel - 1 if padding == "valid" else 0)
        side = side // 2 if block < len(filters) - 1 else side
        if side < 1:
            raise ValueError(f"an image of {image} is too small for {len(filters)} blocks")
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
            padding=padding,
            use_bias=not norm,
            kernel_initializer=keras.initializers.GlorotUniform(seed + block),
            dtype=dtype,
        )
        for layer in [convolution, *(pool + rest if pool_first else rest + pool)]:
            x = layer(x)
    x = (layers.GlobalAveragePooling2D if average else layers.Flatten)(dtype=dtype)(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, dtype=dtype)(x)
    initial = keras.initializers.GlorotUniform(seed + len(filters))
    logits = layers.Dense(classes, kernel_initializer=initial, dtype="float32")(x)
    return keras.Model(inputs, logits)


def notes_cnn(dropout: float = 0.0, seed: int = 0) -> keras.Model:
    """Return the notes' network as a Keras model: two convolutions 5x5, 1024 units, ten logits.

    Weights are truncated normal numbers with standard deviation 0.1 and biases 0.1, as in the
    notes; its eight arrays are in the order weight, bias from the first layer to the last.

    Args:
        dropout: share of the 1024 units that is dropped in training, in [0, 1).
        seed: of the initial weights and of the dropout.

    Returns:
        A model from images [n, 28, 28(, 1)] with pixels in 0..255 to float32 logits [n, 10].
    """
    layers = keras.layers

    def start(layer: int) -> dict:
        normal = keras.initializers.TruncatedNormal(stddev=0.1, seed=seed + layer)
        return {"kernel_initializer": normal, "bias_initializer": keras.initializers.Constant(0.1)}

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 5, padding="same", **start(0)),
            layers.MaxPooling2D(),
            layers.ReLU(),  # behind the pooling: the same values from a quarter of the work
            layers.Conv2D(64, 5, padding="same", **start(1)),
            layers.MaxPooling2D(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(1024, activation="relu", **start(2)),
            *([layers.Dropout(dropout, seed=seed)] if dropout else []),
            layers.Dense(10, **start(3)),
        ]
    )
