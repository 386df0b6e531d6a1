"""Event files read back: what TensorBoard shows, as numbers that a figure or a test can use."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.util import tensor_util

GRAPH = "__run_graph__"


class Series(NamedTuple):
    """All values of one tag, in the order in which they were written."""

    plugin: str  # who shows it: "scalars", "histograms", "images", "text", "graphs", "hparams" …
    steps: list[int]
    values: list  # floats; histograms [buckets, 3]: left, right, count; else arrays of bytes


def files(folder: Path | str) -> list[Path]:
    """Return the event files that lie in a folder itself, oldest first.

    Raises:
        FileNotFoundError: there is none; the message names the sub-folders that have some.
    """
    found = sorted(path for path in Path(folder).glob("*tfevents*") if path.is_file())
    if not found:
        below = sorted({path.parent.name for path in Path(folder).rglob("*tfevents*")})
        hint = f"; its sub-folders {', '.join(below)} hold some" if below else ""
        raise FileNotFoundError(f"no event file in {folder}{hint}")
    return found


def read(folder: Path | str) -> dict[str, Series]:
    """Read the event files of one run, TensorFlow 1's and TensorFlow 2's alike.

    TensorBoard's own loader does the work: it turns the summaries of TensorFlow 1 into those of
    TensorFlow 2 and stops silently where a file breaks off, as TensorBoard does.

    Args:
        folder: the run's folder; sub-folders are runs of their own.

    Returns:
        A `Series` for each tag, in the order of first appearance. The graph, if one was written, is
        the tag `GRAPH`.

    Raises:
        FileNotFoundError: the folder holds no event file.
    """
    found: dict[str, Series] = {}
    for file in files(folder):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                series = found.setdefault(value.tag, Series(plugin, [], []))
                series.steps.append(event.step)
                series.values.append(_value(series.plugin, value))
    return found


def _value(plugin: str, value) -> object:
    """Return what a summary holds: a float, an array, or for hyperparameters the message."""
    if plugin == "hparams":
        return HParamsPluginData.FromString(value.metadata.plugin_data.content)
    array = tensor_util.make_ndarray(value.tensor)
    return float(array) if plugin == "scalars" else array


def scalars(folder: Path | str) -> dict[str, Series]:
    """Return the scalars among what `read` returns."""
    return {tag: series for tag, series in read(folder).items() if series.plugin == "scalars"}


def hparams(folder: Path | str) -> dict[str, float | str | bool]:
    """Return the hyperparameters that a run was started with.

    Raises:
        LookupError: the run recorded none.
    """
    for series in read(folder).values():
        for value in series.values if series.plugin == "hparams" else []:
            if value.HasField("session_start_info"):
                return {
                    name: getattr(setting, setting.WhichOneof("kind"))
                    for name, setting in value.session_start_info.hparams.items()
                }
    raise LookupError(f"{folder} recorded no hyperparameters")


def images(series: Series) -> list[np.ndarray]:
    """Decode the images of a tag: for each step uint8 [n, height, width, channels]."""
    return [
        np.stack([tf.io.decode_png(png).numpy() for png in value[2:]]) for value in series.values
    ]


def graph(folder: Path | str) -> tf.compat.v1.GraphDef:
    """Return the last graph that a run recorded.

    Raises:
        LookupError: the run recorded none.
    """
    found = read(folder).get(GRAPH)
    if found is None:
        raise LookupError(f"{folder} recorded no graph")
    return tf.compat.v1.GraphDef.FromString(found.values[-1].item())


def scopes(graph_def: tf.compat.v1.GraphDef) -> dict[str, set[str]]:
    """Fold a graph's nodes into their outermost name scopes, as TensorBoard first draws it.

    Returns:
        For each scope the other scopes that it takes inputs from; nodes outside any scope are left
        out.
    """

    def scope(name: str) -> str:
        outer, slash, _ = name.lstrip("^").partition("/")
        return outer if slash else ""

    found: dict[str, set[str]] = {scope(node.name): set() for node in graph_def.node}
    for node in graph_def.node:
        found[scope(node.name)] |= {scope(source) for source in node.input}
    return {name: sources - {name, ""} for name, sources in found.items() if name}


def profile(folder: Path | str) -> dict[str, list[tuple[str, float, float]]]:
    """Return what the profiler recorded: by thread the name, start and length of each event.

    Starts and lengths are milliseconds; the first event starts at 0.

    Raises:
        FileNotFoundError: the folder holds no profile.
    """
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    files = sorted(Path(folder).glob("plugins/profile/*/*.xplane.pb"))
    if not files:
        raise FileNotFoundError(f"no profile in {folder}")
    found: dict[str, list[tuple[str, float, float]]] = {}
    for plane in XSpace.FromString(files[-1].read_bytes()).planes:
        for line in plane.lines:
            for event in line.events:
                start = line.timestamp_ns / 1e6 + event.offset_ps / 1e9
                name = plane.event_metadata[event.metadata_id].name
                found.setdefault(line.name, []).append((name, start, event.duration_ps / 1e9))
    first = min(start for spans in found.values() for _, start, _ in spans)
    return {
        thread: [(name, start - first, length) for name, start, length in spans]
        for thread, spans in found.items()
    }
