"""Three studies whose tables the lesson draws: `python -m week09_transfer.study [NAME ...]`.

| name     | asks                                                                     | takes on 2 cores |
|----------|--------------------------------------------------------------------------|------------------|
| `digits` | what a body from other digits is worth, against the number of examples   | 3 minutes        |
| `rates`  | what fine-tuning does to photos: batch norm, head and rate, one at a time | 8 minutes        |
| `photos` | what a body from ImageNet is worth, against the number of photos         | 4 minutes        |

Each writes a table beside this module, a row for each run. Rates are chosen on validation pictures,
`val`; `test` is read for what was chosen. The digits are MNIST's, the photos those of
`flowers.folder()`, the body is MobileNet.
"""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from week02_basics.start import setup
from week02_basics.taught import taught
from week03_regression.digits import load_digits
from week03_regression.study import write
from week04_optimizers import study as tables
from week06_cnn.models import small_cnn
from week06_cnn.training import accuracy, batches, logits, one_cycle, train
from week09_transfer import bodies, classifier, flowers

import keras
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent
WEEK = "week09_transfer"
Row = dict[str, object]
column = tables.column

DIGIT_RATES = (0.003, 0.01)
HEAD_RATES = (0.003, 0.01, 0.03)
PHOTO_RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
PARTS = {"train": 48, "val": 12, "test": 20}  # photos of each class
SIDE, STEPS, BATCH = 96, 30, 32
LOW = 3e-4  # the rate of fine-tuning in `photos`
WAYS = (
    "fine-tuned",
    "frozen",
    "frozen, 224 pixels",
    "random body, frozen",
    "from scratch",
    "frozen, augmented",
    "fine-tuned, augmented",
)
MODES = "training", "inference"  # of the batch norms: free, or frozen
CUT = "conv_pw_5_relu"  # the partly frozen body learns behind this layer


def load(name: str) -> list[Row]:
    """Return the rows of a stored table; numbers as numbers, an empty field as None."""
    return tables.load(name, FOLDER)


def chosen(rows: list[Row], **fields: object) -> float:
    """Return the rate with the best mean validation accuracy of the rows with these fields."""
    return tables.best(rows, "rate", "val", **fields)


def at_best(rows: list[Row], name: str, **fields: object) -> np.ndarray:
    """Return one column, by seed, at the rate that validation chose."""
    return column(rows, name, rate=chosen(rows, **fields), **fields)


def divided(labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return indices to train, validate and test with, `PARTS` of each class, drawn with the seed."""
    rng, parts = np.random.default_rng([9, seed]), {name: [] for name in PARTS}
    for label in np.unique(labels):
        mine = rng.permutation(np.nonzero(labels == label)[0])
        for name, part in zip(PARTS, np.split(mine, np.cumsum([*PARTS.values()])), strict=False):
            parts[name].append(part)
    return {name: np.stack(part, axis=1).ravel() for name, part in parts.items()}  # 0 1 2 3 4 0 1 …


def ordered(count: int, steps: int, seed: int) -> np.ndarray:
    """Return int32 [steps, BATCH]: permutations of 0 .. count - 1, one behind the other."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(count) for _ in range(1 + steps * BATCH // count)]
    return np.concatenate(rows)[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)


# --- digits -----------------------------------------------------------------------------------


def digits() -> Iterator[Row]:
    """Five ways from the digits 0-4 to 5-9, at several rates and numbers of examples."""
    data, lesson = load_digits(), taught(WEEK)
    if data.source != "mnist":
        raise SystemExit("this study is about MNIST, which cannot be had here")
    low = data.y_train < 5
    x, y = data.x_train[~low][..., None], (data.y_train[~low] - 5).astype(np.int32)
    past = data.y_test >= 5
    parts = {
        "val": (x[-1000:], y[-1000:]),
        "test": (data.x_test[past][::2, ..., None], (data.y_test[past][::2] - 5).astype(np.int32)),
    }
    x, y = x[:-1000], y[:-1000]
    pretrained = small_cnn(5)
    train(pretrained, data.x_train[low], data.y_train[low].astype(np.int32), peak=0.01)
    model = small_cnn(5)
    layers = len([layer for layer in model.layers if layer.weights])
    body = keras.Model(model.inputs, model.layers[-2].output)
    head = classifier.new_head(body.output_shape[1], 5)
    learn = {
        "scratch": lesson.by_layer(model, np.ones(layers)),
        "equal": lesson.by_layer(model, np.ones(layers)),
        "graded": lesson.by_layer(model, np.geomspace(0.01, 1, layers)),
    }
    for seed in range(3):
        fresh = small_cnn(5, seed=seed).get_weights()
        known = pretrained.get_weights()[:-2] + fresh[-2:]
        starts = {
            "scratch": fresh,
            "equal": known,
            "graded": known,
            "frozen": known,
            "random": fresh,
        }
        for way, count in product(starts, (10, 200)):
            rows = lesson.few(y, count, seed)
            heads = way in ("frozen", "random")
            model.set_weights(starts[way])
            if heads:
                features = logits(body, x[rows])
                looks = {name: logits(body, images) for name, (images, _) in parts.items()}
            for rate in HEAD_RATES if heads else DIGIT_RATES:
                order, rates = lesson.plan(len(rows), seed, peak=rate)
                if heads:
                    head.set_weights(fresh[-2:])
                    train(head, features, y[rows], order=order, rates=rates)
                    scores = {n: accuracy(head, looks[n], truth) for n, (_, truth) in parts.items()}
                else:
                    model.set_weights(starts[way])
                    learn[way](x[rows], y[rows], order, rates)
                    scores = {n: accuracy(model, *part) for n, part in parts.items()}
                yield {"way": way, "count": count, "rate": rate, "seed": seed} | scores


# --- photos -----------------------------------------------------------------------------------


class Tuner:
    """MobileNet with a head for five classes, its batch norms free or frozen."""

    def __init__(self) -> None:
        """Build the model, and trace its pass in training mode twice: as it is, and with momentum 0."""
        self.body, self.head = bodies.mobilenet(SIDE), keras.layers.Dense(5)
        self.model = keras.Model(self.body.inputs, self.head(self.body.output))
        self.start = self.body.get_weights()
        self.norms = bodies.norms(self.body)
        self.fitted = tf.function(lambda x: self.model(x, training=True))
        self.fitted(tf.zeros([BATCH, SIDE, SIDE, 3], tf.uint8))
        before = self.norms[0].momentum
        for norm in self.norms:
            norm.momentum = 0.0
        self.refresh = tf.function(lambda x: self.model(x, training=True))
        self.refresh(tf.zeros([160, SIDE, SIDE, 3], tf.uint8))  # traced while the momentum is 0
        for norm in self.norms:
            norm.momentum = before

    def run(self, mode: str, head: list, rate: float, seed: int, x, y) -> keras.Model:
        """Fine-tune from the start, in inference mode with the batch norms frozen; return the model."""
        for norm in self.norms:
            norm.trainable = mode == "training"
        self.body.set_weights(self.start)
        self.head.set_weights(head)
        order = batches(len(x), BATCH, STEPS * BATCH // len(x), seed)
        train(self.model, x, y, order=order, rates=np.full(len(order), rate))
        return self.model

    def in_training_mode(self, x, y) -> float:
        """Return the accuracy with each batch's own statistics, as `fit` shows it; nothing moves."""
        weights = self.body.get_weights()
        right = [
            np.mean(np.argmax(self.fitted(tf.constant(x[i : i + BATCH])), 1) == y[i : i + BATCH])
            for i in range(0, len(x), BATCH)
        ]
        self.body.set_weights(weights)
        return float(np.mean(right))


def _photos() -> tuple[np.ndarray, np.ndarray]:
    found = flowers.load_flowers(SIDE)
    if found.source != "photos":
        raise SystemExit(f"this study is about photos; put them into {flowers.folder()}")
    return found.photos.pixels, found.photos.labels


def rates() -> Iterator[Row]:
    """Fine-tune at several rates, with batch norm in either mode, with a new and a trained head."""
    pixels, labels = _photos()
    tuner = Tuner()
    features = logits(bodies.mobilenet(SIDE), pixels, 80)
    for seed in range(3):
        parts = divided(labels, seed)
        parts["train"] = parts["train"][: 5 * 32]
        x, y = pixels[parts["train"]], labels[parts["train"]]
        trained = classifier.fit_head(features[parts["train"]], y, 5, steps=200, seed=seed)
        heads = {
            "new": classifier.new_head(features.shape[1], 5, seed).get_weights(),
            "trained": trained.get_weights(),
        }
        scores = {n: accuracy(trained, features[p], labels[p]) for n, p in parts.items()}
        base = {"mode": "frozen", "head": "trained", "rate": 0.01, "seed": seed, "fitted": ""}
        yield base | scores | {"train_again": "", "test_again": ""}
        for mode, head, rate in product(MODES, heads, PHOTO_RATES):
            model = tuner.run(mode, heads[head], rate, seed, x, y)
            scores = {n: accuracy(model, pixels[p], labels[p], 80) for n, p in parts.items()}
            again = {"fitted": "", "train_again": "", "test_again": ""}
            if mode == "training":
                again["fitted"] = tuner.in_training_mode(x, y)
                tuner.refresh(tf.constant(x))
                for name in ("train", "test"):
                    part = parts[name]
                    again[f"{name}_again"] = accuracy(model, pixels[part], labels[part], 80)
            yield {"mode": mode, "head": head, "rate": rate, "seed": seed, **scores, **again}
        yield from _partly(pixels, labels, parts, heads["trained"], seed)


class Back:
    """MobileNet cut behind `CUT`: the front is computed once, the back learns, its batch norms frozen."""

    def __init__(self) -> None:
        """Cut the body, freeze the batch norms behind the cut, and put a head there."""
        body = bodies.mobilenet(SIDE)
        cut = body.get_layer(CUT).output
        self.front = keras.Model(body.inputs, cut)
        back = keras.Model(cut, body.output)
        self.body = keras.models.clone_model(back)
        self.start = back.get_weights()
        self.body.set_weights(self.start)
        for norm in bodies.norms(self.body):
            norm.trainable = False
        inputs, self.head = keras.Input(cut.shape[1:]), keras.layers.Dense(5)
        self.model = keras.Model(inputs, self.head(self.body(inputs)))

    def run(self, head: list, rate: float, seed: int, x, y) -> keras.Model:
        """Fine-tune from the start on what the front made of pictures, and return the model."""
        self.body.set_weights(self.start)
        self.head.set_weights(head)
        order = ordered(len(x), STEPS, seed)
        train(self.model, x, y, order=order, rates=np.full(len(order), rate))
        return self.model


def _partly(pixels, labels, parts, head: list, seed: int) -> Iterator[Row]:
    """Fine-tune the back alone, at several rates."""
    back = Back()
    front = logits(back.front, pixels, 80)
    for rate in PHOTO_RATES:
        model = back.run(head, rate, seed, front[parts["train"]], labels[parts["train"]])
        scores = {n: accuracy(model, front[p], labels[p], 80) for n, p in parts.items()}
        again = {"fitted": "", "train_again": "", "test_again": ""}
        yield {"mode": "partly", "head": "trained", "rate": rate, "seed": seed, **scores, **again}


def photos() -> Iterator[Row]:
    """Ways to five kinds of flowers, against the number of photos of each."""
    pixels, labels = _photos()
    lesson, back = taught(WEEK), Back()
    fronts = logits(back.front, pixels, 80)
    sets = {
        "frozen": logits(back.body, fronts, 80),
        "frozen, 224 pixels": logits(
            bodies.mobilenet(224), flowers.load_flowers(224).photos.pixels, 80
        ),
        "random body, frozen": logits(_random_body(pixels), pixels, 80),
    }
    head, trained = classifier.new_head(256, 5), []

    def fit_head(features, y, seed: int) -> None:
        head.set_weights(classifier.new_head(256, 5, seed).get_weights())
        train(head, features, y, order=ordered(len(y), 200, seed), rates=one_cycle(0.01, 200))

    half = pixels[:, ::2, ::2]  # from scratch at 48 pixels, to save time
    small = small_cnn(5, half.shape[1:3], 3)
    for seed in range(3):
        parts = divided(labels, seed)
        copies = [lesson.augmented(pixels[parts["train"]], 3 * seed + k) for k in range(3)]
        copies = [logits(back.front, copy, 80) for copy in copies]
        back.body.set_weights(back.start)
        more = [logits(back.body, copy, 80) for copy in copies]
        for count in (5, 10, 32, 48):
            rows = parts["train"][: 5 * count]
            y = labels[rows]

            def scored(way: str, rate: float, model, inputs, parts=parts, count=count, seed=seed):
                scores = {
                    n: accuracy(model, inputs[parts[n]], labels[parts[n]], 80)
                    for n in ("val", "test")
                }
                return {"way": way, "count": count, "rate": rate, "seed": seed} | scores

            for way, features in sets.items():
                fit_head(features[rows], y, seed)
                yield scored(way, 0.01, head, features)
                trained = head.get_weights() if way == "frozen" else trained
            many = np.concatenate([sets["frozen"][rows], *(part[: len(rows)] for part in more)])
            fit_head(many, np.tile(y, 4), seed)
            yield scored("frozen, augmented", 0.01, head, sets["frozen"])
            model = back.run(trained, LOW, seed, fronts[rows], y)
            yield scored("fine-tuned", LOW, model, fronts)
            seen = np.concatenate([fronts[rows], *(copy[: len(rows)] for copy in copies)])
            model = back.run(trained, LOW, seed, seen, np.tile(y, 4))
            yield scored("fine-tuned, augmented", LOW, model, fronts)
            small.set_weights(small_cnn(5, half.shape[1:3], 3, seed=seed).get_weights())
            train(
                small, half[rows], y, order=ordered(len(rows), 60, seed), rates=one_cycle(0.003, 60)
            )
            yield scored("from scratch", 0.003, small, half)


def _random_body(pixels) -> keras.Model:
    """Return MobileNet without its weights, its statistics those of some of the photos."""
    keras.utils.set_random_seed(9)
    network = keras.applications.MobileNet(
        weights=None, alpha=0.25, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3)
    )
    for norm in bodies.norms(network):
        norm.momentum = 0.0
    inputs = keras.Input((SIDE, SIDE, 3))
    body = keras.Model(inputs, network(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)))
    body(tf.constant(pixels[::4]), training=True)
    return body


STUDIES = {"digits": digits, "rates": rates, "photos": photos}


def main(names: list[str]) -> None:
    """Make the named tables, or all."""
    setup(seed=9)
    for name in names or STUDIES:
        write(FOLDER / f"{name}.csv", map(tables.rounded, STUDIES[name]()))


if __name__ == "__main__":
    main(sys.argv[1:])
