"""Grade filled-in notebooks: `python -m tools.grade PATH … [--seconds N] [--memory N]`.

Prints a table of the exercises passed and writes it to `build/grades/`: as JSON, as CSV with a row for
each exercise, and as CSV with a row for each student, which a learning platform imports. Student's
code, checks and this program run in three processes. That is made for careless code; code that is
meant to do harm has all rights of whoever starts this: grade strangers' notebooks in a container.
"""

import argparse
import csv
import datetime
import io
import json
import os
import platform
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tools import reading
from tools.execute import ROOT, find
from tools.frames import pack
from tools.worker import Ended, Limits, Worker

GRADES = ROOT / "build" / "grades"
COLUMNS = ("notebook", "week", "exercise", "title", "passed", "hint", "seconds")
OTHERS = {".ipynb_checkpoints", "__MACOSX"}  # folders of copies that nobody hands in
JUDGE_MEMORY = 4000  # megabytes that a check may take itself


def notebooks(paths: list[Path]) -> list[Path]:
    """Return the notebooks among the paths, and in the folders among them, sorted.

    The `._…` files that macOS lays beside others are none.

    Raises:
        SystemExit: there is none, or a path does not exist.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise SystemExit(f"{path} is not there")
        inside = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
        found += [p for p in inside if not p.name.startswith("._") and not OTHERS & {*p.parts}]
    if not found:
        raise SystemExit(f"no notebook (*.ipynb) in {', '.join(map(str, paths))}")
    return found


def lesson_of(path: Path) -> str:
    """Return the name of the lesson that a notebook is filled in from.

    It is known by its heading `# Week N`, which may stand in any cell, else by the names that its
    cells define and the exercises of a lesson ask for.

    Raises:
        ValueError: it is no notebook, or of no lesson; the text says what to do.
        OSError: the file cannot be read.
    """
    cells = reading.notebook(path).cells
    lessons = find([])
    for cell in cells:
        number = re.search(r"(?m)^\s*# Week (\d+)\b", cell.source)
        if cell.cell_type == "markdown" and number:
            for lesson in lessons:
                if lesson.stem.startswith(f"week{int(number[1]):02}_"):
                    return lesson.stem
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    there = set(re.findall(r"(?m)^(?:def |class )?(\w+)", code))
    shares = {}
    for lesson in lessons:
        stubs = [
            c for c in reading.lesson(lesson).cells if "exercise" in c.metadata.get("tags", [])
        ]
        names = {name for stub in stubs for name in reading.defined(stub.source)}
        shares[lesson.stem] = len(names & there) / len(names)
    best = max(shares, key=shares.get)
    if shares[best] >= 0.5:
        return best
    raise ValueError(
        "it does not say which lesson it is: put `# Week N` (the lesson's number) into its first cell"
    )


def grade(path: Path, stem: str, limits: Limits, judges: dict[str, Worker]) -> list[dict]:
    """Let the judge of a week grade a notebook, and grade in its place what ends the judge.

    Args:
        path: the student's notebook.
        stem: the lesson it is of.
        limits: on the student's code.
        judges: the judges that run, by lesson; changed in place.
    """
    rows, plan = [], []
    while not rows or len(rows) < len(plan):
        try:
            if stem not in judges:
                memory = limits.memory + JUDGE_MEMORY
                judges[stem] = Worker("tools.judge", stem, memory=memory, folder=ROOT)
            wish = {"path": str(path.resolve()), "skip": len(rows)}
            wish |= {"seconds": limits.seconds, "memory": limits.memory}
            judges[stem].send(pack(wish, []))
            while not (message := judges[stem].receive(limits.start + 5 * limits.seconds)[0]).get(
                "over"
            ):
                if "plan" in message:
                    plan = message["plan"]
                else:
                    rows.append(message)
        except Ended as err:
            tail = judges.pop(stem).tail()
            if not plan:
                raise RuntimeError(f"the grader itself {err}\n{tail}") from None
            name, title = plan[len(rows)]
            rows.append(_row(name.removesuffix("-stub"), title, f"the check of your answer {err}"))
    return rows


def _row(exercise: str, title: str, hint: str) -> dict:
    """Return the row of an exercise that no check has judged."""
    return {"exercise": exercise, "title": title, "passed": False, "hint": hint, "seconds": 0.0}


def table(rows: list[dict]) -> str:
    """Return the rows as aligned text, with a line that counts for each notebook."""
    lines = []
    width = max([len(row["title"]) for row in rows], default=0)
    for name in dict.fromkeys(row["notebook"] for row in rows):
        own = [row for row in rows if row["notebook"] == name]
        lines.append(f"{name}: {sum(row['passed'] for row in own)} of {len(own)} passed")
        for row in own:
            mark = "✓" if row["passed"] else "✗"
            lines.append(f"  {mark} {row['title']:{width}}  {row['hint']}".rstrip())
    return "\n".join(lines)


def write(rows: list[dict], limits: Limits) -> None:
    """Write `grades.json`, `grades.csv` and `students.csv`, each at once and whole."""
    GRADES.mkdir(parents=True, exist_ok=True)
    report = {
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("tensorflow", "keras", "numpy")},
        "limits": {"seconds": limits.seconds, "memory_mb": limits.memory},
        "rows": [{column: row[column] for column in COLUMNS} for row in rows],
    }
    _replace(GRADES / "grades.json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    _replace(GRADES / "grades.csv", _csv([COLUMNS, *([row[c] for c in COLUMNS] for row in rows)]))
    _replace(GRADES / "students.csv", _csv(wide(rows)))


def wide(rows: list[dict]) -> list[list]:
    """Return a table of points: a title, then a row for each student, a column for each exercise.

    A student who hands in a lesson twice gets the better answer to each exercise.
    """
    graded = [row for row in rows if row["exercise"]]
    columns = list(dict.fromkeys((row["week"], row["exercise"]) for row in graded))
    columns.sort(key=lambda column: (column[0], int(column[1].removeprefix("ex"))))
    points: dict[str, dict] = {row["student"]: {} for row in rows}
    for row in graded:
        own, column = points[row["student"]], (row["week"], row["exercise"])
        own[column] = max(own.get(column, 0), int(row["passed"]))
    title = ["student", *(" ".join(column) for column in columns), "points", "of"]
    return [title] + [
        [name, *(own.get(column, "") for column in columns), sum(own.values()), len(own)]
        for name, own in points.items()
    ]


def _csv(lines: list) -> str:
    """Return lines as CSV. A spreadsheet takes a text that begins like a formula for one."""
    text = io.StringIO()
    for line in lines:
        cells = [str(cell) for cell in line]
        csv.writer(text).writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in cells]
        )
    return text.getvalue()


def _replace(path: Path, text: str) -> None:
    """Write a file beside its place, then move it there."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, delete=False, encoding="utf-8", newline=""
    ) as file:
        file.write(text)
    os.replace(file.name, path)


def student_of(path: Path, given: list[Path]) -> str:
    """Return whose a notebook is: the folder in which it was handed in, else the file's name."""
    for folder in given:
        if path.is_relative_to(folder) and len(parts := path.relative_to(folder).parts) > 1:
            return parts[0]
    return path.stem


def main(arguments: list[str]) -> int:
    """Grade what the command line names.

    Returns:
        0 if a notebook was graded, 1 if none could be; with `--strict` 0 only if every exercise of
        every notebook passed.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.grade", description="Grade notebooks.")
    parser.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of them")
    parser.add_argument("--seconds", type=float, default=60, help="for a cell or call (60)")
    parser.add_argument("--memory", type=int, default=4000, help="megabytes (4000)")
    parser.add_argument("--strict", action="store_true", help="fail unless all exercises pass")
    options = parser.parse_args(arguments)
    limits = Limits(options.seconds, options.memory)
    rows, judges = [], {}
    try:
        for path in notebooks(options.paths):
            about = {"notebook": str(path), "week": "", "student": student_of(path, options.paths)}
            try:
                about["week"] = stem = lesson_of(path)
                found = grade(path, stem, limits, judges)
            except (OSError, ValueError, RuntimeError) as err:
                found = [_row("", "not graded", str(err))]
            rows += [about | row for row in found]
            print(table(rows[-len(found) :]), flush=True)
    finally:
        for judge in judges.values():
            judge.end()
        if rows:
            write(rows, limits)
    passed, graded = sum(row["passed"] for row in rows), any(row["exercise"] for row in rows)
    place = GRADES.relative_to(ROOT) if GRADES.is_relative_to(ROOT) else GRADES
    print(f"{passed} of {len(rows)} passed; {place}/grades.json, grades.csv, students.csv")
    return int(passed < len(rows) if options.strict else not graded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
