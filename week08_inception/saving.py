"""What a saved file holds, and restoring that checks everything before it changes anything.

TensorFlow and Keras restore variable by variable, so that a file that does not fit can leave a
model half old, half new; some mismatches they report in pages of text, and some not at all.
"""

import glob
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from week02_basics.drafts import sweep
from week02_basics.taught import taught
from week08_inception.kinds import kind, otherwise

import h5py
import keras
import tensorflow as tf

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
SUFFIXES = (".index", ".data-00000-of-00001")
V1 = "a checkpoint of TensorFlow's version 1"
DRAFTS = ("*_temp", "*.tempstate*", "checkpoint.tmp*")  # what TensorFlow writes before it renames

Shapes = Mapping[str, tuple[int, ...]]


def parts(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return a model's layers that have variables, named for their kind and place among it.

    Keras counts on through a whole process (`conv2d_7`); these names are the same for each model
    of one architecture: `conv2d`, `conv2d_1`, `dense`.
    """
    found, count = {}, {}
    for layer in model.layers:
        name = keras.src.utils.naming.to_snake_case(type(layer).__name__)
        number = count[name] = count.get(name, -1) + 1
        if layer.variables:
            found[f"{name}_{number}" if number else name] = layer
    return found


def atomically(save: Callable[[Path], object], file: str | Path) -> None:
    """Save a file whole or not at all: the lesson's `save_atomically`, for daily use.

    Args:
        save: saves to the path that it is given, which ends with the file's name.
        file: where the result takes its place in one step.

    Raises:
        OSError: the disk is full, or may not be written. What else `save` raises passes through.
    """
    file = Path(file)
    sweep(file.parent, f".[0-9]*-{glob.escape(file.name)}")
    try:
        taught("week08_inception").save_atomically(save, file)
        _sync(file.parent)
    except OSError as err:
        reason = err.strerror or str(err)
        raise OSError(f"{file.name} could not be saved, nothing is left: {reason}") from err


def _sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can say so."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def save(manager: tf.train.CheckpointManager) -> str:
    """Save the next checkpoint and return its prefix; a failed save leaves nothing behind.

    Raises:
        OSError: it could not be written. Earlier checkpoints are as they were.
    """
    folder = Path(manager.directory)
    try:
        return manager.save()
    except (tf.errors.OpError, OSError) as err:
        raise OSError(f"{folder.name}: checkpoint not saved ({type(err).__name__})") from None
    finally:
        for pattern in DRAFTS:  # of this save, or of a process that was killed
            sweep(folder, pattern, age=0)


def stored(prefix: str | Path) -> dict[str, tuple[int, ...]]:
    """Return names and shapes of a checkpoint's variables, after reading every one of them.

    It may have several data files (a sharded checkpoint), or be the single file of version 1.

    Args:
        prefix: what `save` returned, without the endings of the files.

    Raises:
        FileNotFoundError: a file is not there; the message says what is.
        ValueError: there is something else than a checkpoint, or it is damaged; the message says
            what there is, or names the file and the variable.
    """
    prefix = Path(prefix)
    index = prefix.with_name(f"{prefix.name}.index")
    found = kind(prefix)
    if prefix.is_dir() and not index.is_file():
        inside = ", ".join(sorted(f.name.removesuffix(".index") for f in prefix.glob("*.index")))
        raise ValueError(f"{prefix.name} is {found}; checkpoints in it: {inside or 'none'}")
    if prefix.is_file() and not index.is_file() and found != V1:
        what = f"it is {found}" if found else "damaged, or of a kind that is not known here"
        raise ValueError(f"{prefix.name} is no checkpoint; {what}")
    for file in [] if found == V1 else [index, *_shards(prefix)]:
        if file.is_dir():
            raise ValueError(f"{file.name} is a folder, not a file")
        if not file.is_file():
            there = sorted(f.name.removesuffix(".index") for f in prefix.parent.glob("*.index"))
            raise FileNotFoundError(
                f"{file.name} is not there; checkpoints in "
                f"{prefix.parent.name}: {', '.join(there) or 'none'}"
            )
    broken = prefix if found == V1 else index
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
    except Exception:  # TensorFlow raises many kinds, IndexError among them
        empty = found == V1 or kind(broken) == "an empty file"
        other = "" if empty else otherwise(broken, "the index")
        wrong = f"is no index of a checkpoint{other}" if other else "is damaged or broken off"
        raise ValueError(f"{broken.name} {wrong}") from None
    variables = {}
    for name in sorted(shapes, key=lambda name: (VALUE not in name, name)):
        plain = name.removesuffix(VALUE).replace("/_", "/")
        try:
            reader.get_tensor(name)
        except Exception:
            raise ValueError(
                f"{_data(prefix, found)} is damaged or broken off: {plain} cannot be read"
            ) from None
        if plain != "_CHECKPOINTABLE_OBJECT_GRAPH":
            variables[plain] = tuple(shapes[name])
    return variables


def _shards(prefix: Path) -> list[Path]:
    """Return the data files that belong to a checkpoint, whether they are there or not."""
    there = sorted(prefix.parent.glob(f"{glob.escape(prefix.name)}.data-?????-of-?????"))
    count = int(there[0].name[-5:]) if there and there[0].name[-5:].isdigit() else 1
    return [prefix.with_name(f"{prefix.name}.data-{k:05}-of-{count:05}") for k in range(count)]


def _data(prefix: Path, found: str) -> str:
    """Name the file, or files, with the values of a checkpoint."""
    names = [file.name for file in _shards(prefix)]
    return prefix.name if found == V1 else names[0] if len(names) == 1 else f"one of {names}"


def restore(checkpoint: tf.train.Checkpoint, prefix: str | Path, partial: bool = False) -> None:
    """Restore a checkpoint if all of it fits; otherwise change nothing.

    Args:
        checkpoint: the objects to restore, all of them built.
        prefix: what `save` returned, without the endings of the files.
        partial: allow variables in the file for which there is no object.

    Raises:
        FileNotFoundError, ValueError: as in `stored`, or variables do not fit (see `fit`).
    """
    there = stored(prefix)
    with tempfile.TemporaryDirectory() as folder:
        wanted = stored(checkpoint.write(str(Path(folder, "wanted"))))
    for shapes in (there, wanted):
        shapes.pop("save_counter", None)  # `save` adds it, `write` does not
    fit(Path(prefix).name, there, wanted, partial)
    checkpoint.restore(str(prefix)).assert_existing_objects_matched().expect_partial()


def load_weights(model: keras.Model, file: str | Path) -> None:
    """Load a `.weights.h5` file if all of it fits; otherwise change nothing.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another kind or damaged, or variables do not fit (see `fit`).
    """
    file = Path(file)
    _there(file, "an HDF5 file")
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "wanted.weights.h5")
        model.save_weights(sample)
        wanted = datasets(sample)
    there = datasets(file)
    for one, other in [(there, wanted), (wanted, there)]:
        if not any(name.startswith("optimizer/") for name in other):  # one of them has none
            for name in [name for name in one if name.startswith("optimizer/")]:
                del one[name]
    fit(file.name, there, wanted)
    model.load_weights(file)


def load_model(file: str | Path) -> keras.Model:
    """Load a `.keras` file; code in it is never run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another kind, damaged, holds code (a Lambda layer), or layers of a class
            that this process does not know.
    """
    file = Path(file)
    _there(file, "a ZIP file")
    try:
        with zipfile.ZipFile(file) as content:
            wrong = content.testzip()
    except (zipfile.BadZipFile, OSError, EOFError):
        wrong = "its table of contents"
    if wrong:
        raise ValueError(f"{file.name} is damaged or broken off: {wrong} cannot be read")
    try:
        return keras.saving.load_model(file, safe_mode=True)
    except Exception as err:
        if "ambda" in str(err) and "safe" in str(err):
            raise ValueError(
                f"{file.name} holds a Lambda layer, which is code of whoever made the file: refused"
            ) from None
        # Keras repeats the whole configuration around its reason and its remedy.
        reason = str(err).split("Exception encountered: ")[-1].split(" Full object config: ")[0]
        raise ValueError(f"{file.name}: {' '.join(reason.split())[:600]}") from None


def fit(name: str, there: Shapes, wanted: Shapes, partial: bool = False) -> None:
    """Compare the variables of a file with those of a model.

    Args:
        name: of the file, for the message.
        there, wanted: shapes by name, in the file and in the model.
        partial: allow variables in the file that the model does not have.

    Raises:
        ValueError: a variable is missing in the file, superfluous, or has another shape; the message
            names the file and each such variable (up to four), and guesses what was renamed.
    """

    def order(key: str) -> tuple:  # what an optimizer keeps for a variable comes after it
        return key.startswith("optimizer/"), key

    faults = [
        f"{key} has shape {there[key]} in the file, {wanted[key]} in the model"
        for key in sorted(set(wanted) & set(there), key=order)
        if there[key] != wanted[key]
    ]
    missing = sorted(set(wanted) - set(there), key=order)
    extra = sorted(set(there) - set(wanted), key=order)
    for key in missing:
        twins = [other for other in extra if there[other] == wanted[key]]
        tail = [other for other in twins if other.rsplit("/", 1)[-1] == key.rsplit("/", 1)[-1]]
        guess = f"; renamed from {tail[0]}?" if tail else ""
        faults.append(f"{key} {wanted[key]} is not in the file{guess}")
    if not partial:
        faults += [f"{key} {there[key]} is in the file, not in the model" for key in extra]
    if faults:
        more = f" (and {len(faults) - 4} more)" if len(faults) > 4 else ""
        raise ValueError(f"{name} does not fit: {'; '.join(faults[:4])}{more}")


def datasets(file: Path) -> dict[str, tuple[int, ...]]:
    """Return names and shapes of the arrays in a `.weights.h5` file, after reading each one."""
    found, name = {}, "its table of contents"
    try:
        with h5py.File(file) as content:
            names: list[str] = []
            content.visit(names.append)
            for name in names:
                if isinstance(content[name], h5py.Dataset):
                    found[name] = tuple(content[name][()].shape)
    except (OSError, RuntimeError, KeyError):
        raise ValueError(f"{file.name} is damaged or broken off: {name} cannot be read") from None
    return found


def _there(file: Path, wanted: str) -> None:
    """Raise an error that says what lies at a path, or near it, unless it is a file as wanted.

    An empty file, or one whose kind is not known, passes: whoever reads it finds it damaged.
    """
    if not file.exists() and kind(file):
        raise ValueError(f"{file.name} is not one file; it is {kind(file)}")
    if not file.exists():
        beside = sorted(other.name for other in file.parent.glob("*"))[:6]
        where = ", ".join(beside) or "nothing"
        raise FileNotFoundError(f"{file.name} is not there; in {file.parent.name}: {where}")
    found = kind(file)
    if found and found != "an empty file" and not found.startswith(wanted):
        raise ValueError(f"{file.name} is not {wanted}; it is {found}")
