"""Bodies: pretrained networks from pixels to features, and features computed once and kept."""

import contextlib
import hashlib
import io
import socket
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from week06_cnn.training import logits
from week08_inception import recogniser, saving

import keras
import numpy as np

WEIGHTS = "mobilenet_2_5_224_tf_no_top.h5"
PATIENCE = 10.0  # seconds for an answer of the network


def norms(network: keras.Model) -> list[keras.layers.Layer]:
    """Return a network's batch norms, those of models inside it included."""
    found = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
        elif isinstance(layer, keras.Model):
            found += norms(layer)
    return found


def mobilenet(side: int = 224) -> keras.Model:
    """Return ImageNet's MobileNet (alpha 0.25) without its head, pixels 0..255 to 256 features.

    Its weights, 1 MB, come from Keras' cache or are downloaded into it. They fit any picture size;
    Keras itself offers those for 224 pixels only.

    Raises:
        ConnectionError, TimeoutError: they are not in the cache and cannot be downloaded.
        ValueError: the file in the cache is damaged; the message says which.
    """
    inputs = keras.Input((side, side, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    return recogniser.weighted(WEIGHTS, include_top=False, pooling="avg", input_tensor=scaled)


def choose(
    load: Callable[[int], keras.Model], digits: keras.Model, side: int
) -> tuple[keras.Model, str]:
    """Return a body from scaled pixels, -1..1, to features, and where it comes from; say which.

    Args:
        load: returns the body for pictures of this side. It gets `PATIENCE` seconds for each answer of
            the network; what Keras prints and its warning about other sizes than its own are muted.
        digits: a network for grey digits, 28 x 28, whose last layer is its head: what is taken in its
            place if it cannot be had.
        side: pixels of the pictures.

    Returns:
        The body, and "mobilenet" or "own".
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # and Keras prints how a download goes on
            body, source, why = load(side), "mobilenet", "ImageNet's MobileNet, alpha 0.25"
    except Exception as err:  # whatever disk or network are up to, the lesson goes on
        reason = " ".join(str(err).split())[:120] or type(err).__name__
        body, source = from_digits(digits, side), "own"
        why = f"our digits network (no MobileNet: {reason})"
    finally:
        socket.setdefaulttimeout(before)
    print(f"\u224b body: {why}")
    return body, source


def from_digits(digits: keras.Model, side: int) -> keras.Model:
    """Return a body for colour pictures, scaled to -1..1, made of a network for grey digits, 28 x 28.

    Its layers are copies, in one row, so that they can be frozen one by one.

    Args:
        digits: a network whose last layer is its head, such as `week06_cnn.models.small_cnn`.
        side: pixels of the colour pictures.
    """
    features = keras.models.clone_model(keras.Model(digits.inputs, digits.layers[-2].output))
    features.set_weights(digits.get_weights()[:-2])
    inputs = keras.Input((side, side, 3))
    x = keras.layers.Rescaling(127.5, offset=127.5)(inputs)
    x = keras.ops.image.rgb_to_grayscale(x)
    x = keras.layers.Resizing(28, 28, antialias=True)(x)
    for layer in features.layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x)


def kept(network: keras.Model, pixels: np.ndarray, folder: str | Path) -> np.ndarray:
    """Return a network's outputs for pixels, from a file if they were computed before.

    The file's name is a digest of the weights and the pixels, so that others of either never meet
    an old file. A file that cannot be read is computed anew.

    Args:
        network: a built model from pixels.
        pixels: uint8 [n, side, side, 3].
        folder: where the files are kept; it is made if necessary.

    Returns:
        float32 [n, d].
    """
    digest = hashlib.sha256(repr([type(layer).__name__ for layer in network.layers]).encode())
    for array in (pixels, *network.get_weights()):
        digest.update(f"{array.shape} {array.dtype}".encode() + np.ascontiguousarray(array).data)
    Path(folder).mkdir(parents=True, exist_ok=True)
    file = Path(folder, f"features-{digest.hexdigest()[:24]}.npy")
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        found = logits(network, pixels, batch=64)
        saving.atomically(lambda path: np.save(path, found, allow_pickle=False), file)
        return found
