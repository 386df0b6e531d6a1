"""What newer releases changed, in Markdown: `python -m tools.drift BEFORE AFTER TESTS.xml`.

BEFORE and AFTER are lists of packages as `pip list --format=freeze` prints them, TESTS.xml what
`pytest --color=no --junitxml=TESTS.xml` wrote.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat

from tools.execute import NOTEBOOKS

MOST = 30_000  # characters of all failures together; an issue takes 65,536
LINES = 30  # of one failure


def packages(file: Path) -> dict[str, str]:
    """Read versions by name."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if "==" in line)


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return a table row for each package that has another version, is new or is gone."""
    names = sorted(before.keys() | after.keys(), key=str.lower)
    return [
        f"| {name} | {before.get(name, '—')} | {after.get(name, '—')} |"
        for name in names
        if before.get(name) != after.get(name)
    ]


def failures(report: Path) -> list[tuple[str, str]]:
    """Return name and text of each failed test or notebook cell, in the order of the run."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        for fault in [*case.findall("failure"), *case.findall("error")]:
            found.append((_name(case), _text(fault.text or fault.get("message") or "")))
    return found


def _name(case: ElementTree.Element) -> str:
    """Name a test; of a cell also its id, by which one finds it in the notebook."""
    where, name = case.get("classname", ""), case.get("name", "")
    cell = re.fullmatch(r"Cell (\d+)", name)
    stem = re.search(r"week\w+", where)
    if cell and stem and (path := NOTEBOOKS / f"{stem[0]}.ipynb").is_file():
        cells = nbformat.read(path, as_version=4).cells
        code = [each for each in cells if each.cell_type == "code"]
        return f"{stem[0]}, {name} (`{code[int(cell[1])].id}`)"
    return f"{where}.{name}"


def _text(text: str) -> str:
    """Shorten a failure: of a cell that differs what was stored and what came, else its end."""
    lines = re.sub(r"#x1B\[[\d;]*m", "", text).replace("```", "'''").splitlines()
    marks = {"+": "stored", "-": "came  "}  # nbval's signs
    seen = [re.match(r"\s{1,3}([+-]) ?(.*)", line) for line in lines]
    if "Cell outputs differ" in text and any(seen):
        lines = [f"{marks[match[1]]} | {match[2]}" for match in seen if match]
        return "\n".join(lines[:LINES])
    return "\n".join(lines[-LINES:])


def markdown(before: Path, after: Path, report: Path) -> str:
    """Return the whole report."""
    rows = changed(packages(before), packages(after))
    text = ["## Packages", ""]
    text += ["| package | from | to |", "|---|---|---|", *rows] if rows else ["None has changed."]
    found = failures(report) if report.is_file() else []
    if not report.is_file():
        text += ["", "## Tests", "", "They did not run to their end."]
    else:
        count = sum(1 for _ in ElementTree.parse(report).iter("testcase"))
        text += ["", f"## {len(found)} of {count} tests and cells failed"]
    left = MOST
    for number, (name, what) in enumerate(found):
        if (left := left - len(what) - len(name)) < 0:
            text += ["", f"… and {len(found) - number} more."]
            break
        text += ["", f"**{name}**", "", "```text", what, "```"]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    print(markdown(*map(Path, sys.argv[1:4])), end="")
