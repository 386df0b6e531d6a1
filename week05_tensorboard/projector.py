"""What is wrong with a log directory that the embedding projector refuses, or shows wrongly.

Each check stands for a rule of TensorBoard 2.21, in its plugin (`projector_plugin.py`) or its page.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import EmbeddingInfo, ProjectorConfig

CONFIG = "projector_config.pbtxt"
SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"  # what a tf.train.Checkpoint adds to a tensor's name
MAX_SPRITE = 8192  # pixels along a side; the page refuses larger ones


def faults(logdir: Path | str) -> list[str]:
    """Return what keeps the projector from showing a log directory as it was meant.

    Args:
        logdir: the folder that is given to TensorBoard.

    Returns:
        A sentence for each fault, naming the file or the field; an empty list is a clean bill.
    """
    logdir = Path(logdir)
    if not logdir.is_dir():
        return [f"{logdir.name} is no folder"]
    config_file = logdir / CONFIG
    if not config_file.is_file():
        return [_misplaced(logdir)]
    try:
        config = text_format.Parse(config_file.read_text(encoding="utf-8"), ProjectorConfig())
    except text_format.ParseError as err:
        return [f"{CONFIG} cannot be read, line {err}"]
    if not config.embeddings:
        return [f"{CONFIG} names no embedding"]
    shapes = _tensors(logdir, config)
    if shapes is None:
        return ["there is no checkpoint in the log directory: the page says so, too"]
    found = []
    for embedding in config.embeddings:
        fault, points = _tensor(embedding.tensor_name, shapes)
        found += fault
        if embedding.metadata_path:
            found += _metadata(logdir, embedding.metadata_path, points)
        if embedding.HasField("sprite"):
            found += _sprite(logdir, embedding, points)
    return found


def _misplaced(logdir: Path) -> str:
    """Say where the configuration lies instead."""
    below = sorted(logdir.rglob(CONFIG))
    if not below:
        return f"there is no {CONFIG} in the log directory"
    folder = below[0].parent
    if any(folder.glob("*tfevents*")):
        return f"{CONFIG} lies in the run {folder.name}; check that folder instead"
    return (
        f"{CONFIG} lies in {folder.name}, which holds no event file and so is no run: move it to the "
        "log directory itself, or give TensorBoard that folder"
    )


def _tensors(logdir: Path, config: ProjectorConfig) -> dict[str, list[int]] | None:
    """Return the shapes of the checkpoint's tensors by name, or None if there is none."""
    path = config.model_checkpoint_path or tf.train.latest_checkpoint(str(logdir))
    if not path or not tf.io.gfile.glob(f"{path}*"):
        return None
    return tf.train.load_checkpoint(path).get_variable_to_shape_map()


def _tensor(name: str, shapes: dict[str, list[int]]) -> tuple[list[str], int | None]:
    """Check a tensor's name and shape; return the fault and the number of points, if known."""
    name = name.removesuffix(":0")  # as TensorBoard does
    if name not in shapes:
        if name + SUFFIX in shapes:
            fault = f"tensor_name lacks the checkpoint's suffix: {name}{SUFFIX}"
            return [fault], shapes[name + SUFFIX][0]
        flat = ", ".join(sorted(key for key, shape in shapes.items() if len(shape) == 2))
        return [f"tensor_name {name!r} is not in the checkpoint, which has: {flat}"], None
    if len(shapes[name]) != 2:
        return [f"the tensor {name} has shape {shapes[name]}, not [points, dimensions]"], None
    return [], shapes[name][0]


def _file(logdir: Path, path: str, field: str) -> tuple[list[str], Path]:
    """Check the path of a file that the configuration names."""
    root, file = logdir.resolve(), (logdir / path).resolve()
    if not file.is_relative_to(root):
        return [f"{field} leads out of the log directory, which TensorBoard forbids"], file
    if not file.is_file():
        again = (root / Path(path).name).is_file()
        hint = f"; paths start at the configuration's folder: {Path(path).name!r}" if again else ""
        return [f"{field} leads to no file{hint}"], file
    return [], file


def _metadata(logdir: Path, path: str, points: int | None) -> list[str]:
    """Check the labels' file: one row a point, and a header with several columns only."""
    found, file = _file(logdir, path, "metadata_path")
    if found:
        return found
    rows = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    columns = [row.count("\t") + 1 for row in rows]
    if len(set(columns)) > 1:
        odd = next(i for i, count in enumerate(columns) if count != columns[0])
        return [f"{path} has {columns[0]} columns, but {columns[odd]} in line {odd + 1}"]
    if points is None:
        return []
    header = columns[0] > 1
    count = len(rows) - header
    if header and count == points - 1:
        return [f"{path} has several columns and no header: the first row is taken for one"]
    if not header and count == points + 1:
        return [f"{path} has one column and a header: with one column every row is a label"]
    if count != points:
        return [f"{path} has labels for {count} points, the tensor has {points}"]
    return []


def _sprite(logdir: Path, embedding: EmbeddingInfo, points: int | None) -> list[str]:
    """Check the picture that holds all the small pictures, row by row."""
    sprite = embedding.sprite
    found, file = _file(logdir, sprite.image_path, "sprite.image_path")
    if found:
        return found
    if len(sprite.single_image_dim) != 2 or min(sprite.single_image_dim) < 1:
        given = list(sprite.single_image_dim)
        return [f"sprite.single_image_dim takes a width and a height, not {given}"]
    try:
        with Image.open(file) as image:
            size = image.size
    except OSError:
        return [f"{sprite.image_path} is no picture"]
    if max(size) > MAX_SPRITE:
        return [f"{sprite.image_path} is {max(size)} pixels long, the page takes {MAX_SPRITE}"]
    if any(whole % part for whole, part in zip(size, sprite.single_image_dim, strict=True)):
        dim = " x ".join(map(str, sprite.single_image_dim))
        return [f"{sprite.image_path}, {size[0]} x {size[1]} pixels, is no grid of {dim}"]
    places = int(np.prod(size) // np.prod(sprite.single_image_dim))
    if points is not None and places < points:
        return [f"{sprite.image_path} holds {places} pictures, the tensor has {points} points"]
    return []
