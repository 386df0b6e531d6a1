"""The cells that a notebook teaches, for whoever needs the same code: later weeks, tests, benchmarks."""

import itertools
import json  # a notebook is JSON; importing nbformat takes over a second, in every process
import linecache
import re
from pathlib import Path
from types import ModuleType

_here = Path(__file__).resolve()
_installed = _here.with_name("notebooks")  # a wheel brings them along
NOTEBOOKS = _installed if _installed.is_dir() else _here.parents[1] / "notebooks"
_count = itertools.count()


def cells(week: str, tag: str) -> dict[str, str]:
    """Return the sources of a notebook's cells that carry a tag, by cell id, in order.

    Of a Markdown cell, which folds a solution, the source is the Python code that it shows.

    Args:
        week: the notebook's name without its ending, such as `"week02_basics"`.
        tag: `"export"`, `"exercise"` or `"solution"`.

    Raises:
        FileNotFoundError: there is no such notebook.
        LookupError: no cell of it carries the tag.
        ValueError: an editor saved it without the ids by which its cells are known.
    """
    path = NOTEBOOKS / f"{week}.ipynb"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in NOTEBOOKS.glob("*.ipynb"))) or "none"
        raise FileNotFoundError(f"no notebook {path.name} in {NOTEBOOKS} (there: {known})")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if not all("id" in cell for cell in notebook["cells"]):
        raise ValueError(
            f"{path} was saved in a format without cell ids: restore it (`git checkout -- {path.name}` in that "
            "folder), and edit it with JupyterLab 3 or newer"
        )
    found = {
        cell["id"]: code_of(cell["cell_type"], "".join(cell["source"]))
        for cell in notebook["cells"]
        if tag in cell["metadata"].get("tags", [])
    }
    if not found:
        raise LookupError(f"{path.name} has no cell with the tag {tag!r}")
    return found


def code_of(cell_type: str, source: str) -> str:
    """Return the Python code of a cell: a code cell's source, or what a Markdown cell's fences hold."""
    if cell_type == "code":
        return source
    return "\n".join(re.findall(r"(?ms)^```python\n(.*?)^```", source)).rstrip()


def run(source: str, namespace: dict, name: str = "cell") -> None:
    """Execute the source of a cell in a namespace.

    The source is left where `inspect` finds it, for `tf.function` reads the code that it traces.
    """
    name = f"<{name} {next(_count)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)


def taught(week: str) -> ModuleType:
    """Execute the cells tagged `export` of a notebook, top to bottom, as a fresh module.

    Args:
        week: the notebook's name without its ending, such as `"week02_basics"`.

    Returns:
        A module that holds what those cells defined: `taught("week04_optimizers").adam`.
    """
    module = ModuleType(f"taught_{week}")
    for cell_id, source in cells(week, "export").items():
        run(source, module.__dict__, f"{week}:{cell_id}")
    return module
