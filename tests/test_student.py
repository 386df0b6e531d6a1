"""The student versions run from top to bottom: every check says whose turn it is, no traceback.

To execute nine lessons once more would cost minutes, and would show little: a student version
differs from its lesson, which pytest re-executes, only by missing solutions. So the tests show that
no cell but a check uses what a solution defines, and execute the set-up, the exported cells and all
that stands from the first exercise on. `make test-more` executes the whole of each.
"""

import contextlib
import io

from week02_basics.taught import run

import pytest
from nbclient import NotebookClient

from tests.cells import before, bound, stored, tags, used
from tests.notebook_rules import NOTEBOOKS, code_cells
from tools.judge import week
from tools.student import student


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_checks_use_what_a_solution_defines(path):
    cells = stored(path)
    checks = {exercise.check for exercise in week(path.stem).exercises}
    defined = set().union(*(bound(cell) for cell in cells if "solution" in tags(cell)))
    for cell in cells:
        if not tags(cell) & {"exercise", "solution"} and cell.source not in checks:
            assert not used(cell) & defined, f"{cell.id} needs {used(cell) & defined}"
        if not tags(cell) & {"exercise", "solution"}:
            assert not bound(cell) & defined, f"{cell.id} redefines {bound(cell) & defined}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_checks_of_a_student_version_say_whose_turn_it_is(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    cells = code_cells(student(path))
    first = next(k for k, cell in enumerate(cells) if "exercise" in tags(cell))
    chosen = {cell.id for cell in cells if "export" in tags(cell) or cell.id[:5] == "setup"}
    for cell in cells[first:]:
        chosen |= {each.id for each in before(cells, cell.id)}
    checks, namespace, printed = {e.check for e in week(path.stem).exercises}, {}, {}
    for cell in cells:
        if cell.id in chosen:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                run(cell.source, namespace, f"{path.stem}:{cell.id}")
            if cell.source in checks:
                printed[cell.id] = out.getvalue()
    assert len(printed) == len(checks) >= 2
    for cell_id, line in printed.items():
        assert line.startswith("✎ Exercise ") and line.endswith(": your turn\n"), (cell_id, line)
        assert line.count("\n") == 1, (cell_id, line)


@pytest.mark.more
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_whole_student_version_runs(path):
    notebook = student(path)
    checks = {exercise.check for exercise in week(path.stem).exercises}
    NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    found = [cell.outputs[0].text for cell in code_cells(notebook) if cell.source in checks]
    assert len(found) == len(checks)
    assert all(line.startswith("✎ Exercise ") for line in found), found
