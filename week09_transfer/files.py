"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def atomically(file: str | Path, save: Callable[[str], object]) -> None:
    """Save into a temporary folder beside a file, then let the result take its place in one step.

    Args:
        file: where the result should be.
        save: saves to the path that it is given, which has the same name as the file.
    """
    file = Path(file)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        fresh = Path(folder, file.name)
        save(str(fresh))
        os.replace(fresh, file)
