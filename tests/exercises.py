"""What tests need of a notebook's exercises: stubs, solutions, and wrong answers tried."""

from collections.abc import Callable, Iterator, Mapping

from week02_basics.exercises import Verdict
from week02_basics.taught import cells, run, taught


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
