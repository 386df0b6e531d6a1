"""What `training` refuses before it starts, in words that say what to do."""

import keras
import numpy as np
import tensorflow as tf


def inputs(model: keras.Model, x: np.ndarray) -> tf.Tensor:
    """Return inputs [n, ...] as a tensor if the model can take them.

    Raises:
        TypeError: they are not numbers, are floats where the model takes integers, or are divided
            by 255 already although the model does that.
        ValueError: the model has no weights yet, the shape does not fit, or there are no rows.
    """
    if not model.built:
        raise ValueError("the model has no weights yet: begin it with keras.Input(shape)")
    if not tf.is_tensor(x):
        x = np.asarray(x)
        if x.dtype.kind not in "buif":
            raise TypeError(f"x has dtype {x.dtype}; numbers such as uint8 pixels are needed")
    wanted, given = tuple(model.input_shape[1:]), tuple(x.shape[1:])
    grey = [wanted[:-1]] if wanted[-1:] == (1,) else []  # Keras adds the axis of one channel
    if not len(x.shape) or not any(_fits(given, shape) for shape in [wanted, *grey]):
        names = " or ".join(str(["n", *shape]).replace("'", "") for shape in [wanted, *grey])
        raise ValueError(f"x has shape {tuple(x.shape)}; the model takes {names}")
    if not len(x):
        raise ValueError("the data set is empty: x has no rows")
    x = tf.convert_to_tensor(x)
    takes = tf.as_dtype(model.inputs[0].dtype)
    if x.dtype.is_floating and takes.is_integer:
        raise TypeError(f"x is {x.dtype.name}, but the model takes {takes.name}: convert it first")
    if x.dtype.is_floating and _divides(model) and float(tf.reduce_max(x)) <= 1:
        raise TypeError(
            f"x is {x.dtype.name} with no value above 1, but the model divides by 255 itself: "
            "give it pixels in 0..255, such as uint8"
        )
    return x


def _fits(given: tuple, wanted: tuple) -> bool:
    """Tell whether a shape fits one in which None stands for any length."""
    return len(given) == len(wanted) and all(
        w in (None, g) for g, w in zip(given, wanted, strict=True)
    )


def _divides(model: keras.Model) -> bool:
    """Tell whether a model begins by scaling pixels down."""
    first = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)][:1]
    return any(isinstance(layer, keras.layers.Rescaling) and layer.scale < 0.1 for layer in first)


def labels(model: keras.Model, y: np.ndarray) -> np.ndarray:
    """Return labels as int32 if they index the last axis of the model's output.

    Raises:
        TypeError: they are not integers.
        ValueError: their shape is not that of the output without its last axis, or one is not in
            [0, classes).
    """
    *inner, classes = model.output_shape[1:]
    if y.dtype.kind not in "ui":
        raise TypeError(f"labels are integers below {classes}, not {y.dtype} (nor one-hot)")
    if y.shape[1:] != tuple(inner):
        wanted = str(["n", *inner]).replace("'", "")
        raise ValueError(f"the labels have shape {y.shape}; the model's logits want {wanted}")
    if y.size and not (y.min() >= 0 and y.max() < classes):
        raise ValueError(
            f"labels from {y.min()} to {y.max()}; the model has classes 0 to {classes - 1}"
        )
    return y.astype(np.int32)


def order(order: np.ndarray, count: int) -> np.ndarray:
    """Return an order as int32 [steps, batch] if its entries are indices in [0, count).

    Raises:
        ValueError: it is not an integer matrix with entries, or one is out of range.
    """
    order = np.asarray(order)
    if order.ndim != 2 or not order.size or order.dtype.kind not in "ui":
        raise ValueError(
            f"order is an int matrix [steps, batch], not {order.dtype} of shape {order.shape}"
        )
    if order.min() < 0 or order.max() >= count:
        raise ValueError(f"order names example {order.max()} (or one below 0) of {count}")
    return order.astype(np.int32)
