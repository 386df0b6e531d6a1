"""The student versions run from top to bottom: every check answers ✗ with a hint, no traceback.

To execute nine lessons once more would cost minutes, and would show little: a student version
differs from its lesson, which pytest re-executes, only by missing solutions. So the tests show that
no cell but a check uses what a solution defines, and execute the set-up, the exported cells and all
that stands from the first exercise on. `make test-more` executes the whole of each.
"""

import ast
import contextlib
import io

from week02_basics.taught import run

import nbformat
import pytest
from nbclient import NotebookClient

from tests.notebook_rules import NOTEBOOKS, code_cells
from tools.judge import week
from tools.student import student


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def parsed(cell: nbformat.NotebookNode) -> ast.Module:
    """Return a cell's syntax tree, commands of the notebook left out."""
    lines = cell.source.splitlines()
    return ast.parse("\n".join(line for line in lines if line[:1] not in ("%", "!")))


def bound(cell: nbformat.NotebookNode) -> set[str]:
    """Return the names that a cell defines for the cells after it."""
    names = set()
    for node in parsed(cell).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        else:
            for inner in ast.walk(node):
                if isinstance(inner, ast.alias):
                    names.add((inner.asname or inner.name).partition(".")[0])
                elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    names.add(inner.id)
    return names


def used(cell: nbformat.NotebookNode) -> set[str]:
    """Return the names that a cell mentions."""
    return {node.id for node in ast.walk(parsed(cell)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_checks_use_what_a_solution_defines(path):
    cells = code_cells(nbformat.read(path, as_version=4))
    checks = {exercise.check for exercise in week(path.stem).exercises}
    defined = set().union(*(bound(cell) for cell in cells if "solution" in tags(cell)))
    for cell in cells:
        if not tags(cell) & {"exercise", "solution"} and cell.source not in checks:
            assert not used(cell) & defined, f"{cell.id} needs {used(cell) & defined}"
        if not tags(cell) & {"exercise", "solution"}:
            assert not bound(cell) & defined, f"{cell.id} redefines {bound(cell) & defined}"


def needed(cells: list[nbformat.NotebookNode], last: set[str], known: set[str]) -> set[str]:
    """Return the ids of the last cells and of others that define what they use, and so on.

    Names in `known` are defined anyway.
    """
    wanted = set().union(*(used(cell) for cell in cells if cell.id in last)) - known
    more = {cell.id for cell in cells if cell.id not in last and bound(cell) & wanted}
    return needed(cells, last | more, known) if more else last


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_checks_of_a_student_version_answer_with_a_hint(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    cells = code_cells(student(path))
    first = next(k for k, cell in enumerate(cells) if "exercise" in tags(cell))
    last = {cell.id for cell in cells[first:]}
    exported = {cell.id for cell in cells if "export" in tags(cell) or cell.id[:5] == "setup"}
    known = set().union(*(bound(cell) for cell in cells if cell.id in exported))
    chosen = exported | needed(cells, last, known)
    checks, namespace, printed = {e.check for e in week(path.stem).exercises}, {}, {}
    for cell in cells:
        if cell.id in chosen:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                run(cell.source, namespace, f"{path.stem}:{cell.id}")
            if cell.source in checks:
                printed[cell.id] = out.getvalue()
    assert len(printed) == len(checks) >= 2
    for cell_id, line in printed.items():
        assert line.startswith("✗ Exercise ") and line.count("\n") == 1, (cell_id, line)
        assert ": " in line[12:] and "your code stopped with" not in line, (cell_id, line)


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
    assert all(line.startswith("✗ Exercise ") for line in found), found
