"""Write the notebooks for students: `python -m tools.student [--format nbgrader] [NAME …]`.

Without solutions into `build/student/`; or as assignments of nbgrader into `build/nbgrader/source/`,
with each solution between the marks that `nbgrader generate_assignment` empties.
"""

import argparse
import difflib
import sys
from pathlib import Path

from week02_basics.taught import code_of

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor

from tools import reading
from tools.execute import ROOT, find

STUDENT = ROOT / "build" / "student"
NBGRADER = ROOT / "build" / "nbgrader" / "source"
OPEN = {"schema_version": 3, "task": False, "locked": False, "grade": False, "solution": True}
GRADED = {"schema_version": 3, "task": False, "locked": True, "grade": True, "solution": False}


def student(path: Path) -> nbformat.NotebookNode:
    """Return a notebook without cells tagged `solution` and without the ticks of its checks."""
    notebook = _without_solutions(reading.lesson(path))
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any(out.get("text", "").startswith("✓") for out in outputs):  # of a solution in a cell
            cell.outputs, cell.execution_count = [], None
    return notebook


def _without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    remove = TagRemovePreprocessor(remove_cell_tags={"solution"}, enabled=True)
    return remove.preprocess(notebook, {})[0]


def nbgrader(path: Path) -> nbformat.NotebookNode:
    """Return a notebook as nbgrader's source of an assignment: a point for each exercise."""
    notebook = reading.lesson(path)
    stub, waiting = None, False
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags:
            stub, waiting = cell, True
            stub.metadata["nbgrader"] = OPEN | {"grade_id": cell.id}
        elif "solution" in tags:
            stub.source = marked(stub.source, code_of(cell.cell_type, cell.source))
        elif waiting and cell.cell_type == "code":
            waiting = False
            cell.source = f"verdict = {cell.source}\nassert verdict, verdict.message"
            cell.metadata["nbgrader"] = GRADED | {"grade_id": cell.id, "points": 1}
            cell.outputs, cell.execution_count = [], None
    return _without_solutions(notebook)


def marked(stub: str, solution: str) -> str:
    """Return the solution with nbgrader's marks around the lines that the stub does not have."""
    before, after = stub.splitlines(), solution.splitlines()
    lines = []
    for kind, _, _, start, end in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal" or start == end:
            lines += after[start:end]
        else:
            first = next((line for line in after[start:end] if line.strip()), "")
            indent = first[: len(first) - len(first.lstrip())]
            inside = [f"{indent}### BEGIN SOLUTION", *after[start:end], f"{indent}### END SOLUTION"]
            lines += inside
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the named notebooks, or all."""
    parser = argparse.ArgumentParser(prog="python -m tools.student", description="Write notebooks.")
    parser.add_argument("names", nargs="*", help="lessons, such as week02_basics (all)")
    parser.add_argument("--format", choices=("plain", "nbgrader"), default="plain")
    options = parser.parse_args(arguments)
    for path in find(options.names):
        if options.format == "nbgrader":
            target, notebook = NBGRADER / path.stem / path.name, nbgrader(path)
        else:
            target, notebook = STUDENT / path.name, student(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        print(target.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
