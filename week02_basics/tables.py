"""Printed facts: aligned tables whose marked columns may differ (`≈`), and lines that may (`≋`)."""

import math
from collections.abc import Sequence

from IPython import get_ipython
from IPython.display import display

WIDTH = 10  # of a number behind the mark: fixed, so that no number moves its neighbours


def approx(value: float | str, digits: int = 4) -> str:
    """Return `≈ value`, padded to a fixed width: a table's cell that may differ between machines.

    Args:
        value: a number, or its text if another format than `digits` significant digits is wanted.
        digits: significant digits of a number.
    """
    text = value if isinstance(value, str) else f"{value:.{digits}g}"
    return "≈" + text.rjust(WIDTH - 1)


def text(header: Sequence[str], rows: Sequence[Sequence]) -> str:
    """Return rows as aligned text.

    Args:
        header: one title for each column. A title that ends with ` ≈` marks its column: the numbers in
            it may differ between machines (`approx`); the title itself is printed without the mark.
        rows: one sequence for each row, with a cell (text or number) for each column. An empty text
            stays empty in a marked column, too.

    Raises:
        ValueError: a row has another number of cells than the header.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"the row {row} has {len(row)} cells, the header has {len(header)}")
    marked = [title.endswith(" ≈") for title in header]
    header = [title.removesuffix(" ≈") for title in header]
    body = [
        [
            approx(cell) if mark and cell != "" else cell
            for cell, mark in zip(row, marked, strict=True)
        ]
        for row in rows
    ]
    right = [all(_is_number(row[i]) for row in body) for i in range(len(header))]
    widths = [max(len(str(row[i])) for row in [header, *body]) for i in range(len(header))]
    lines = [
        "  ".join(
            str(cell).rjust(width) if to_right else str(cell).ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [header, ["-" * width for width in widths], *body]
    ]
    return "\n".join(lines)


def table(header: Sequence[str], rows: Sequence[Sequence]) -> None:
    """Print rows as an aligned text table, see `text`."""
    print(text(header, rows))


def _is_number(cell: object) -> bool:
    """Tell whether a cell is a finite number, as such, as text or behind the mark, or empty."""
    if str(cell)[:1] in ("≈", ""):
        return True
    try:
        return math.isfinite(float(cell))
    except (TypeError, ValueError):
        return False


def situation(line: str, *, holds: bool) -> None:
    """Print `≋ line`: a line that depends on the machine, the data or a trained network.

    Args:
        line: the text.
        holds: what must be true all the same; the lesson stops if it is not.

    Raises:
        AssertionError: `holds` is false.
        ValueError: the text has more than one line.
    """
    if "\n" in line:
        raise ValueError("one line a call: each line carries its own mark")
    assert holds, f"does not hold: {line}"
    if get_ipython() is None:
        print(f"≋ {line}")
    else:
        display({"text/plain": f"≋ {line}"}, raw=True, metadata={"situation": True})
