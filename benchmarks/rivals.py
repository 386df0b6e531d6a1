"""What the course is raced against: the usual Keras example, and the notes' loops in TensorFlow 1."""

from collections.abc import Iterator

from week02_basics.taught import taught
from week03_regression.digits import Digits

import keras
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


def keras_example(seed: int) -> keras.Model:
    """Return the usual Keras example for MNIST, compiled; images are float32 [n, 28, 28, 1].

    Two convolutions with 32 and 64 filters, dropout 0.5, softmax, Adam at its defaults. It is fit in
    batches of 128, with a tenth of the images kept for validation.

    Source: keras.io, "Simple MNIST convnet" (F. Chollet, 2015).
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


FIT = {"batch_size": 128, "validation_split": 0.1, "verbose": 0}  # what the example passes to `fit`


class Session:
    """A graph of TensorFlow 1 with its session: `train` feeds batches, `accuracy` tests.

    Attributes:
        x, y: placeholders of images float32 [n, 784] and one-hot labels float32 [n, 10].
    """

    def __init__(self, seed: int) -> None:
        """Open a session on an empty graph."""
        self.graph, self.rng = tf.Graph(), np.random.default_rng(seed)
        with self.graph.as_default():
            tf1.set_random_seed(seed)
            self.x = tf1.placeholder(tf.float32, [None, 784])
            self.y = tf1.placeholder(tf.float32, [None, 10])
            self.keep = tf1.placeholder_with_default(1.0, [])
        self.session = tf1.Session(graph=self.graph)

    def finish(self, optimizer: tf1.train.Optimizer, loss: tf.Tensor, answers: tf.Tensor) -> None:
        """Add what trains and what tests, and start the variables."""
        self.step = optimizer.minimize(loss)
        right = tf.equal(tf.argmax(answers, 1), tf.argmax(self.y, 1))
        self.right = tf.reduce_mean(tf.cast(right, tf.float32))
        self.session.run(tf1.global_variables_initializer())

    def train(self, images: np.ndarray, labels: np.ndarray, batch: int, keep: float) -> None:
        """Make one pass over images float32 [n, 784] and one-hot labels [n, 10], in a new order."""
        for chosen in batches(self.rng, len(images), batch):
            feed = {self.x: images[chosen], self.y: labels[chosen], self.keep: keep}
            self.session.run(self.step, feed)

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Return the share of images that are read rightly, computed in parts of 1,000."""
        parts = [slice(i, i + 1000) for i in range(0, len(images), 1000)]
        feeds = [{self.x: images[part], self.y: labels[part]} for part in parts]
        sizes = [len(images[part]) for part in parts]
        return float(
            np.average([self.session.run(self.right, feed) for feed in feeds], weights=sizes)
        )


def batches(rng: np.random.Generator, count: int, batch: int) -> Iterator[np.ndarray]:
    """Yield the indices of each batch of one pass, the remainder dropped."""
    order = rng.permutation(count)
    yield from np.split(order[: count // batch * batch], count // batch)


def notes_cnn(seed: int, twice: bool = True) -> Session:
    """Return the notes' convolutional network in a session, with Adam at rate 1e-4.

    Args:
        seed: of weights, dropout and order.
        twice: put a softmax before the cross-entropy that has one of its own, as the original
            course does.
    """
    s, sizes = (
        Session(seed),
        [[5, 5, 1, 32], [32], [5, 5, 32, 64], [64], [3136, 1024], [1024], [1024, 10], [10]],
    )
    with s.graph.as_default():
        weights = [
            tf.Variable(
                tf.constant(0.1, shape=size)
                if len(size) == 1
                else tf1.truncated_normal(size, stddev=0.1)
            )
            for size in sizes
        ]
        image = tf.reshape(s.x, [-1, 28, 28, 1])
        mask = tf.nn.dropout(tf.ones([tf.shape(s.x)[0], 1024]), rate=1 - s.keep)
        logits = taught("week06_cnn").notes_logits(image, weights, mask)
        scores = tf.nn.softmax(logits) if twice else logits
        cost = tf1.nn.softmax_cross_entropy_with_logits_v2(labels=s.y, logits=scores)
        s.finish(tf1.train.AdamOptimizer(1e-4), tf.reduce_mean(cost), scores)
    return s


def notes_softmax(seed: int) -> Session:
    """Return the notes' softmax regression in a session: quadratic cost, gradient descent at 0.2."""
    s = Session(seed)
    with s.graph.as_default():
        w, b = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([1, 10]))
        prediction = tf.nn.softmax(tf.matmul(s.x, w) + b)
        loss = tf.reduce_mean(tf.square(s.y - prediction))
        s.finish(tf1.train.GradientDescentOptimizer(0.2), loss, prediction)
    return s


def flat(images: np.ndarray) -> np.ndarray:
    """Return images, uint8 [n, 28, 28], as a TensorFlow 1 loop feeds them: float32 [n, 784]."""
    return images.reshape(-1, 784) / np.float32(255)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Return labels [n] as float32 [n, 10]."""
    return np.eye(10, dtype=np.float32)[labels]


def some(digits: Digits, train: int, test: int) -> Digits:
    """Return the first images of a data set."""
    x, y, x_test, y_test, source = digits
    return Digits(x[:train], y[:train], x_test[:test], y_test[:test], source)
