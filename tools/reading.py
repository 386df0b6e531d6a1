"""Notebooks as people save them: any encoding, any version of the format, with or without cell ids."""

import ast
import json
import warnings
from pathlib import Path

import nbformat
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning


def notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Cells that have no id get one.

    Raises:
        ValueError: it cannot be read as a notebook.
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    try:
        text = data.decode(json.detect_encoding(data))
        with warnings.catch_warnings():
            for kind in (DuplicateCellId, MissingIDFieldWarning):
                warnings.simplefilter("ignore", kind)
            return nbformat.reads(text, as_version=4)
    except Exception as err:  # nbformat lets through whatever odd JSON meets
        raise ValueError(f"not a notebook that can be read ({type(err).__name__})") from None


def lesson(path: Path) -> nbformat.NotebookNode:
    """Read one of the course's own notebooks, whose cells are known by their ids.

    Raises:
        ValueError: cells have lost their ids; the text says what to do.
    """
    text = path.read_text(encoding="utf-8")
    raw = json.loads(text)
    if lost := sum("id" not in cell for cell in raw["cells"]):
        raise ValueError(
            f"{path}: {lost} of {len(raw['cells'])} cells have no id; an editor saved it in a format before 4.5. "
            f"Restore it with `git checkout -- {path.parent.name}/{path.name}`, and edit it with JupyterLab 3 or newer"
        )
    return nbformat.reads(text, as_version=4)


def defined(source: str) -> tuple[str, ...]:
    """Return the names that a cell's top level defines by `def`, `class` or `=`.

    Raises:
        SyntaxError: it is no Python.
    """
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return tuple(names)
