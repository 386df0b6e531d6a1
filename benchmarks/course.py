"""Claim 8: the course itself, each notebook from top to bottom: seconds and peak memory."""

from benchmarks.race import Claim, Say
from tools.execute import execute, find

TITLE = "The course: every notebook once, top to bottom"
GOAL = 300  # seconds for all of them, on two cores


def run(quick: bool, say: Say) -> Claim:
    """Execute the notebooks, or only the shortest; a lesson that stops is named."""
    claim, total = Claim(TITLE), 0.0
    for path in find(["week02_basics"] if quick else []):
        run = execute(path, lambda run, path=path: say(f"{path.stem}, cell {run.done}/{run.cells}"))
        total += run.seconds
        claim.row(path.stem, [run.seconds], note=run.error or f"{run.peak_mb:,.0f} MB at most")
    if quick:
        claim.notes.append("quick: the first notebook only")
    else:
        claim.row("all notebooks", [total])
        claim.ratio("all notebooks / five minutes", [total], [GOAL], at_most=1)
    return claim
