"""Claim 8: the course itself, each notebook from top to bottom: seconds and peak memory."""

import json
import subprocess
import sys

from benchmarks.race import Claim, Say
from tools.course import BUILD
from tools.execute import ROOT

TITLE = "The course: every notebook once, top to bottom"
GOAL = 300  # seconds for all of them, on two cores


def run(quick: bool, say: Say) -> Claim:
    """Run `make course`, or its first notebook only; a lesson that stops is named."""
    claim, names = Claim(TITLE), ["week02_basics"] if quick else []
    command = [sys.executable, "-m", "tools.course", *names]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as course:
        for line in course.stdout:
            say(line.strip())
    report = json.loads((BUILD / "course.json").read_text(encoding="utf-8"))["notebooks"]
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
