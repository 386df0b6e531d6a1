"""What turns a check into one friendly line: a pencil, a tick, or a cross with a hint; never a traceback."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

YOUR_TURN = "your turn"


@dataclass(frozen=True)
class Verdict:
    """What a check found: true if the answer passed. The check has printed it already."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def _ipython_display_(self) -> None:
        """Show nothing as the last value of a cell: the line stands there once, not twice."""


class _Wrong(Exception):
    """Raised by `expect` with the hint as its text."""


class _Untouched(Exception):
    """Raised by `answered` where the dots of the stub still stand."""


def expect(condition: bool, hint: str) -> None:
    """End the running check with a cross and the hint unless the condition is true."""
    if not condition:
        raise _Wrong(hint)


def answered(value: object) -> None:
    """End the running check if an answer has not been written yet, or gives nothing back."""
    if value is Ellipsis:
        raise _Untouched
    expect(value is not None, "it gives nothing back: is a `return` missing?")


def exercise(title: str) -> Callable[[Callable[..., None]], Callable[..., Verdict]]:
    """Turn a function that calls `answered` and `expect` into a check.

    The check prints `✎ title: your turn` as long as the stub is as it was, then `✓ title` or
    `✗ title: hint`, and returns a `Verdict`. Whatever the answer raises becomes a hint, too.
    """

    def wrap(check: Callable[..., None]) -> Callable[..., Verdict]:
        @functools.wraps(check)
        def run(*answers) -> Verdict:
            try:
                for answer in answers:
                    answered(answer)
                check(*answers)
                verdict = Verdict(True, f"✓ {title}")
            except _Untouched:
                verdict = Verdict(False, f"✎ {title}: {YOUR_TURN}")
            except _Wrong as wrong:
                verdict = Verdict(False, f"✗ {title}: {wrong}")
            except (Exception, SystemExit) as err:
                lines = str(err).strip().splitlines()
                # A traced function puts its own traceback before the reason, an operation its device.
                reason = lines[-1 if lines[0].startswith("in user code") else 0] if lines else ""
                reason = reason.strip().removeprefix(f"{type(err).__name__}: ")
                reason = re.sub(r"^\{\{.*?\}\} ", "", reason)
                detail = f" ({reason[:120]})" if reason else ""
                verdict = Verdict(
                    False,
                    f"✗ {title}: your code stopped with {type(err).__name__}{detail}",
                )
            print(verdict.message)
            return verdict

        return run

    return wrap
