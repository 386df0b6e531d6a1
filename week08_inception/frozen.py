"""Frozen graphs: GraphDefs with their weights as constants, read, run in TensorFlow 2, and listed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from week08_inception.kinds import kind

import tensorflow as tf
from google.protobuf.message import DecodeError

GraphDef = tf.compat.v1.GraphDef

JPEG, SOFTMAX = "DecodeJpeg/contents:0", "softmax:0"
OLD_NORM = "BatchNormWithGlobalNormalization"


def read_graph(file: str | Path) -> GraphDef:
    """Read a GraphDef through `tf.io`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a GraphDef, or broken off.
    """
    if not tf.io.gfile.exists(str(file)):
        raise FileNotFoundError(f"no graph {Path(file).name} in {Path(file).parent.name}")
    found = kind(file)
    what = f"it is {found}" if found else "broken off, or another kind of file"
    if Path(file).is_dir():
        raise ValueError(f"{Path(file).name}: not a GraphDef; {what}")
    try:
        graph = GraphDef.FromString(tf.io.read_file(str(file)).numpy())
    except DecodeError:
        raise ValueError(f"{Path(file).name}: not a GraphDef; {what}") from None
    if not graph.node:
        raise ValueError(f"{Path(file).name}: a GraphDef without any node; {what}")
    return graph


def modernised(graph: GraphDef) -> GraphDef:
    """Return a graph whose normalisation of 2015 is replaced by today's, node for node.

    A session still runs `BatchNormWithGlobalNormalization` in a graph that says it is old enough; a
    function of TensorFlow 2 has no such age and refuses it. Names and values stay the same.
    """
    if not any(node.op == OLD_NORM for node in graph.node):
        return graph
    new = GraphDef(versions=graph.versions, library=graph.library)
    for node in graph.node:
        if node.op != OLD_NORM:
            new.node.add().CopyFrom(node)
            continue
        x, mean, variance, beta, gamma = node.input
        if not node.attr["scale_after_normalization"].b:
            ones = new.node.add(op="OnesLike", name=f"{node.name}/ones", input=[gamma])
            ones.attr["T"].type = tf.float32.as_datatype_enum
            gamma = ones.name
        norm = new.node.add(op="FusedBatchNormV3", name=node.name)
        norm.input.extend([x, gamma, beta, mean, variance])
        norm.attr["T"].type = norm.attr["U"].type = tf.float32.as_datatype_enum
        norm.attr["epsilon"].f = node.attr["variance_epsilon"].f
        norm.attr["is_training"].b = False
    return new


def as_function(graph: GraphDef, feed: str = JPEG, fetch: str = SOFTMAX) -> Callable:
    """Return the part of a frozen graph from one tensor to another as a TensorFlow 2 function.

    Args:
        graph: the frozen graph, old normalisation allowed.
        feed, fetch: names of tensors in it, such as `"softmax:0"`.

    Raises:
        ValueError: the graph has no such tensor; the message names close ones.
    """
    for name in (feed, fetch):
        if name.split(":")[0] not in {node.name for node in graph.node} or ":" not in name:
            raise ValueError(f"the graph has no tensor {name!r}; {_close(graph, name)}")
    graph = modernised(graph)
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    return wrapped.prune(feed, fetch)


def _close(graph: GraphDef, name: str) -> str:
    """Name what may have been meant."""
    op = name.split(":")[0]
    if op in {node.name for node in graph.node}:
        return f"{op!r} is an operation, its first output is '{op}:0'"
    last = op.rsplit("/", 1)[-1].removesuffix("_1")
    near = [n.name for n in graph.node if last and last in n.name][:3]
    return f"near are {near}" if near else "no name in it is near"


def kinds(graph: GraphDef) -> list[tuple[str, int]]:
    """Return how many nodes of each type a graph has, most frequent first, then by name."""
    counts = Counter(node.op for node in graph.node)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def constant_bytes(graph: GraphDef) -> int:
    """Return how many bytes of a graph are values of constants."""
    return sum(node.attr["value"].tensor.ByteSize() for node in graph.node if node.op == "Const")


def without_values(graph: GraphDef, largest: int = 1024) -> GraphDef:
    """Return a graph whose constants above some bytes are emptied: enough to be drawn."""
    new = GraphDef(versions=graph.versions, library=graph.library)
    for node in graph.node:
        copy = new.node.add()
        copy.CopyFrom(node)
        if node.op == "Const" and node.attr["value"].tensor.ByteSize() > largest:
            tensor = copy.attr["value"].tensor
            tensor.tensor_content = b""
            for values in ("float_val", "half_val", "int_val", "int64_val", "string_val"):
                tensor.ClearField(values)
    return new


def logged_nodes(folder: str | Path) -> list[str]:
    """Return the node names of the graph that TensorBoard event files of a folder hold."""
    for file in sorted(Path(folder).glob("events.*")):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            if event.graph_def:
                return [node.name for node in GraphDef.FromString(event.graph_def).node]
    return []
