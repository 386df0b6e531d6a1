"""A notebook's cells as code: what each defines and uses, and the few that one of them needs."""

import ast
from pathlib import Path

import nbformat

from tests.notebook_rules import code_cells


def stored(path: Path) -> list[nbformat.NotebookNode]:
    """Return the code cells of a notebook."""
    return code_cells(nbformat.read(path, as_version=4))


def tags(cell: nbformat.NotebookNode) -> set[str]:
    """Return a cell's tags."""
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


def before(cells: list[nbformat.NotebookNode], cell_id: str) -> list[nbformat.NotebookNode]:
    """Return the cells that must run so that a cell can, in order, that cell last.

    A name comes from the nearest cell before that binds it, as it does from top to bottom.
    """
    end = next(k for k, cell in enumerate(cells) if cell.id == cell_id)
    chosen, wanted = {cell_id, "setup"}, used(cells[end])
    for cell in reversed(cells[:end]):
        if found := bound(cell) & wanted:
            chosen.add(cell.id)
            wanted = (wanted - found) | used(cell)
        elif cell.id == "setup":
            wanted |= used(cell)
    return [cell for cell in cells[: end + 1] if cell.id in chosen]
