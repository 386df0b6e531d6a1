"""Claim 8: the course itself, each notebook from top to bottom: seconds and peak memory.

`make course` measures that whenever it runs. If the notebooks are the same since, its numbers are
taken; otherwise it runs now.
"""

import json
import subprocess
import sys

from benchmarks.race import Claim, Say
from tools.course import BUILD
from tools.execute import ROOT, find

TITLE = "The course: every notebook once, top to bottom"
REPORT = BUILD / "course.json"
GOAL = 300  # seconds for all of them, on two cores


def run(quick: bool, say: Say) -> Claim:
    """Read what `make course` measured, or run it; quick: its first notebook. Who stops is named."""
    claim, names = Claim(TITLE), ["week02_basics"] if quick else []
    if quick or not _fresh():
        command = [sys.executable, "-m", "tools.course", *names]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as course:
            for line in course.stdout:
                say(line.strip())
    stored = json.loads(REPORT.read_text(encoding="utf-8"))
    report = stored["notebooks"]
    claim.notes.append(f"measured by `make course` on {stored['date']}")
    for name in names or report:
        note = report[name]["error"] or f"{report[name]['peak_mb']:,} MB at most"
        claim.row(name, [report[name]["seconds"]], note=note)
    if quick:
        claim.notes.append("quick: the first notebook only")
    else:
        total = [sum(notebook["seconds"] for notebook in report.values())]
        claim.row("all notebooks", total)
        claim.ratio("all notebooks / five minutes", total, [GOAL], at_most=1)
    return claim


def _fresh() -> bool:
    """Tell whether `make course` measured every notebook as it is now."""
    if not REPORT.is_file():
        return False
    measured, notebooks = json.loads(REPORT.read_text(encoding="utf-8"))["notebooks"], find([])
    younger = [path for path in notebooks if path.stat().st_mtime > REPORT.stat().st_mtime]
    return not younger and {path.stem for path in notebooks} <= set(measured)
