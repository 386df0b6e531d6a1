"""The course's pages for tests, and how much of the stored output text a run compared verbatim."""

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


def pytest_terminal_summary(terminalreporter):
    """Print the share of the stored text that is compared character by character."""
    shares = [verbatim_share(nbformat.read(path, as_version=4)) for path in NOTEBOOKS]
    for path, (verbatim, every) in zip(NOTEBOOKS, shares, strict=True):
        terminalreporter.write_line(
            f"{path.stem}: {verbatim / max(1, every):.1%} of {every} characters of output "
            "text compared verbatim"
        )
