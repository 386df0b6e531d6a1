"""Write the notebooks without their solutions into build/student: `python -m tools.student`."""

import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor

from tools import reading
from tools.execute import ROOT, find

STUDENT = ROOT / "build" / "student"


def student(path: Path) -> nbformat.NotebookNode:
    """Return a notebook without cells tagged `solution` and without the ticks of its checks."""
    notebook = reading.lesson(path)
    remove = TagRemovePreprocessor(remove_cell_tags={"solution"}, enabled=True)
    notebook, _ = remove.preprocess(notebook, {})
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any(out.get("text", "").startswith("✓") for out in outputs):  # of a solution in a cell
            cell.outputs, cell.execution_count = [], None
    return notebook


def main(names: list[str]) -> int:
    """Write the named student notebooks, or all."""
    STUDENT.mkdir(parents=True, exist_ok=True)
    for path in find(names):
        nbformat.write(student(path), STUDENT / path.name)
        print((STUDENT / path.name).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
