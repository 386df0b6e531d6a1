"""An archive in the shape of Google's, with random weights: `python -m week08_inception.standin DIR`.

The genuine archive cannot be had on every machine, and tests should not need it. This one has the
same member names, the same node names from `DecodeJpeg/contents` to `softmax`, 1,008 outputs, a
normalisation of 2015 and the age that permits it. What it recognises is noise.
"""

import hashlib
import json
import sys
from pathlib import Path

from week02_basics.taught import taught
from week08_inception import archive, labels, naughty
from week08_inception.frozen import OLD_NORM, GraphDef

import keras
import numpy as np
import tensorflow as tf

NODES = 1008
FEATURES = 2048


def graph(side: int = 299, network: keras.Model | None = None, seed: int = 8) -> GraphDef:
    """Return a frozen graph with the archive's names, and random weights.

    Args:
        side: pixels that pictures are resized to.
        network: float32 [1, side, side, 3] to features [1, n]; by default Keras' InceptionV3.
        seed: of the random weights.
    """
    keras.utils.set_random_seed(seed)
    if network is None:
        network = keras.applications.InceptionV3(
            weights=None, include_top=False, pooling="avg", input_shape=(side, side, 3)
        )
    body = taught("week08_inception").constants(network, side, 3)
    width = network.output_shape[-1]
    rng = np.random.default_rng(seed)
    with tf.Graph().as_default() as full:
        contents = tf.constant(b"", name="DecodeJpeg/contents")
        pixels = tf.image.decode_jpeg(contents, 3, name="DecodeJpeg")
        batch = tf.expand_dims(tf.cast(pixels, tf.float32, name="Cast"), 0, name="ExpandDims")
        sized = tf.compat.v1.image.resize_bilinear(batch, [side, side], name="ResizeBilinear")
        scaled = tf.multiply(tf.subtract(sized, 128.0, name="Sub"), 1 / 128, name="Mul")
        for name, value in zip(("mean", "variance", "beta", "gamma"), (0, 1, 0, 1), strict=True):
            tf.constant(value, tf.float32, [3], name=f"conv/batchnorm/{name}")
        norm = tf.identity(scaled, name="conv/batchnorm")
        (features,) = tf.import_graph_def(
            body.graph.as_graph_def(),
            {body.inputs[0].name: norm},
            [body.outputs[0].name],
            name="mixed",
        )
        pool = tf.reshape(features, [1, 1, 1, width], name="pool_3")
        flat = tf.reshape(pool, [1, width], name="pool_3/_reshape")
        weights = rng.normal(0, 1, [width, NODES]).astype(np.float32)
        product = tf.matmul(
            flat, tf.constant(weights, name="softmax/weights"), name="softmax/logits/MatMul"
        )
        biases = tf.constant(np.zeros(NODES, np.float32), name="softmax/biases")
        tf.nn.softmax(tf.add(product, biases, name="softmax/logits"), name="softmax")
    definition = full.as_graph_def()
    (old,) = [node for node in definition.node if node.name == "conv/batchnorm"]
    old.op = OLD_NORM  # today's graphs take none, so it comes in afterwards
    old.input.extend(f"conv/batchnorm/{n}" for n in ("mean", "variance", "beta", "gamma"))
    old.attr["variance_epsilon"].f = 0.001
    old.attr["scale_after_normalization"].b = False
    definition.versions.producer = 8  # as old as the archive: from 9 on the old operation is gone
    return definition


def label_files(folder: Path | None = None) -> dict[str, bytes]:
    """Return the two label files by name: genuine ones from a folder, or made-up ones."""
    if folder is not None:
        return {name: Path(folder, name).read_bytes() for name in (labels.NODES, labels.WORDS)}
    uids = [f"n{10_000_000 + node:08}" for node in range(1, 1001)]
    entries = [
        f'entry {{\n  target_class: {node}\n  target_class_string: "{uid}"\n}}\n'
        for node, uid in enumerate(uids, 1)
    ]
    words = [f"{uid}\tthing number {node}\n" for node, uid in enumerate(uids, 1)]
    nodes = "# -*- protobuffer -*-\n" + "".join(entries)
    return {labels.NODES: nodes.encode(), labels.WORDS: "".join(words).encode()}


def members() -> dict[str, bytes]:
    """Return small files with the names of the archive's members."""
    return label_files() | {archive.GRAPH: b"a graph"}


def facts_of(content: bytes) -> archive.Archive:
    """Return what identifies an archive of `members`, whatever else is in it."""
    return archive.INCEPTION._replace(
        size=len(content),
        blob=git_id(content),
        graph_blob=git_id(members()[archive.GRAPH]),
        unpacked=10_000_000,
    )


def pack(definition: GraphDef, folder: Path | None = None) -> tuple[bytes, archive.Archive]:
    """Return the archive's bytes and its facts; see `label_files` for the folder."""
    graph_bytes = definition.SerializeToString(deterministic=True)
    content = naughty.pack({archive.GRAPH: graph_bytes, **label_files(folder)})
    return content, archive.Archive(
        url=f"https://127.0.0.1/{archive.INCEPTION.name}",
        size=len(content),
        blob=git_id(content),
        graph_blob=git_id(graph_bytes),
    )


def git_id(content: bytes) -> str:
    """Return the git blob id of bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def main(folder: Path, genuine_labels: Path | None = None) -> None:
    """Write the archive and its facts into a folder, and unpack it where the lesson looks for it."""
    content, facts = pack(graph(), genuine_labels)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / facts.name).write_bytes(content)
    (folder / "facts.json").write_text(json.dumps(facts._asdict()), encoding="utf-8")
    archive.unpack(facts, folder / facts.name, archive.folder())
    print(f"unpacked into Keras' cache; use it with {archive.FACTS}={folder / 'facts.json'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
