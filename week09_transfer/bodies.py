"""Bodies: pretrained networks from pixels to features, and features computed once and kept."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from week02_basics.measure import situation
from week06_cnn.training import logits
from week08_inception import recogniser, saving

import keras
import numpy as np

WEIGHTS = "mobilenet_2_5_224_tf_no_top.h5"

T = TypeVar("T")


class Body(NamedTuple):
    """A network from pixels 0..255, [n, side, side, 3], to features [n, d]."""

    source: str  # "mobilenet" or "own"
    network: keras.Model

    def pick(self, *, mobilenet: T, own: T) -> T:
        """Return the one that belongs to this body."""
        return {"mobilenet": mobilenet, "own": own}[self.source]


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


def choose(own: Callable[[int], keras.Model], side: int) -> Body:
    """Return MobileNet's body, or where its weights cannot be had `own(side)`; say which."""
    try:
        body, why = Body("mobilenet", mobilenet(side)), "ImageNet's MobileNet, alpha 0.25"
    except Exception as err:  # whatever disk or network are up to, the lesson goes on
        reason = " ".join(str(err).split())[:120] or type(err).__name__
        body, why = Body("own", own(side)), f"our digits network (no MobileNet: {reason})"
    situation(f"body: {why}", holds=tuple(body.network.input_shape) == (None, side, side, 3))
    return body


def from_digits(digits: keras.Model, side: int) -> keras.Model:
    """Return a body for colour pictures made of a network for grey digits, 28 x 28.

    Args:
        digits: a network whose last layer is its head, such as `week06_cnn.models.small_cnn`.
        side: pixels of the colour pictures.
    """
    features = keras.Model(digits.inputs, digits.layers[-2].output)
    inputs = keras.Input((side, side, 3))
    grey = keras.ops.image.rgb_to_grayscale(inputs)
    small = keras.layers.Resizing(28, 28, antialias=True)(grey)
    return keras.Model(inputs, features(small))


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
