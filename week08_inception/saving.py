"""What a saved file holds, and restoring that checks everything before it changes anything.

TensorFlow and Keras restore variable by variable, so that a file that does not fit can leave a
model half old, half new; some mismatches they report in pages of text, and some not at all.
"""

import glob
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from week02_basics.drafts import sweep
from week02_basics.taught import taught

import h5py
import keras
import tensorflow as tf

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
SUFFIXES = (".index", ".data-00000-of-00001")
DRAFTS = ("*_temp", "*.tempstate*", "checkpoint.tmp*")  # what TensorFlow writes before it renames

Shapes = Mapping[str, tuple[int, ...]]


def parts(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Return a model's layers that have variables, named for their kind and place among it.

    Keras counts on through a whole process (`conv2d_7`); these names are the same for each model
    of one architecture: `conv2d`, `conv2d_1`, `dense`.
    """
    found, count = {}, {}
    for layer in model.layers:
        kind = keras.src.utils.naming.to_snake_case(type(layer).__name__)
        number = count[kind] = count.get(kind, -1) + 1
        if layer.variables:
            found[f"{kind}_{number}" if number else kind] = layer
    return found


def atomically(save: Callable[[Path], object], file: str | Path) -> None:
    """Save a file whole or not at all: the lesson's `save_atomically`, for daily use.

    Args:
        save: saves to the path that it is given, which has the same name as the file.
        file: where the result takes its place in one step.

    Raises:
        OSError: the disk is full, or may not be written. What else `save` raises passes through.
    """
    file = Path(file)
    sweep(file.parent, f".{glob.escape(file.name)}-*")
    try:
        taught("week08_inception").save_atomically(save, file)
    except OSError as err:
        reason = err.strerror or str(err)
        raise OSError(f"{file.name} could not be saved, nothing is left: {reason}") from err


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

    Args:
        prefix: what `save` returned, without the endings of the files.

    Raises:
        FileNotFoundError: a file is not there; the message says what is.
        ValueError: the checkpoint is damaged; the message names the file and the variable.
    """
    prefix = Path(prefix)
    for suffix in SUFFIXES:
        if not prefix.with_name(prefix.name + suffix).is_file():
            there = sorted(f.name.removesuffix(".index") for f in prefix.parent.glob("*.index"))
            raise FileNotFoundError(
                f"{prefix.name}{suffix} is not there; checkpoints in "
                f"{prefix.parent.name}: {', '.join(there) or 'none'}"
            )
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
    except Exception:  # TensorFlow raises many kinds, IndexError among them
        raise ValueError(f"{prefix.name}.index is damaged or broken off") from None
    found = {}
    for name in sorted(shapes, key=lambda name: (VALUE not in name, name)):
        plain = name.removesuffix(VALUE).replace("/_", "/")
        try:
            reader.get_tensor(name)
        except Exception:
            raise ValueError(
                f"{prefix.name}{SUFFIXES[1]} is damaged or broken off: {plain} cannot be read"
            ) from None
        if plain != "_CHECKPOINTABLE_OBJECT_GRAPH":
            found[plain] = tuple(shapes[name])
    return found


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
        ValueError: it is damaged, or variables do not fit (see `fit`).
    """
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"{file.name} is not there; in {file.parent.name}: {_near(file)}")
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "wanted.weights.h5")
        model.save_weights(sample)
        wanted = _datasets(sample)
    fit(file.name, _datasets(file), wanted)
    model.load_weights(file)


def load_model(file: str | Path) -> keras.Model:
    """Load a `.keras` file; code in it is never run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds code (a Lambda layer).
    """
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"{file.name} is not there; in {file.parent.name}: {_near(file)}")
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
        raise ValueError(f"{file.name}: {str(err).splitlines()[0]}") from None


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


def _datasets(file: Path) -> dict[str, tuple[int, ...]]:
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


def _near(file: Path) -> str:
    """Name the files beside one that is missing."""
    if not file.parent.is_dir():
        return "no such folder"
    return ", ".join(sorted(other.name for other in file.parent.iterdir())[:6]) or "nothing"
