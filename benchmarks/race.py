"""Variants that take turns, and what is said of them: medians, spread, ratios, goals."""

import contextlib
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from week02_basics.timing import interleaved

Say = Callable[[str], None]
at_most: int | None = None  # rounds of any variant, where time is short
_paused = [
    0.0,
    0.0,
]  # seconds on the clock and of the processor that the present run does not count


@dataclass
class Times:
    """What each round of one variant took, in seconds: on the clock, and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass
class Claim:
    """The measurements of one claim, ready for JSON."""

    title: str
    rows: list[dict] = field(default_factory=list)
    ratios: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    growth: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def row(
        self,
        variant: str,
        times: Times | Sequence[float],
        *,
        per: float | None = None,
        unit: str = "s",
        note: str = "",
    ) -> None:
        """Add a variant: its seconds, or with `per` how many of that it did in a second.

        Args:
            variant: its name.
            times: of its rounds, or values in `unit` as they are.
            per: amount of work of a round, such as images; the row then holds a rate.
            unit: of the values, such as `"s"` or `"images/s"`.
            note: what else there is to say, such as the accuracy that was reached.
        """
        values = times.wall if isinstance(times, Times) else list(times)
        values = [per / value for value in values] if per else values
        cpu = statistics.median(times.cpu) if isinstance(times, Times) else None
        self.rows.append(
            {"variant": variant, "unit": unit, **spread(values), "cpu_s": cpu, "note": note}
        )

    def ratio(
        self,
        what: str,
        above: Sequence[float] | Times,
        below: Sequence[float] | Times,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Add a ratio, the median of the rounds' ratios, and the goal it is compared with.

        With times it is the ratio of the seconds on the clock, and that of the processor's seconds
        goes with it, which other programs disturb less. A longer list is cut to the shorter one.
        """
        if at_least is not None and at_most is not None:
            raise ValueError(f"{what}: one goal, not two")
        entry = {"what": what, "cpu": None}
        if isinstance(above, Times) and isinstance(below, Times):
            entry["cpu"] = statistics.median(ratios(above.cpu, below.cpu))
            above, below = above.wall, below.wall
        entry |= spread(ratios(above, below))
        goal = at_least if at_least is not None else at_most
        if goal is not None:
            met = entry["value"] >= goal if at_most is None else entry["value"] <= goal
            entry |= {"goal": goal, "sense": "at most" if at_most is not None else "at least"}
            entry |= {"met": met}
        self.ratios.append(entry)

    def as_dict(self) -> dict:
        """Return the claim as what JSON can hold."""
        return asdict(self)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, lowest, highest and number of values.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("nothing was measured")
    return {
        "value": statistics.median(values),
        "low": min(values),
        "high": max(values),
        "rounds": len(values),
    }


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round that both have."""
    return [a / b for a, b in zip(above, below, strict=False)]


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Stop the watch of the present run meanwhile, for instance to look at the test accuracy."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        _paused[0] += time.perf_counter() - wall
        _paused[1] += time.process_time() - cpu


def race(
    ways: Mapping[str, Callable[[], object]],
    rounds: int | Mapping[str, int],
    say: Say = lambda text: None,
) -> dict[str, Times]:
    """Run variants in turns, A B A B …, and return what each round took.

    Args:
        ways: functions without arguments, by name; warm them up first where that matters.
        rounds: how many, or how many for each name: the slowest may take part in the first few only.
        say: told before each run what runs now.
    """
    counts = {name: rounds if isinstance(rounds, int) else rounds[name] for name in ways}
    counts = {name: min(count, at_most or count) for name, count in counts.items()}
    times = {name: Times() for name in ways}

    def watched(name: str, run: Callable[[], object]) -> Callable[[], None]:
        def once() -> None:
            _paused[:] = 0.0, 0.0
            start = time.process_time()
            run()
            times[name].cpu.append(time.process_time() - start - _paused[1])

        return once

    for number in range(max(counts.values())):
        for name in (name for name in ways if counts[name] > number):
            say(f"round {number + 1}, {name}")
            seconds = interleaved({name: watched(name, ways[name])}, rounds=1)
            times[name].wall.append(seconds[name][0] - _paused[0])
    return times


def grow(
    ways: Mapping[str, Callable[[float], object]], rounds: int, say: Say = lambda text: None
) -> dict[str, list[tuple[float, float]]]:
    """Return for each variant how long it takes on 1/8, 1/4, 1/2 and all of the data.

    Args:
        ways: functions of the share of the data, in (0, 1].
        rounds: how often all of it is measured, in turns; the median counts.
        say: as in `race`.
    """
    shares = (1 / 8, 1 / 4, 1 / 2, 1.0)
    runs = {
        (name, share): lambda way=way, share=share: way(share)
        for share in shares
        for name, way in ways.items()
    }
    named = {f"{name}, {share:g} of the data": run for (name, share), run in runs.items()}
    times = dict(zip(runs, race(named, rounds, say).values(), strict=True))
    return {
        name: [(share, statistics.median(times[name, share].wall)) for share in shares]
        for name in ways
    }


def machine() -> dict:
    """Return what it was measured on and with, and how busy the machine was with other work."""
    model, memory = platform.processor() or platform.machine(), None
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [s for s in cpuinfo.read_text().splitlines() if s.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
    return {
        "date": f"{datetime.date.today()}",
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("tensorflow", "keras", "numpy")},
    }
