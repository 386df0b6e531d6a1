"""What the lessons claim, held beside them: `weekNN_topic.py` has the claims of one notebook.

A claim is a function bound to a cell. Every strict re-execution calls it in the lesson's own kernel,
right after that cell, with the lesson's variables as attributes of its argument; a claim that fails
fails the cell. A student's run never loads this package.

    @after("remember-table")
    def the_forget_bias_does_the_work(lesson):
        within(lesson.right, 0.9, 1, excludes={"default": lesson.default, "chance": 0.25})

A claim reads: it draws no random numbers and changes nothing of the lesson.
"""

import contextlib
import importlib.util
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

FOLDER = Path(os.environ.get("COURSE_CLAIMS") or Path(__file__).parent)  # tests have another
NUMBER = re.compile(r"\u2248[ \t]*([-+]?(?:\d[\d.,]*(?:e[-+]?\d+)?|inf|nan))")


@dataclass(frozen=True)
class Claim:
    """A claim: where it belongs, how often its cell may be tried, and what decides."""

    cell: str
    name: str
    tries: int
    check: Callable[[SimpleNamespace], None]


class Refuted(AssertionError):
    """A claim does not hold."""


@dataclass
class Ledger:
    """What the claims of one cell said while they ran."""

    numbers: list[float] = field(default_factory=list)  # each that a band was held against
    sentences: int = 0  # conditions without a number


_claims: dict[str, list[Claim]] = {}  # by notebook
_ledger = Ledger()


def after(cell: str, tries: int = 1) -> Callable:
    """Bind a function of the lesson's variables to a cell of the notebook that its module is named for.

    Args:
        cell: the cell's id.
        tries: how often the cell is executed before the claim counts as refuted. More than 1 is for
            claims about time alone: there a busy moment of the machine is no failure.
    """

    def bind(check: Callable) -> Callable:
        week = check.__module__.rpartition(".")[2]
        _claims.setdefault(week, []).append(Claim(cell, check.__name__, tries, check))
        return check

    return bind


def within(value: float, low: float, high: float, *, excludes: Mapping[str, float]) -> None:
    """Hold a number to a band.

    Args:
        value: what the lesson measured.
        low, high: the band, ends included; `math.inf` where more is only better.
        excludes: the failures that the band is there to catch, by name, each with the number that it
            gives: `{"chance": 0.1, "untrained": lesson.before}`. None may lie inside the band.

    Raises:
        Refuted: the value is outside its band, or not a number.
        ValueError: the band is empty, names no failure or lets a named one pass.
    """
    value = float(value)
    _ledger.numbers.append(value)
    if not low < high:
        raise ValueError(f"the band from {low} to {high} is empty")
    if not excludes:
        raise ValueError("name a failure that the band excludes, such as {'chance': 0.1}")
    for failure, at in excludes.items():
        if not (at < low or at > high):
            raise ValueError(f"the band from {low:g} to {high:g} lets {failure!r} ({at:g}) pass")
    if not low <= value <= high:
        against = ", ".join(f"{failure} {float(at):.4g}" for failure, at in excludes.items())
        raise Refuted(
            f"{value:.6g} is outside its band from {low:g} to {high:g}, which excludes: {against}"
        )


def holds(condition: bool, sentence: str) -> None:
    """Hold what is no number in a band: an order, a shape, what the code runs on.

    Raises:
        Refuted: the condition is false; the text is the sentence.
    """
    _ledger.sentences += 1
    if not condition:
        raise Refuted(f"it is not true that {sentence}")


def it_is_named_what_the_code_runs_on() -> None:
    """Hold what every lesson's set-up prints: a GPU if there is one, and only then.

    Raises:
        Refuted: it names the other.
    """
    from week02_basics.start import devices

    import tensorflow as tf  # here: a process without a kernel reads claims without TensorFlow

    gpus = tf.config.list_physical_devices("GPU")
    holds(("GPU" in devices()) == bool(gpus), "a GPU is named if there is one, and only then")


def claims(week: str) -> list[Claim]:
    """Return the claims of a notebook, in the order in which they are written; none for an old one."""
    if week not in _claims:
        module(week)
    return _claims.setdefault(week, [])


def claimed(week: str, cell: str) -> bool:
    """Tell whether a claim is bound to a cell."""
    return any(claim.cell == cell for claim in claims(week))


def module(week: str) -> ModuleType | None:
    """Execute the claims of a notebook as a fresh module; None if there are none."""
    file = FOLDER / f"{week}.py"
    if not file.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"{__name__}.{week}", file)
    made = importlib.util.module_from_spec(spec)
    _claims[week] = []
    spec.loader.exec_module(made)
    return made


@contextlib.contextmanager
def _listening() -> Iterator[Ledger]:
    global _ledger
    outer, _ledger = _ledger, Ledger()
    try:
        yield _ledger
    finally:
        _ledger = outer


def evaluate(week: str, cell: str, names: Mapping[str, object]) -> dict:
    """Evaluate the claims of one cell; called in the lesson's kernel.

    Args:
        week: the notebook's name without its ending.
        cell: the cell's id.
        names: what the lesson has defined so far.

    Returns:
        `refuted`: a line for each claim that does not hold, with its name; `tries`: how often the cell
        may be executed before that counts; `numbers`: what bands were held against; `sentences`: how
        many other conditions were.
    """
    refuted, tries = [], []
    with _listening() as ledger:
        for claim in claims(week):
            if claim.cell != cell:
                continue
            try:
                claim.check(SimpleNamespace(**names))
            except Exception as err:
                what = f"{err}" if isinstance(err, Refuted) else f"{type(err).__name__}: {err}"
                refuted.append(f"claim `{claim.name}` after cell `{cell}`: {what}")
                tries.append(claim.tries)
    return {
        "refuted": refuted,
        "tries": min(tries, default=1),
        "numbers": ledger.numbers,
        "sentences": ledger.sentences,
    }


def unheld(text: str, numbers: list[float], sentences: int) -> list[str]:
    """Return what a cell printed behind a mark that none of its claims held.

    Args:
        text: all that the cell printed.
        numbers, sentences: from `evaluate`.
    """
    found = []
    for printed in NUMBER.findall(text):
        printed = printed.rstrip(".,")
        if not any(_same(printed, number) for number in numbers):
            found.append(f"no claim was held against the number in `≈ {printed}`")
    if re.search("(?m)^\u224b", text) and not sentences + len(numbers):
        found.append("no claim was held for a line that begins with `≋`")
    return found


def _same(printed: str, number: float) -> bool:
    """Tell whether a number, rounded as it was printed, reads as it was printed."""
    shown = float(printed.replace(",", ""))
    if not math.isfinite(shown) or not math.isfinite(number):
        return shown == number
    mantissa, _, exponent = printed.replace(",", "").partition("e")
    decimals = len(mantissa.partition(".")[2])
    half = 0.5000001 * 10.0 ** (int(exponent or 0) - decimals)
    if "." not in mantissa and not exponent:  # `g` leaves trailing zeros out
        half = max(half, 0.00005 * abs(shown))
    return abs(shown - number) <= half


def answer(week: str, cell: str, names: Mapping[str, object]) -> str:
    """Return `evaluate` as JSON, for whoever asks the kernel."""
    return json.dumps(evaluate(week, cell, dict(names)))
