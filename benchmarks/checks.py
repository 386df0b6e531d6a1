"""Claim 8, second part: how long `make test` and `.ci/run` take; runs only when it is named."""

import re
import subprocess
import time

from benchmarks.race import Claim, Say
from tools.execute import ROOT

TITLE = "The course: all tests, and what runs before a change lands"
LIMIT = 1200  # seconds of `.ci/run`
STEP = re.compile(r"^== (make \S+) took (\d+) s$", re.MULTILINE)


def run(quick: bool, say: Say) -> Claim:
    """Run `.ci/run` once and read from what it prints how long each step took; quick: lint only."""
    claim, command = Claim(TITLE), ["make", "lint"] if quick else [".ci/run"]
    say(" ".join(command))
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    failed = f"failed: {done.stdout.splitlines()[-1:]}" if done.returncode else "green"
    for name, took in STEP.findall(done.stdout):
        claim.row(name, [float(took)])
    claim.row(" ".join(command), [seconds], note=failed)
    if not quick:
        claim.ratio(".ci/run / twenty minutes", [seconds], [LIMIT], at_most=1)
    return claim
