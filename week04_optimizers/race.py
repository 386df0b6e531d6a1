"""Update rules walked on a surface from one start, step by step; a diverged path is cut and named."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from week04_optimizers.surfaces import Surface

import numpy as np

Gradient = Callable[[np.ndarray], np.ndarray]
# (weights, gradient, what the rule remembers, learning rate) -> new weights
Rule = Callable[[np.ndarray, Gradient, dict, float], np.ndarray]

FAR = 1e3  # a coordinate beyond this counts as diverged


class Run(NamedTuple):
    """The way of one rule: weights float64 [steps + 1, 2] and losses [steps + 1], start included."""

    path: np.ndarray
    loss: np.ndarray
    diverged: int | None  # the step that left for infinity; path and loss end before it


def walk(
    rule: Rule,
    gradient: Gradient,
    start: np.ndarray,
    lr: float,
    steps: int,
    memory: Mapping[str, float] | None = None,
    there: Callable[[np.ndarray], bool] | None = None,
) -> np.ndarray:
    """Return the weights after each step, start included: float64 [at most steps + 1, n].

    Args:
        rule: called with the weights, the gradient, its memory and the rate.
        gradient: takes and returns float64 [n].
        start: where to begin, [n].
        lr: learning rate.
        steps: how many to take; fewer are taken if a weight passes `FAR` or is not a number.
        memory: what the rule remembers at the start, by name; what is not named starts at 0.
        there: tells of the weights after a step whether the path may end with them.
    """
    w, remembered = np.array(start, np.float64), defaultdict(float, memory or {})
    path = [w]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            w = rule(w, gradient, remembered, lr)
            if not all(-FAR < value < FAR for value in w.tolist()):
                break
            path.append(w)
            if there and there(w):
                break
    return np.array(path)


def race(
    rules: Mapping[str, Rule],
    surface: Surface,
    start: tuple[float, float],
    rates: Mapping[str, float],
    steps: int,
    until: float = -np.inf,
) -> dict[str, Run]:
    """Walk several rules from one start, each at its own learning rate.

    Args:
        rules: what is known, by name.
        surface: where they walk.
        start: two finite numbers.
        rates: a positive learning rate for each rule that takes part, by name.
        steps: at least 1.
        until: a path ends where its loss is at most this.

    Returns:
        A run for each name in `rates`, in that order.

    Raises:
        KeyError: `rates` names a rule that is not known.
        ValueError: a rate, the start or the number of steps is none.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    begin = np.array(start, np.float64)
    if begin.shape != (2,) or not np.isfinite(begin).all():
        raise ValueError(f"start must be two finite numbers, not {start!r}")
    for name, lr in rates.items():
        if name not in rules:
            raise KeyError(f"unknown rule {name!r}; known are {', '.join(rules)}")
        if not (np.isfinite(lr) and lr > 0):
            raise ValueError(f"the learning rate of {name} must be positive, not {lr}")

    def arrived(w: np.ndarray) -> bool:
        return surface.value(*w.tolist()) <= until

    runs, there = {}, arrived if until > -np.inf else None
    for name, lr in rates.items():
        path = walk(rules[name], surface.gradient, begin, lr, steps, there=there)
        loss = surface.value(*path.T)
        whole = len(path) > steps or loss[-1] <= until
        runs[name] = Run(path, loss, None if whole else len(path))
    return runs


def steps_to(run: Run, target: float) -> int | None:
    """Return after how many steps the loss first was at most `target`; None if it never was."""
    there = np.flatnonzero(run.loss <= target)
    return int(there[0]) if len(there) else None


def outcome(run: Run, target: float) -> str:
    """Say it for a table: the steps to the target, `diverged at STEP`, or `-` for never."""
    steps = steps_to(run, target)
    if steps is not None:
        return str(steps)
    return f"diverged at {run.diverged}" if run.diverged else "-"


def ranking(runs: Mapping[str, Run], target: float) -> list[str]:
    """Return the rules that reached the target, fastest first; a tie keeps the order of `runs`."""
    reached = {name: steps_to(run, target) for name, run in runs.items()}
    return sorted((n for n, steps in reached.items() if steps is not None), key=reached.get)
