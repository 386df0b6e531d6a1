"""Speed compared honestly: contestants take turns in one run, and what is reported is a ratio."""

import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int = 5
) -> dict[str, list[float]]:
    """Run each contestant once a round, in turns (A B A B …), so that a busy moment hits all alike.

    Args:
        contestants: functions without arguments, by name; warm them up first where that matters.
        rounds: how often each one runs, at least 1.

    Returns:
        Seconds of wall time for each round, by name.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    seconds = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: Mapping[str, list[float]], slow: str, fast: str) -> float:
    """Return how many times longer `slow` took than `fast`: the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(seconds[slow], seconds[fast], strict=True))
