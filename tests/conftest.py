"""The course's pages for tests, and how much of the stored output text a run compared verbatim."""

from collections import Counter

import nbformat
import pytest

from tests.notebook_rules import NOTEBOOKS, verbatim_share
from tools import pages
from tools.execute import Run


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """All pages of the course in a folder, from the notebooks as they are stored."""
    folder = tmp_path_factory.mktemp("site")
    stored = {path: nbformat.read(path, as_version=4) for path in NOTEBOOKS}
    for path, notebook in stored.items():
        text = pages.page(notebook, path, NOTEBOOKS)
        (folder / f"{path.stem}.html").write_text(text, encoding="utf-8")
    runs = {path: Run(notebook, seconds=9, peak_mb=800) for path, notebook in stored.items()}
    (folder / "index.html").write_text(pages.index(runs, {"python": "3"}), encoding="utf-8")
    pages.copy_images(NOTEBOOKS[0].parent / "images", folder / "images")
    return folder


FAULTS = Counter()  # by outcome


def pytest_collection_modifyitems(items):
    """Count one fault for each test with the mark; `record_property("faults", …)` says how many else."""
    for item in items:
        if item.get_closest_marker("hostile"):
            item.user_properties.append(("faults", 1))


def pytest_runtest_logreport(report):
    """Add the faults of a test to the tally."""
    faults = dict(report.user_properties).get("faults", 0)
    if report.when == "call" or not report.passed:
        FAULTS[report.outcome] += faults


def pytest_terminal_summary(terminalreporter):
    """Print the tally of faults, and the share of the text that is compared character by character."""
    if FAULTS.total():
        tried, survived = FAULTS["passed"] + FAULTS["failed"], FAULTS["passed"]
        missed = f"; {FAULTS['skipped']} could not be made here" if FAULTS["skipped"] else ""
        terminalreporter.write_line(f"faults: {tried} tried, {survived} survived{missed}")
    shares = [verbatim_share(nbformat.read(path, as_version=4)) for path in NOTEBOOKS]
    for path, (verbatim, every) in zip(NOTEBOOKS, shares, strict=True):
        terminalreporter.write_line(
            f"{path.stem}: {verbatim / max(1, every):.1%} of {every} characters of output "
            "text compared verbatim"
        )
