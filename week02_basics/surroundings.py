"""Settings from outside the course that would change what a lesson does, told before they do."""

import json
import os
import tempfile
from pathlib import Path

NEEDED = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}


def keras_json() -> Path:
    """Return where Keras looks for its settings: in `KERAS_HOME`, by default `~/.keras`."""
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME", "~/.keras")), "keras.json")


def check() -> None:
    """Check what Keras will find when it is imported.

    Raises:
        RuntimeError: Keras would run on another backend, with another order of axes or in another
            precision than the lessons are written for; the text says which setting does it.
    """
    file, wanted = keras_json(), dict(NEEDED)
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen and chosen != wanted.pop("backend"):
        raise RuntimeError(
            f"KERAS_BACKEND={chosen} is set, but this course runs Keras on TensorFlow: start it without "
            "(`unset KERAS_BACKEND`; Windows: `set KERAS_BACKEND=`), or begin the notebook with "
            '`import os; os.environ["KERAS_BACKEND"] = "tensorflow"`'
        )
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        strange = {k: settings[k] for k, v in wanted.items() if settings.get(k, v) != v}
    except (OSError, ValueError, AttributeError):  # Keras does without it
        return
    if strange:
        name, value = next(iter(strange.items()))
        raise RuntimeError(
            f'{file} says "{name}": "{value}", but this course needs "{NEEDED[name]}": change it there, or '
            "remove the file (Keras writes a new one); restart the kernel afterwards"
        )


def where_downloads_go() -> str:
    """Say so in a few words if Keras may not write into its home; empty if it may."""
    home = keras_json().parent
    there = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if os.access(there, os.W_OK):
        return ""
    setting = "KERAS_HOME" if "KERAS_HOME" in os.environ else "the home folder"
    return (
        f"; {setting} cannot be written to, so Keras keeps downloads under {tempfile.gettempdir()}"
    )
