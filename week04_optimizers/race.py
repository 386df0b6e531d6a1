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


def stays_from(run: Run, target: float) -> int | None:
    """Return after how many steps the loss is at most `target` for good; None if it ends above."""
    above = np.flatnonzero(~(run.loss <= target))
    first = int(above[-1]) + 1 if len(above) else 0
    return first if first < len(run.loss) and run.diverged is None else None


class Arrivals(NamedTuple):
    """Steps until a target at several rates, float64 [starts, rates]; nan where there is none."""

    touch: np.ndarray  # the first step at most at the target
    stay: np.ndarray  # the first step from which on the loss stays there


def sweep(
    rules: Mapping[str, Rule],
    surface: Surface,
    starts: np.ndarray,
    rates: np.ndarray,
    steps: int,
    target: float,
    rest: int = 0,
) -> dict[str, Arrivals]:
    """Walk every rule from several starts at several rates, all at once.

    Args:
        rules: what walks, by name; each works entry by entry.
        surface: where.
        starts: float64 [starts, 2].
        rates: learning rates, [rates].
        steps: how many to take. A path that passes `FAR` has left; it never arrives any more.
        target: the value to be at or below.
        rest: how many of the last steps a path must have stayed there to count.
    """
    arrivals = {}
    for name, rule in rules.items():
        w = np.repeat(np.array(starts, np.float64)[:, None], len(rates), axis=1)
        shape, remembered = w.shape[:2], defaultdict(float)
        touch, above, left = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape, bool)
        lr = np.array(rates, np.float64)[:, None]
        with np.errstate(all="ignore"):
            for step in range(1, steps + 1):
                w = rule(w, surface.gradient, remembered, lr)
                left |= ~(np.abs(w) < FAR).all(axis=-1)
                there = (surface.value(w[..., 0], w[..., 1]) <= target) & ~left
                touch = np.where(there & np.isnan(touch), step, touch)
                above = np.where(there, above, step)
        arrivals[name] = Arrivals(touch, np.where(above + 1 > steps - rest, np.nan, above + 1))
    return arrivals


def outcome(run: Run, target: float) -> str:
    """Say it for a table: the steps until it stays at the target, `diverged at STEP`, or `-`."""
    steps = stays_from(run, target)
    if steps is not None:
        return str(steps)
    return f"diverged at {run.diverged}" if run.diverged else "-"
