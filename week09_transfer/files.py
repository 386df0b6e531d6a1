"""Files that appear whole or not at all."""

import glob
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from week02_basics.drafts import sweep


def atomically(file: str | Path, save: Callable[[str], object]) -> None:
    """Save into a temporary folder beside a file, then let the result take its place in one step.

    Args:
        file: where the result should be.
        save: saves to the path that it is given, which has the same name as the file.

    Raises:
        OSError: the disk is full, or may not be written. What else `save` raises passes through.
    """
    file = Path(file)
    sweep(file.parent, f".{glob.escape(file.name)}-*")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
            fresh = Path(folder, file.name)
            save(str(fresh))
            os.replace(fresh, file)
    except OSError as err:
        reason = err.strerror or str(err)
        raise OSError(f"{file.name} could not be saved, nothing is left: {reason}") from err
