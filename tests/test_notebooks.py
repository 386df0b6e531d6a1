"""The notebooks as they are stored, and the house around them; pytest also re-executes each one."""

import ast
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import nbformat
import pytest

from tests.notebook_rules import NOTEBOOKS, ROOT, code_cells, problems

PACKAGES = sorted(path.parent for path in ROOT.glob("week*/__init__.py"))
SOURCES = [
    *NOTEBOOKS,
    *(path for package in PACKAGES for path in sorted(package.glob("*.py"))),
]
PAGES = [
    *NOTEBOOKS,
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "notebooks").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]


def name(path: Path) -> str:
    """Return a path as a test's name."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebook_keeps_to_the_rules(path):
    found = problems(path)
    assert not found, "\n" + "\n".join(found)


def test_every_week_has_its_notebook_and_its_package():
    assert [path.stem for path in NOTEBOOKS] == [path.name for path in PACKAGES]


def test_every_notebook_is_in_the_syllabus_and_leads_to_its_neighbours():
    syllabus = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    for path, following in zip(NOTEBOOKS, [*NOTEBOOKS[1:], None], strict=True):
        assert f"({path.name})" in syllabus, f"{path.name} is not in notebooks/README.md"
        if following:
            last = nbformat.read(path, as_version=4).cells[-1].source
            assert f"({following.name})" in last, f"{path.name} does not lead to {following.name}"


def week(module: str) -> int:
    """Return the number in the name of a week's module, 0 for any other."""
    found = re.match(r"week(\d+)_", module)
    return int(found[1]) if found else 0


def imported(path: Path) -> set[str]:
    """Return the modules that a source file or a notebook imports."""
    if path.suffix == ".ipynb":
        cells = code_cells(nbformat.read(path, as_version=4))
        source = "\n".join(cell.source for cell in cells if not re.match(r"\s*[%!]", cell.source))
    else:
        source = path.read_text(encoding="utf-8")
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which week it comes from"
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_time_flows_forward(path):
    """A week imports itself and earlier weeks only, and nothing from tests or tools."""
    own = week(path.stem if path.suffix == ".ipynb" else path.parent.name)
    for module in imported(path):
        assert week(module) <= own, f"{name(path)} of week {own} imports {module}"
        assert module.split(".")[0] not in ("tests", "tools", "benchmarks")


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_later_weeks_start_quietly(package):
    """Importing any week loads week 2 first, which loads TensorFlow without its messages."""
    modules = imported(package / "__init__.py")
    assert any(module.split(".")[0] == "week02_basics" for module in modules)


def anchor(heading: str) -> str:
    """Return the fragment that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def prose(path: Path) -> str:
    """Return the Markdown of a page or a notebook, code blocks taken out."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return re.sub(r"(?ms)^```.*?^```", "", text)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_and_pictures_are_there(path):
    text = prose(path)
    links = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)
    links += re.findall(r"(?:src|href|srcset)=\"([^\"]+)\"", text)
    for link in links:
        url = urlparse(link)
        if url.scheme:
            assert url.scheme in ("https", "http", "mailto"), f"{name(path)}: {link}"
            continue
        target = (path.parent / unquote(url.path)).resolve() if url.path else path
        assert target.exists(), f"{name(path)}: {link} is not there"
        assert target.is_relative_to(ROOT), f"{name(path)}: {link} leaves the repository"
        if url.fragment and target.suffix in (".md", ".ipynb"):
            headings = re.findall(r"(?m)^#+ (.+)$", prose(target))
            assert url.fragment in [anchor(h) for h in headings], f"{name(path)}: {link}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pictures_say_what_they_show(path):
    for alt, link in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", prose(path)):
        assert len(alt) >= 20, f"{name(path)}: the picture {link} has no alt text"
    for tag in re.findall(r"<img [^>]*>", prose(path)):
        assert re.search(r"alt=\"[^\"]{20,}\"", tag), f"{name(path)}: {tag}"


def test_pictures_are_used():
    """What lies in notebooks/images is shown by some page."""
    shown = "".join(prose(page) for page in PAGES)
    for picture in (ROOT / "notebooks" / "images").iterdir():
        assert f"images/{picture.name}" in shown, f"{name(picture)} is shown nowhere"


def test_python_is_one_that_the_course_is_locked_for():
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)
