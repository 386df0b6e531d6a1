"""Re-execute the course and render it: `python -m tools.course [NAME …]`, the job of `make course`.

Writes an HTML page for each notebook, an index and `course.json` into `build/`; the notebooks
themselves are not touched.
"""

import datetime
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tools.execute import NOTEBOOKS, ROOT, Run, execute, find
from tools.pages import copy_images, index, page

BUILD = ROOT / "build"


def show_progress(path: Path, run: Run) -> None:
    """Say how far a notebook is: in one line that updates on a terminal, else at its end."""
    line = f"{path.stem:24} {run.done:3}/{run.cells} cells  {run.seconds:5.1f} s  {run.peak_mb:6.0f} MB"
    if sys.stdout.isatty():
        print(f"\r{line}", end="", flush=True)
    elif run.done in (0, run.cells) or run.done % 10 == 0:
        print(line, flush=True)


def earlier(versions: dict[str, str]) -> dict[str, dict]:
    """Return what was measured of each notebook before, if it was with the same versions."""
    file = BUILD / "course.json"
    report = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return report["notebooks"] if report.get("versions") == versions else {}


def main(names: list[str]) -> int:
    """Execute and render the named notebooks, or all; return 1 if one failed."""
    BUILD.mkdir(exist_ok=True)
    every, runs = find([]), {}
    for path in find(names):
        runs[path] = run = execute(path, lambda run, path=path: show_progress(path, run))
        if sys.stdout.isatty():
            print()
        (BUILD / f"{path.stem}.html").write_text(page(run.notebook, path, every), encoding="utf-8")
    versions = {"python": platform.python_version()} | {
        package: version(package) for package in ("tensorflow", "keras", "numpy")
    }
    (BUILD / "index.html").write_text(index(runs, versions), encoding="utf-8")
    copy_images(NOTEBOOKS / "images", BUILD / "images")
    measured = {
        path.stem: {
            "seconds": round(run.seconds, 1),
            "peak_mb": round(run.peak_mb),
            "error": run.error,
        }
        for path, run in runs.items()
    }
    report = {
        "date": f"{datetime.date.today()}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU cores",
        "versions": versions,
        "notebooks": measured,
    }
    if names:
        report["notebooks"] = earlier(versions) | measured
    (BUILD / "course.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    failed = [f"{path.name}: {run.error}" for path, run in runs.items() if run.error]
    total = sum(run.seconds for run in runs.values())
    print(f"{len(runs) - len(failed)} of {len(runs)} notebooks ran to their end in {total:.0f} s")
    print(f"pages: {(BUILD / 'index.html').relative_to(ROOT)}")
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
