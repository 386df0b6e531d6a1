"""Claim 8, second part: how long `make test` and `.ci/run` take; runs only when it is named."""

import subprocess
import time

from benchmarks.race import Claim, Say
from tools.execute import ROOT

TITLE = "The course: all tests, and what runs before a change lands"
COMMANDS = {"make test": ["make", "test"], ".ci/run": [".ci/run"]}


def run(quick: bool, say: Say) -> Claim:
    """Run each command once; with `quick` only ask make what it would do."""
    claim = Claim(TITLE)
    for name, command in COMMANDS.items():
        if quick:
            command = ["make", "--dry-run", "test"]
        say(name)
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        failed = f"failed: {done.stdout.splitlines()[-1:]}" if done.returncode else "green"
        claim.row(name, [seconds], note=failed)
    return claim
