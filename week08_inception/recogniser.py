"""Three recognisers behind one interface: the contents of a JPEG in, probabilities and names out.

Each is a frozen graph with the tensors `DecodeJpeg/contents:0` and `softmax:0`. Which one a lesson
gets depends on what there is: Google's Inception-v3, else MobileNet, else digits of our own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from week08_inception import archive, download, labels
from week08_inception.frozen import GraphDef, as_function, read_graph

import keras
import numpy as np
import tensorflow as tf

MODELS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/"
WEIGHTS = "mobilenet_2_5_224_tf.h5"
CLASSES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
SIDE = 224
HDF5 = b"\x89HDF\r\n\x1a\n"  # how such a file begins

T = TypeVar("T")
Freeze = Callable[..., GraphDef]


class Recogniser(NamedTuple):
    """A frozen graph with names for its outputs."""

    source: str  # "inception", "mobilenet" or "digits"
    title: str
    graph: GraphDef
    names: dict[int, str]  # words for the nodes of the softmax
    uids: dict[int, str]  # their WordNet ids, where they have one
    run: Callable[[tf.Tensor], tf.Tensor]  # JPEG contents, a string, to float32 [1, nodes]
    why: str = ""  # what had to be passed over

    def pick(self, *, inception: T, mobilenet: T, digits: T) -> T:
        """Return the one that belongs to this recogniser."""
        return {"inception": inception, "mobilenet": mobilenet, "digits": digits}[self.source]

    def probabilities(self, jpeg: bytes) -> np.ndarray:
        """Return the softmax, float32 [nodes], for the contents of a JPEG."""
        return np.squeeze(np.asarray(self.run(tf.constant(jpeg))))

    def top(self, jpeg: bytes, count: int = 5) -> list[tuple[str, float]]:
        """Return the likeliest names and their probabilities, most likely first."""
        p = self.probabilities(jpeg)
        nodes = np.argsort(-p)[:count]
        return [(self.names.get(int(node), f"node {node}"), float(p[node])) for node in nodes]


def choose(freeze: Freeze, own: keras.Model) -> Recogniser:
    """Return the best recogniser that can be had here; `why` says what had to be passed over.

    Args:
        freeze: taught in the notebook: (network, side, channels, centre, scale) to a GraphDef.
        own: a network from 28 x 28 grey pixels to ten logits, for when there is nothing else.
    """
    passed = []
    for name, build in [
        ("Inception-v3", inception),
        ("MobileNet", lambda: mobilenet(freeze)),
    ]:
        try:
            return build()._replace(why="; ".join(passed))
        except Exception as err:  # whatever disk or network are up to, the lesson goes on
            reason = " ".join(str(err).split())[:160] or type(err).__name__
            passed.append(f"no {name}: {reason}")
    return digits(freeze, own)._replace(why="; ".join(passed))


def inception(where: Path | None = None, facts: archive.Archive | None = None) -> Recogniser:
    """Return Google's Inception-v3 of 2015 from its unpacked archive.

    Raises:
        FileNotFoundError: it has not been installed (see `archive.install`), or a file of it is
            another one.
        ValueError: a label file is malformed, or names a node that the graph does not have.
    """
    where = where or archive.folder()
    if wrong := archive.missing(facts or archive.facts(), where):
        raise FileNotFoundError(wrong)
    graph, names = read_graph(where / archive.GRAPH), labels.lookup(where)
    run = as_function(graph)
    count = run.structured_outputs.shape[-1] if hasattr(run, "structured_outputs") else None
    if count is not None and max(names) >= count:
        raise ValueError(f"{labels.NODES}: node {max(names)}, but the graph has {count} outputs")
    uids = labels.read_nodes(where / labels.NODES)
    return Recogniser("inception", "Inception-v3 of 2015", graph, names, uids, run)


def mobilenet(freeze: Freeze) -> Recogniser:
    """Return ImageNet's MobileNet (alpha 0.25), frozen, from Keras' cache or downloaded into it.

    Raises:
        ConnectionError, TimeoutError: it is not in the cache and cannot be downloaded (2 MB).
        ValueError: a file in the cache is damaged; the message says which.
    """
    network = weighted(WEIGHTS, input_shape=(SIDE, SIDE, 3), classifier_activation=None)
    classes = labels.read_keras(cached(CLASSES, b"{"))
    uids = {node: uid for node, (uid, _) in enumerate(classes)}
    names = {node: words for node, (_, words) in enumerate(classes)}
    graph = freeze(network, SIDE, 3, 127.5, 1 / 127.5)
    title = "MobileNet (alpha 0.25)"
    return Recogniser("mobilenet", title, graph, names, uids, as_function(graph))


def cached(url: str, begins: bytes) -> Path:
    """Return a file of Keras' model cache, downloaded into it if it is not there.

    Keras would look elsewhere, and download again, if it may not write into its cache.

    Raises:
        Refused, ConnectionError, TimeoutError, OSError: as `download.fetch`.
    """
    file = archive.folder().parent / url.rsplit("/", 1)[-1]
    if not file.is_file():
        download.fetch(url, file, begins=begins)
    return file


def weighted(name: str, **how) -> keras.Model:
    """Return MobileNet (alpha 0.25) with the weights in a file of Keras' cache.

    Args:
        name: of the file; it is downloaded if it is not there.
        how: arguments of `keras.applications.MobileNet`.

    Raises:
        Refused, ConnectionError, TimeoutError, OSError: as `cached`.
        ValueError: the file is damaged; the message says which.
    """
    file = cached(MODELS + name, HDF5)
    network = keras.applications.MobileNet(weights=None, alpha=0.25, **how)
    try:
        network.load_weights(file)
    except (OSError, KeyError, ValueError, RuntimeError) as err:
        kind = type(err).__name__
        raise ValueError(f"{name} in Keras' cache is damaged ({kind}): delete it") from None
    return network


def digits(freeze: Freeze, own: keras.Model) -> Recogniser:
    """Return a digits recogniser of our own, frozen: white digits on black, 28 x 28 pixels."""
    graph = freeze(own, 28, 1, 0.0, 1.0)
    names = {node: f"digit {node}" for node in range(10)}
    return Recogniser("digits", "our digits network", graph, names, {}, as_function(graph))
