"""Execute notebooks and store them back, normalised: `python -m tools.render [NAME …]`."""

import os
import sys
from pathlib import Path

import nbformat

from tools.execute import Run, execute, find


def render(path: Path) -> Run:
    """Execute a notebook and replace its file at once; on any fault the file stays as it was."""
    run = execute(path)
    for number, cell in enumerate(c for c in run.notebook.cells if c.cell_type == "code"):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr" and not run.error:
                text = output.text.strip().splitlines()
                run.error = f"Cell {number} ({cell.id}) writes to stderr: {text[0] if text else ''}"
    if not run.error:
        fresh = path.with_suffix(".tmp")
        nbformat.validate(run.notebook)
        fresh.write_text(nbformat.writes(run.notebook) + "\n", encoding="utf-8")
        os.replace(fresh, path)
    return run


def main(names: list[str]) -> int:
    """Render the named notebooks, or all; return 1 if one failed."""
    failed = False
    for path in find(names):
        run = render(path)
        failed |= bool(run.error)
        print(
            f"{path.name}: {run.error or f'rendered in {run.seconds:.0f} s'}",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
