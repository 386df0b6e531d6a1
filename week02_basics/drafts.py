"""What a killed process leaves behind: drafts that nobody will finish.

Whoever writes a file writes a draft beside it under a hidden name and renames it when it is whole. A
process that is killed meanwhile cannot tidy up, so the next one that writes the same file does.
"""

import contextlib
import shutil
import time
from pathlib import Path

DAY = 24 * 3600.0


def sweep(folder: str | Path, pattern: str, age: float = DAY) -> None:
    """Remove drafts that nobody has touched for some time; younger ones may be in use.

    Args:
        folder: where they lie; it need not be there.
        pattern: of their names, for `Path.glob`.
        age: seconds since the last change; with 0 all are removed.
    """
    for draft in Path(folder).glob(pattern):
        with contextlib.suppress(OSError):  # another process is faster, or may not be disturbed
            if age and time.time() - draft.stat().st_mtime < age:
                continue
            if draft.is_dir():
                shutil.rmtree(draft)
            else:
                draft.unlink()
