"""Claim 8, second part: how long `make test` and `.ci/run` take; looked at only when it is named.

Every `.ci/run` that ends well leaves the seconds of its steps in `build/ci.txt`. They are read from
there; if there are none, it runs now.
"""

import re
import subprocess
import timeit

from benchmarks.race import Claim, Say
from tools.execute import ROOT

TITLE = "The course: all tests, and what runs before a change lands"
LIMIT = 1200  # seconds of `.ci/run`
TIMES = ROOT / "build" / "ci.txt"
STEP = re.compile(r"^== (.+) took (\d+) s$", re.MULTILINE)


def run(quick: bool, say: Say) -> Claim:
    """Read what each step of the last `.ci/run` took; quick: run `make lint`, and nothing else."""
    claim = Claim(TITLE)
    if quick:
        say("make lint")
        claim.row("make lint", [timeit.timeit(lambda: _call("make", "lint"), number=1)])
        return claim
    steps = _steps()
    if ".ci/run" not in steps:
        say(".ci/run")
        _call(".ci/run")
        steps = _steps()
    for name, seconds in steps.items():
        claim.row(name, [seconds])
    claim.ratio(".ci/run / twenty minutes", [steps[".ci/run"]], [LIMIT], at_most=1)
    return claim


def _steps() -> dict[str, float]:
    """Return the seconds of each step of the last `.ci/run`; one that failed has no last step."""
    text = TIMES.read_text(encoding="utf-8") if TIMES.is_file() else ""
    return {name: float(seconds) for name, seconds in STEP.findall(text)}


def _call(*command: str) -> None:
    """Run a command in the repository; what it prints is shown only if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
