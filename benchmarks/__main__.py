"""Run the benchmarks: `python -m benchmarks [--quick] [--store] [CLAIM …]`, the job of `make bench`."""

import argparse
import gc
import importlib
import shutil
import sys
import time
import traceback

import keras

from benchmarks import CLAIMS, race, report


def saying(title: str) -> race.Say:
    """Return what shows progress: one line that is written over, or a line every 15 seconds."""
    began = last = time.monotonic()

    def say(text: str) -> None:
        nonlocal last
        line = f"{title}  {time.monotonic() - began:4.0f} s  {text}"
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width]:{width}}", end="", flush=True)
        elif time.monotonic() > last + 15:
            last = time.monotonic()
            print(line, flush=True)

    return say


def measure(name: str, quick: bool, which: str) -> bool:
    """Run one claim, show it, and keep it in `build/bench.json`; tell whether it ran to its end."""
    machine, start = race.machine(), time.monotonic()
    try:
        module = importlib.import_module(f"benchmarks.{name}")
        claim = module.run(quick, saying(f"[{which}] {name}")).as_dict()
    except Exception:
        print(f"\n{name} stopped:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return False
    finally:
        keras.backend.clear_session()
        gc.collect()
    if quick:  # too small to say anything about a goal
        for ratio in claim["ratios"]:
            for key in {"goal", "sense", "met"} & set(ratio):
                del ratio[key]
    if race.at_most:
        claim["notes"].append(f"with at most {race.at_most} rounds instead of as many as usual")
    claim |= {"quick": quick, "seconds": time.monotonic() - start, "machine": machine}
    report.add(name, claim)
    print(("\r" if sys.stdout.isatty() else "") + report.text(claim) + "\n", flush=True)
    return True


def main(arguments: list[str]) -> int:
    """Run the named claims, or all but `checks`; return 1 if one could not run to its end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help=f"{', '.join(CLAIMS)}, checks")
    parser.add_argument("--quick", action="store_true", help="small versions, under 3 minutes")
    parser.add_argument("--store", action="store_true", help="write the committed summary; no run")
    parser.add_argument("--rounds", type=int, metavar="N", help="at most N rounds of any variant")
    options = parser.parse_args(arguments)
    race.at_most = options.rounds
    if strange := set(options.claims) - {*CLAIMS, "checks"}:
        parser.error(
            f"no claim {', '.join(sorted(strange))}; there are {', '.join(CLAIMS)}, checks"
        )
    if options.store:
        report.store()
        return 0
    names, start = options.claims or CLAIMS, time.monotonic()
    good = [
        measure(name, options.quick, f"{place}/{len(names)}")
        for place, name in enumerate(names, start=1)
    ]
    print(f"{sum(good)} of {len(names)} claims measured in {time.monotonic() - start:.0f} s")
    print(f"results: {report.BUILD.relative_to(report.ROOT)}")
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
