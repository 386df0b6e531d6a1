"""Where the course is published: `python -m tools.address https://github.com/you/your-course`.

Without an address no file holds a link or a line to install. With one, `pyproject.toml` names it,
the README links every lesson in Colab, a Codespace and Binder, and the set-up text of each lesson
holds the line that installs the course. `none` takes all of it out again.
"""

import os
import re
import sys
import tomllib
from pathlib import Path

import nbformat

from tools.execute import NOTEBOOKS, ROOT

HUB = "https://github.com/"
FORM = re.compile(rf"{re.escape(HUB)}([A-Za-z\d-]+/[\w.-]*[\w-])", re.ASCII)
URLS = re.compile(r'(?m)^\[project\.urls\]\nRepository = "[^"\n]*"\n\n')
NEXT = "[project.optional-dependencies]\n"  # the table before which the address stands
PARAGRAPH = re.compile(r"(?s)<!-- address -->\n.*?<!-- /address -->")
LINE = re.compile(r"\n\n[^\n]*%pip install git\+[^\n]*")
WISH = "Which? make address ADDRESS=https://github.com/you/your-course, or ADDRESS=none"


def address() -> str:
    """Return the address in `pyproject.toml`; an empty string if there is none."""
    project = tomllib.loads(_read(ROOT / "pyproject.toml"))["project"]
    return project.get("urls", {}).get("Repository", "")


def files() -> list[Path]:
    """Return the files that may name the address."""
    return [ROOT / "pyproject.toml", ROOT / "README.md", *sorted(NOTEBOOKS.glob("week*.ipynb"))]


def command(where: str) -> str:
    """Return what installs the course in a notebook."""
    return f"%pip install git+{where}"


def changes(where: str) -> dict[Path, str]:
    """Return the text of each file that would change if the course were at an address.

    Args:
        where: the address; an empty string for none.

    Raises:
        ValueError: a file has no place for the address; the text names it.
    """
    project, page, *lessons = files()
    texts = {project: _project(_read(project), where), page: _page(_read(page), where, lessons)}
    texts |= {path: _lesson(path, where) for path in lessons}
    return {path: text for path, text in texts.items() if text != _read(path)}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _project(text: str, where: str) -> str:
    """Return `pyproject.toml` with the address, or without."""
    text = URLS.sub("", text)
    if text.count(NEXT) != 1 or "urls" in tomllib.loads(text)["project"]:
        raise ValueError("pyproject.toml: [project.urls] must hold Repository alone, or be missing")
    fresh = f'[project.urls]\nRepository = "{where}"\n\n' if where else ""
    return text.replace(NEXT, fresh + NEXT)


def _page(text: str, where: str, lessons: list[Path]) -> str:
    """Return the README with its paragraph of links, or with the empty place for it."""
    if len(PARAGRAPH.findall(text)) != 1:
        raise ValueError("README.md: <!-- address --> and <!-- /address --> must stand there once")
    name = where.removeprefix(HUB)
    colab = f"https://colab.research.google.com/github/{name}/blob/main/notebooks/"
    weeks = " · ".join(f"[{int(path.stem[4:6])}]({colab}{path.name})" for path in lessons)
    links = (
        f"**Nothing to install.** Open a week in Colab ({weeks}) and run the line that its set-up\n"
        f"text names, or start [a Codespace](https://codespaces.new/{name}) or\n"
        f"[Binder](https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/notebooks), where everything\n"
        "is set up. Binder lends at most 2 GB of memory; the table above says which lessons take more.\n"
    )
    fresh = f"<!-- address -->\n{links if where else ''}<!-- /address -->"
    return PARAGRAPH.sub(lambda _: fresh, text)


def _lesson(path: Path, where: str) -> str:
    """Return a notebook with the line in its set-up text, or without; nothing else changes."""
    notebook = nbformat.read(path, as_version=4)
    cell = next((c for c in notebook.cells if c.get("id") == "setup-text"), None)
    if cell is None or cell.cell_type != "markdown":
        raise ValueError(f"{path.name}: no markdown cell has the id setup-text")
    source = LINE.sub("", cell.source)
    if where:
        line = f"In Colab or on another server, first run `{command(where)}` in a cell above."
        source = f"{source}\n\n{line}"
    if source == cell.source:
        return _read(path)
    cell.source = source
    return nbformat.writes(notebook) + "\n"


def main(arguments: list[str]) -> int:
    """Set the address everywhere, or take it out; return 2 and change nothing if that cannot be."""
    asked = arguments[0].rstrip("/").removesuffix(".git") if len(arguments) == 1 else ""
    if asked != "none" and not FORM.fullmatch(asked):
        print(WISH, file=sys.stderr)
        return 2
    try:
        texts = changes("" if asked == "none" else asked)
    except (ValueError, KeyError, nbformat.ValidationError) as err:
        print(f"Nothing was changed. {err}", file=sys.stderr)
        return 2
    fresh = {path: path.with_suffix(".tmp") for path in texts}
    try:
        for path, text in texts.items():
            fresh[path].write_text(text, encoding="utf-8", newline="\n")
        for path in texts:
            os.replace(fresh[path], path)
            print(path.relative_to(ROOT))
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
