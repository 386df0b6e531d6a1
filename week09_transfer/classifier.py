"""A classifier in one file: pixels in, probabilities and the class's name out."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from week06_cnn.training import batches, cross_entropy, logits, one_cycle, train
from week08_inception.saving import atomically, load_model
from week09_transfer.bodies import norms
from week09_transfer.photos import endings, square

import keras
import numpy as np
import tensorflow as tf

BATCH = 32


class Said(NamedTuple):
    """What a classifier said to a file; `reason` says why it could not be asked."""

    file: Path
    name: str
    probability: float
    reason: str = ""


def new_head(width: int, classes: int, seed: int = 0) -> keras.Model:
    """Return an untrained linear head from features [n, width] to logits [n, classes]."""
    initial = keras.initializers.GlorotUniform(seed)
    return keras.Sequential(
        [keras.Input([width]), keras.layers.Dense(classes, kernel_initializer=initial)]
    )


def fit_head(
    features: np.ndarray, labels: np.ndarray, classes: int, steps: int = 300, seed: int = 0
) -> keras.Model:
    """Train a linear head on features.

    Args:
        features: float32 [n, width].
        labels: int32 [n] in [0, classes).
        classes, steps, seed: how many classes, how many steps, where the weights start.
    """
    head = new_head(features.shape[1], classes, seed)
    batch = min(BATCH, len(features))
    order = batches(len(features), batch, int(np.ceil(steps / (len(features) // batch))), seed)[
        :steps
    ]
    train(head, features, labels, order=order, rates=one_cycle(0.01, steps))
    return head


def fine_tune(
    network: keras.Model,
    head: keras.Model,
    pixels: np.ndarray,
    labels: np.ndarray,
    rate: float = 3e-4,
    epochs: int = 8,
    seed: int = 0,
) -> tuple[keras.Model, int]:
    """Train a body further, below a head that was trained first, and keep what was best.

    Its batch norms are frozen, and so work in inference mode. Every sixth picture of each class is
    held out; the weights of the epoch with the lowest loss on them are kept, and those of the start
    are among them.

    Args:
        network: from pixels to features; its weights change in place.
        head: from features to logits, as `fit_head` returns it; its weights change, too.
        pixels, labels: uint8 [n, side, side, 3], int32 [n].
        rate: of Adam, constant.
        epochs: how often all pictures are seen.
        seed: of their order.

    Returns:
        The model from pixels to logits, and the epoch whose weights it has (0: those of the start).
    """
    model = with_head(network, head)
    for norm in norms(network):
        norm.trainable = False
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held[np.nonzero(labels == label)[0][5::6]] = True
    x, y = pixels[~held], labels[~held]
    batch = min(BATCH, len(x))
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)

    def loss() -> float:
        look = held if held.any() else ~held
        return float(cross_entropy(labels[look], logits(model, pixels[look], batch=64)))

    best, kept, lowest = 0, model.get_weights(), loss()
    for epoch in range(1, epochs + 1):
        order = batches(len(x), batch, 1, seed + epoch)
        rates = np.full(len(order), rate)
        train(model, x, y, optimizer=optimizer, order=order, rates=rates)
        if (found := loss()) < lowest:
            best, kept, lowest = epoch, model.get_weights(), found
    model.set_weights(kept)
    return model, best


def with_head(network: keras.Model, head: keras.Model) -> keras.Model:
    """Return one network from pixels to logits; layers and weights are shared."""
    return keras.Model(network.inputs, head.layers[-1](network.output))


def named(model: keras.Model, classes: Sequence[str]) -> keras.Model:
    """Return a model from pixels to `{"probability": [n, classes], "name": [n]}`.

    The names of the classes are part of it, so that the saved file needs no other beside it.

    Args:
        model: from pixels to logits [n, classes].
        classes: a name for each.
    """
    probability = keras.layers.Softmax(name="probability")(model.output)
    lookup = keras.layers.StringLookup(
        vocabulary=list(classes), num_oov_indices=0, invert=True, name="name"
    )
    name = lookup(keras.ops.argmax(probability, axis=-1))
    return keras.Model(model.inputs, {"probability": probability, "name": name})


def save(classifier: keras.Model, file: str | Path) -> None:
    """Save a classifier of `named` as one `.keras` file, which appears whole or not at all.

    Raises:
        ValueError: the file's name does not end with `.keras`.
        FileNotFoundError: its folder is not there.
    """
    file = Path(file)
    if file.suffix != ".keras":
        raise ValueError(f"{file.name}: the file's name must end with .keras")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{file.name}: there is no folder {file.parent.name!r} to save in")
    atomically(classifier.save, file)


def load(file: str | Path) -> keras.Model:
    """Load what `save` saved.

    Raises:
        FileNotFoundError, ValueError: as `week08_inception.saving.load_model`, or the file holds
            some other model.
    """
    model = load_model(file)
    if not isinstance(model.output, dict) or set(model.output) != {"probability", "name"}:
        raise ValueError(f"{Path(file).name} is no classifier that this course saved")
    return model


def names(classifier: keras.Model) -> list[str]:
    """Return the names of a classifier's classes, in the order of its probabilities."""
    return [str(name) for name in classifier.get_layer("name").get_vocabulary()]


def probabilities(classifier: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """Return float32 [n, classes] for pixels, uint8 [n, side, side, 3]."""
    return logits(
        keras.Model(classifier.inputs, classifier.output["probability"]), pixels, batch=64
    )


def classify(classifier: keras.Model, folder: str | Path) -> Iterator[Said]:
    """Name every picture below a folder, or one file; one that cannot be read gets a reason.

    Raises:
        FileNotFoundError: there is no such folder or file, or no picture in it.
    """
    folder = Path(folder)
    files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    files = [file for file in files if file.suffix.lower() in endings() and file.is_file()]
    if not files:
        raise FileNotFoundError(f"no picture in {folder.name!r}")
    side = classifier.input_shape[1]
    run: Callable = tf.function(lambda pixels: classifier(pixels, training=False))
    for file in files:
        try:
            said = run(tf.constant(square(file, side)[None]))
        except (OSError, ValueError) as err:
            yield Said(file, "", 0.0, str(err))
            continue
        yield Said(file, said["name"].numpy()[0].decode(), float(said["probability"].numpy().max()))
