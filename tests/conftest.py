"""What a test run adds at its end: how much of the stored output text it compared verbatim."""

import nbformat

from tests.notebook_rules import NOTEBOOKS, verbatim_share


def pytest_terminal_summary(terminalreporter):
    """Print the share of the stored text that is compared character by character."""
    shares = [verbatim_share(nbformat.read(path, as_version=4)) for path in NOTEBOOKS]
    for path, (verbatim, every) in zip(NOTEBOOKS, shares, strict=True):
        terminalreporter.write_line(
            f"{path.stem}: {verbatim / max(1, every):.1%} of {every} characters of output "
            "text compared verbatim"
        )
