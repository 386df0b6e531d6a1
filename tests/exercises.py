"""What tests need of a notebook's exercises: stubs, solutions, and wrong answers tried."""

from collections.abc import Callable, Iterator, Mapping

from week02_basics.exercises import Verdict
from week02_basics.taught import cells, run, taught

import numpy as np
import tensorflow as tf


def _defined(week: str, tag: str, name: str) -> object:
    """Execute a notebook's exported cells, then those with a tag, and return one name."""
    namespace = taught(week).__dict__
    for cell_id, source in cells(week, tag).items():
        run(source, namespace, cell_id)
    return namespace[name]


def solution(week: str, name: str) -> Callable:
    """Return what the notebook's solution cells define under a name."""
    return _defined(week, "solution", name)


def stub(week: str, name: str) -> Callable:
    """Return what a student starts from."""
    return _defined(week, "exercise", name)


def answers(
    check: Callable[..., Verdict], wrong: Mapping[str, str], names: dict
) -> Iterator[tuple[str, Verdict]]:
    """Try wrong answers, given as source by the hint that each deserves."""
    for hint, source in wrong.items():
        yield hint, check(eval(source, dict(names)))


def assert_exercise(
    week: str, check: Callable[..., Verdict], name: str, wrong: Mapping[str, str], **names: object
) -> None:
    """Assert that the solution passes, and that the stub and each common mistake get their hint.

    Args:
        week: the notebook's name.
        check: the exercise's check.
        name: what the exercise asks for.
        wrong: wrong answers as source, by the hint that each deserves.
        names: what they may use besides the solution, `np` and `tf`.
    """
    right = solution(week, name)
    verdict = check(right)
    assert verdict, verdict.message
    unfinished = check(stub(week, name)).message
    assert unfinished.startswith("✎ ") and unfinished.endswith(": your turn"), unfinished
    known = {name: right, "np": np, "tf": tf} | names
    for hint, verdict in answers(check, wrong, known):
        assert not verdict and hint in verdict.message, (hint, verdict.message)
