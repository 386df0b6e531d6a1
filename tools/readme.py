"""Bring what was measured up to date in README.md and TEACHING.md: `python -m tools.readme`."""

import base64
import io
import json
import re
import sys

import nbformat
from PIL import Image

from tools.course import BUILD
from tools.execute import NOTEBOOKS, ROOT, find
from tools.lessons import lesson

README, TEACHING = ROOT / "README.md", ROOT / "TEACHING.md"
TABLE = re.compile(r"(?s)<!-- weeks -->\n.*?<!-- /weeks -->")
VERIFIED = re.compile(r"(?s)<!-- verified -->\n.*?<!-- /verified -->")
PICTURE = NOTEBOOKS / "images" / "weeks.png"
SHOWN = [  # notebook and cell of each figure, row by row
    ("week02_basics", "valley-surface"),
    ("week02_basics", "graph-draw"),
    ("week03_regression", "curve-figure"),
    ("week03_regression", "curve-units"),
    ("week03_regression", "inside-weights"),
    ("week03_regression", "inside-confusion"),
]
TILE = (420, 240)  # pixels, with a margin of 10 on each side


def table(measured: dict[str, dict]) -> str:
    """Return the table of weeks.

    Args:
        measured: seconds and peak_mb by notebook, as `make course` wrote them.

    Raises:
        SystemExit: a notebook was not measured, or failed.
    """
    rows = ["| week | lesson | you learn to | takes |", "|---|---|---|---|"]
    for path in find([]):
        about, numbers = lesson(path), measured.get(path.stem)
        if not numbers or numbers["error"]:
            raise SystemExit(f"{path.name} has no good run in build/course.json: run `make course`")
        rows.append(
            f"| {about.week} | [{about.title}](notebooks/{path.name})<br><sub>{about.chinese}</sub> "
            f"| {'; '.join(about.learn)} "
            f"| {numbers['seconds']:.0f} s, {numbers['peak_mb'] / 1000:.1f} GB |"
        )
    return "\n".join(rows)


def without_numbers(text: str) -> str:
    """Return a table of weeks without what was measured."""
    return re.sub(r"\| \d+ s, [\d.]+ GB \|", "| |", text)


def verified(report: dict) -> str:
    """Return the sentences that say what was re-executed last, when, and with which versions.

    Args:
        report: what `make course` wrote into build/course.json.
    """
    used = ", ".join(f"{package} {number}" for package, number in report["versions"].items())
    numbers = report["notebooks"].values()
    failed = [name for name, run in report["notebooks"].items() if run["error"]]
    return (
        f"**Last re-executed** on {report['date']} with {used}, on {report['machine']}: "
        f"{len(numbers) - len(failed)} of {len(numbers)} lessons to their end, in "
        f"{sum(run['seconds'] for run in numbers):.0f} seconds, with at most "
        f"{max(run['peak_mb'] for run in numbers) / 1000:.1f} GB of memory."
    )


def picture() -> Image.Image:
    """Return stored figures of the lessons side by side, three in a row."""
    sheet = Image.new("RGB", (3 * (TILE[0] + 20), -(-len(SHOWN) // 3) * (TILE[1] + 20)), "white")
    for number, (name, cell_id) in enumerate(SHOWN):
        cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
        outputs = next(cell.outputs for cell in cells if cell.id == cell_id)
        png = next(out.data["image/png"] for out in outputs if "image/png" in out.get("data", {}))
        figure = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
        figure.thumbnail(TILE, Image.Resampling.LANCZOS)
        row, column = divmod(number, 3)
        left = column * (TILE[0] + 20) + (TILE[0] + 20 - figure.width) // 2
        sheet.paste(figure, (left, row * (TILE[1] + 20) + (TILE[1] + 20 - figure.height) // 2))
    return sheet


def main(arguments: list[str]) -> int:
    """Rewrite table and picture; with `--check` only tell whether the table fits the notebooks."""
    text = README.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        blank = {path.stem: {"seconds": 0, "peak_mb": 0, "error": ""} for path in find([])}
        stored = TABLE.search(text)
        fits = stored and without_numbers(table(blank)) in without_numbers(stored[0])
        print("fits" if fits else "README.md: the table of weeks is out of date: `make readme`")
        return int(not fits)
    course = BUILD / "course.json"
    if not course.is_file():
        raise SystemExit("build/course.json is missing: run `make course` first")
    report = json.loads(course.read_text(encoding="utf-8"))
    fresh = f"<!-- weeks -->\n{table(report['notebooks'])}\n<!-- /weeks -->"
    README.write_text(TABLE.sub(lambda _: fresh, text), encoding="utf-8")
    teaching = TEACHING.read_text(encoding="utf-8")
    fresh = f"<!-- verified -->\n{verified(report)}\n<!-- /verified -->"
    TEACHING.write_text(VERIFIED.sub(lambda _: fresh, teaching), encoding="utf-8")
    PICTURE.parent.mkdir(exist_ok=True)
    picture().save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
