"""The syllabus keeps step with the notebooks: objectives, cells, checks and minutes."""

import re

import nbformat
import pytest

from tests.claims import claims
from tests.notebook_rules import NOTEBOOKS, ROOT
from tools.lessons import lesson

SYLLABUS = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")


def part(number: int) -> str:
    """Return what the syllabus says of a week's objectives."""
    found = re.search(rf"(?ms)^\*\*Week {number}: .+?(?=^\*\*Week|^## )", SYLLABUS)
    assert found, f"notebooks/README.md has no objectives of week {number}"
    return found[0]


def objectives(text: str) -> list[tuple[str, list[str], list[str]]]:
    """Return objective, cells that show it and cells that hold it, row by row."""
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    assert rows[0] == ["you learn to", "shown in", "held by"]
    return [(row[0], *(re.findall(r"`([^`]+)`", cell) for cell in row[-2:])) for row in rows[1:]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_objectives_are_shown_and_held_where_the_syllabus_says(path):
    about = lesson(path)
    rows = objectives(part(about.week))
    assert [row[0] for row in rows] == about.learn
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    for objective, shown, held in rows:
        assert shown and held, objective
        assert not set(shown + held) - set(cells), f"{objective}: there is no such cell"
        for name in held:
            cell = cells[name]
            # Text and alt texts of outputs are compared strictly; `show` and `table` store them.
            assert cell.cell_type == "code", f"{name} can hold nothing"
            claimed = any(claim.cell == name for claim in claims(path.stem))
            asserted = "assert" in cell.source
            assert claimed or asserted or cell.outputs, f"{name} holds nothing"
    for exercise in [name for name in cells if re.fullmatch(r"ex\d-check", name)]:
        assert any(exercise in held for _, _, held in rows), f"{exercise} belongs to no objective"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_minutes_are_about_what_the_lesson_takes(path):
    notebook = nbformat.read(path, as_version=4)
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    exercises = sum("exercise" in cell.metadata.get("tags", []) for cell in code)
    promised = int(re.search(r"About (\d+) minutes", part(lesson(path).week))[1])
    assert abs(promised - (words / 200 + len(code) / 2 + 10 * exercises)) <= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_syllabus_says_what_a_lesson_needs(path):
    first = nbformat.read(path, as_version=4).cells[0].source
    needs = re.search(r"\*\*You need\*\* (.+)", first)[1]
    assert needs in part(lesson(path).week)


def test_errata_name_cells_that_exist():
    text = SYLLABUS.partition("## Errata")[2]
    cells: dict[int, set[str]] = {
        lesson(path).week: {cell.id for cell in nbformat.read(path, as_version=4).cells}
        for path in NOTEBOOKS
    }
    rows = [
        line.strip("|\n ").split(" | ") for line in text.splitlines() if re.match(r"\| \d", line)
    ]
    assert {int(row[0].split(",")[0]) for row in rows} == set(cells), "a week without errata"
    for row in rows:
        known = set().union(*(cells[int(week)] for week in row[0].split(",")))
        for name in re.findall(r"`([^`]+)`", row[-1]):
            assert name in known, f"week {row[0]}: no cell {name}"


def test_the_glossary_has_each_term_once():
    text = SYLLABUS.partition("## Glossary")[2].partition("## Errata")[0]
    terms = [line.strip("| ").split(" | ")[0] for line in text.splitlines() if line[:2] == "| "][1:]
    twice = {term for term in terms if terms.count(term) > 1}
    assert not twice, f"{twice} stand there twice"
