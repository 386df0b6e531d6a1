"""What a notebook's opening says of it: title, objectives, Chinese title."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat


@dataclass(frozen=True)
class Lesson:
    """The facts in the first cell of a notebook."""

    path: Path
    week: int
    title: str
    chinese: str
    learn: list[str]


def lesson(path: Path) -> Lesson:
    """Read a notebook's opening.

    Raises:
        ValueError: it does not open as the lessons of this course do.
    """
    first = nbformat.read(path, as_version=4).cells[0].source
    title = re.match(r"# Week (\d+) — (.+)", first)
    chinese = re.search(r"<sub>(.+?)</sub>", first)
    learn = re.search(r"\*\*You will learn to\*\*\n+((?:- .+\n)+)", first)
    if not (title and chinese and learn):
        raise ValueError(
            f"{path.name}: the first cell needs `# Week N — title`, the Chinese title in <sub>, "
            "and a list under **You will learn to**"
        )
    objectives = [line.removeprefix("- ") for line in learn[1].splitlines()]
    return Lesson(path, int(title[1]), title[2], chinese[1], objectives)
