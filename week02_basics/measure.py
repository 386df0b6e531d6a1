"""Printed facts that may differ between machines, marked so that all the rest can be compared verbatim.

The stored outputs of the notebooks are re-checked character by character. Two marks except what
cannot be the same everywhere: `≈` excepts the one number behind it, `≋` the whole line behind it.
Both are only ever printed from here, and never without a claim that must hold.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from week02_basics.tables import approx, text

from IPython import get_ipython
from IPython.display import display


class Band(NamedTuple):
    """A measured number with the band that it must lie in; made by `band`."""

    value: float
    low: float
    high: float
    excludes: dict[str, float]
    digits: int


def band(
    value: float,
    low: float,
    high: float,
    *,
    excludes: Mapping[str, float],
    digits: int = 4,
) -> Band:
    """Hold a measured number to its band.

    Args:
        value: what was measured.
        low, high: the band, ends included; `math.inf` is allowed where more is only better.
        excludes: the failures that the band is there to catch, by name, each with the number it
            would have given: `{"chance": 0.1}`. None of them may lie inside the band.
        digits: significant digits to print.

    Raises:
        ValueError: the band is empty or lets a named failure pass, or none is named.
        AssertionError: the value is outside its band, or not a number.
    """
    value = float(value)
    if not low < high:
        raise ValueError(f"the band from {low} to {high} is empty")
    if not excludes:
        raise ValueError(
            "name the failure that the band excludes, such as excludes={'chance': 0.1}"
        )
    for failure, at in excludes.items():
        if not (at < low or at > high):
            raise ValueError(f"the band from {low} to {high} lets {failure!r} ({at}) pass")
    assert low <= value <= high, f"{value:.6g} is outside its band from {low:g} to {high:g}"
    return Band(value, low, high, dict(excludes), digits)


def measured(
    label: str,
    value: float,
    low: float,
    high: float,
    unit: str = "",
    *,
    excludes: Mapping[str, float],
    digits: int = 4,
) -> None:
    """Print `label ≈ value unit`, and raise if the value leaves its band (see `band`)."""
    try:
        number = band(value, low, high, excludes=excludes, digits=digits)
    except (AssertionError, ValueError) as err:
        raise type(err)(f"{label}: {err}") from None
    _emit(
        f"{label} ≈ {number.value:.{digits}g}{' ' if unit else ''}{unit}",
        measured=[number],
    )


def table(header: Sequence[str], rows: Sequence[Sequence]) -> None:
    """Print rows as an aligned text table; a cell that is a `Band` becomes `≈ value`.

    Args:
        header: one title for each column.
        rows: one sequence for each row, with a cell (text, number or `Band`) for each column.

    Raises:
        ValueError: a row has another number of cells than the header.
    """
    bands = [cell for row in rows for cell in row if isinstance(cell, Band)]
    shown = [
        [approx(cell.value, cell.digits) if isinstance(cell, Band) else cell for cell in row]
        for row in rows
    ]
    _emit(text(header, shown), measured=bands)


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
    _emit(f"≋ {line}", situation=True)


def _emit(text: str, measured: Sequence[Band] = (), situation: bool = False) -> None:
    """Show text in a notebook, with the claims behind its marks as metadata; elsewhere print it."""
    claims = [
        {
            "low": number.low if math.isfinite(number.low) else "-inf",
            "high": number.high if math.isfinite(number.high) else "inf",
            "excludes": number.excludes,
        }
        for number in measured
    ]
    if get_ipython() is None:
        print(text)
        return
    metadata = ({"measured": claims} if claims else {}) | ({"situation": True} if situation else {})
    display({"text/plain": text}, raw=True, metadata=metadata)
