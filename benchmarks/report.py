"""What was measured, as a table on the terminal, as `build/bench.json`, and as the committed page."""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks import CLAIMS

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench.json"
SUMMARY = ROOT / "benchmarks" / "summary.json"
PAGE = ROOT / "benchmarks" / "README.md"
PICTURE = ROOT / "benchmarks" / "bench.png"
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.[im][pd]*"))]
# A ratio that a page quotes: `8.6<!-- bench mnist: usual Keras example / week 6 recipe -->`
QUOTE = re.compile(r"([\d.,]+)<!-- bench (\w+): (.+?) -->")


def number(value: float) -> str:
    """Return a number with three digits that matter, as text."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def goal(ratio: dict) -> str:
    """Return the goal of a ratio and whether it was reached, as text; empty if it has none."""
    if "goal" not in ratio:
        return ""
    return f"{ratio['sense']} {ratio['goal']:g}: {'reached' if ratio['met'] else 'missed'}"


def _range(entry: dict) -> str:
    return "" if entry["rounds"] == 1 else f"{number(entry['low'])} to {number(entry['high'])}"


def lines(claim: dict) -> tuple[list[list[str]], list[list[str]]]:
    """Return the cells of a claim's two tables, variants and ratios, headers first."""
    rows = [["variant", "median", "unit", "lowest to highest", "rounds", "note"]]
    for row in claim["rows"]:
        cells = [row["variant"], number(row["value"]), row["unit"], _range(row)]
        rows.append([*cells, str(row["rounds"]), row["note"]])
    ratios = [["ratio", "median", "lowest to highest", "on processor time", "goal"]]
    for ratio in claim["ratios"]:
        cpu = "" if ratio["cpu"] is None else number(ratio["cpu"])
        ratios.append([ratio["what"], number(ratio["value"]), _range(ratio), cpu, goal(ratio)])
    return rows, ratios


def text(claim: dict) -> str:
    """Return a claim as aligned text for a terminal."""
    parts = [claim["title"]]
    for table in lines(claim):
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        parts += [
            "  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in table
            if len(table) > 1
        ]
    parts += [f"  {note}" for note in claim["notes"]]
    return "\n".join(parts) + f"\n  took {claim['seconds']:.0f} s"


def markdown(summary: dict) -> str:
    """Return the page that shows a summary: machine, picture, tables."""
    claims = summary["claims"]
    with_goal = [(c, r) for c in claims.values() for r in c["ratios"] if "goal" in r]
    missed = [(c, r) for c, r in with_goal if not r["met"]]
    parts = [
        "# What the course claims about speed",
        "Each claim is a file here, and what it measures are the notebooks' own cells and the "
        "helpers, not copies. The variants of a claim take turns in one run (A B A B ...), so that a "
        "busy moment hits all of them. A ratio `A / B` says how many times as long A takes as B, and is "
        "the median of the rounds' ratios. `make bench` "
        "runs everything, `make bench QUICK=1` a small version in under three minutes, "
        "`make bench CLAIM=softmax` one claim; results go to `build/bench.json`. It reports, and "
        "does not fail where a goal is missed. Lessons ask TensorFlow for deterministic operations, "
        "the benchmarks do not.",
        "This page, the picture and `summary.json` are written by `make bench-store` from a full "
        "run, never by hand.",
        _bullets(_machines(summary)),
        f"![Ratios against their goals, and the time over the amount of data. {len(with_goal)} "
        f"goals, {len(with_goal) - len(missed)} reached.](bench.png)",
        f"{len(with_goal) - len(missed)} of {len(with_goal)} goals are reached."
        + (" Missed:" if missed else ""),
        _bullets(
            f"{c['title']}: {r['what']} is {number(r['value'])}, the goal is {r['sense']} "
            f"{r['goal']:g}"
            for c, r in missed
        ),
    ]
    for claim in claims.values():
        parts.append(f"## {claim['title']}")
        for table in lines(claim):
            if len(table) > 1:
                head, *rows = [f"| {' | '.join(row)} |" for row in table]
                parts.append("\n".join([head, "|" + "---|" * len(table[0]), *rows]))
        parts.append(_bullets(claim["notes"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _machines(summary: dict) -> list[str]:
    """Return one line for each machine, day and set of versions, with the claims measured there."""
    groups: dict[str, list[str]] = {}
    for name, claim in summary["claims"].items():
        m = claim["machine"]
        versions = ", ".join(f"{package} {v}" for package, v in m["versions"].items())
        what = f"{m['date']}, {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['system']}; {versions}"
        groups.setdefault(what, []).append(f"{name} (load {m['load']})")
    return [f"{what}: {', '.join(names)}" for what, names in groups.items()]


def read(path: Path) -> dict:
    """Return what was measured, `{"claims": {}}` if nothing was yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"claims": {}}


def write(path: Path, content: str) -> None:
    """Write a file in one step."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f".{path.name}.part")
    fresh.write_text(content, encoding="utf-8")
    os.replace(fresh, path)


def add(name: str, claim: dict) -> None:
    """Put a claim's measurements into `build/bench.json`, in the place of older ones."""
    results = read(BUILD)
    results["claims"][name] = claim
    ordered = [name for name in [*CLAIMS, "checks"] if name in results["claims"]]
    results["claims"] = {name: results["claims"][name] for name in ordered}
    write(BUILD, json.dumps(results, indent=1) + "\n")


def store() -> None:
    """Write summary, page and picture from `build/bench.json`.

    Raises:
        SystemExit: a claim is missing or was measured with `--quick` only.
    """
    from benchmarks import picture

    results = read(BUILD)
    lacking = [n for n in CLAIMS if results["claims"].get(n, {"quick": True})["quick"]]
    if lacking:
        raise SystemExit(f"build/bench.json has no full run of {', '.join(lacking)}: `make bench`")
    results["claims"] = {n: c for n, c in results["claims"].items() if not c["quick"]}
    write(SUMMARY, json.dumps(results, indent=1) + "\n")
    write(PAGE, markdown(results))
    picture.draw(results).savefig(PICTURE, dpi=110)
    ratios = quoted()
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        if (after := requoted(before, ratios)) != before:
            write(page, after)


def quoted() -> dict[tuple[str, str], float]:
    """Return the ratios of the committed summary, by claim and by what they compare."""
    claims = read(SUMMARY)["claims"]
    return {(n, r["what"]): r["value"] for n, c in claims.items() for r in c["ratios"]}


def requoted(text: str, ratios: dict[tuple[str, str], float]) -> str:
    """Return a page with the ratios that it quotes as they are now, to as many decimals as before.

    Raises:
        KeyError: it quotes a ratio that is not there.
    """

    def fresh(quote: re.Match) -> str:
        decimals = len(quote[1].partition(".")[2])
        return f"{ratios[quote[2], quote[3]]:,.{decimals}f}{quote[0][len(quote[1]) :]}"

    return QUOTE.sub(fresh, text)
