"""The picture of a run: every ratio against its goal, and how time grows with the amount of data."""

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, RED, use_style

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def draw(results: dict) -> Figure:
    """Draw what a run measured.

    Args:
        results: as in `build/bench.json`.
    """
    use_style()
    ratios = [r for c in results["claims"].values() for r in c["ratios"] if "goal" in r]
    height = max(5.5, 0.42 * len(ratios) + 1.2)
    fig, (left, right) = plt.subplots(1, 2, figsize=(13.5, height), width_ratios=[1, 1.1])
    _goals(left, ratios)
    _growth(right, [curve for c in results["claims"].values() for curve in c["growth"].items()])
    return fig


def _goals(ax: plt.Axes, ratios: list[dict]) -> None:
    """Draw each ratio as a share of its goal, so that 1 is the goal and right of it is better."""
    for place, ratio in enumerate(reversed(ratios)):
        inverse = ratio["sense"] == "at most"
        low, value, high = (
            ratio["goal"] / ratio[key] if inverse else ratio[key] / ratio["goal"]
            for key in ("low", "value", "high")
        )
        colour, marker = (BLUE, "o") if ratio["met"] else (RED, "X")
        ax.plot([low, high], [place, place], "-", color=colour, lw=2)
        ax.plot(value, place, marker, color=colour, ms=8)
    ax.axvline(1, color=GREY, ls="--", lw=1.5)
    labels = [f"{r['what']}\n{r['value']:.3g}, goal {r['sense']} {r['goal']:g}" for r in ratios]
    ax.set_yticks(range(len(ratios)), labels[::-1], fontsize=8)
    ax.set(
        xscale="log", title="Ratios against their goals", xlabel="better than the goal: right of 1"
    )
    ticks = [0.25, 0.5, 1, 2, 4]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(axis="y", visible=False)


def _growth(ax: plt.Axes, curves: list[tuple[str, list]]) -> None:
    """Draw seconds over the share of the data, both logarithmic, the name at each line's end."""
    for number, (name, points) in enumerate(curves):
        shares, seconds = zip(*points, strict=True)
        style = {
            "color": COLOURS[number % len(COLOURS)],
            "linestyle": LINES[number // 2 % len(LINES)],
            "marker": "osD^vP*X"[number % 8],
        }
        ax.plot(shares, seconds, label=name, **style)
    if curves:
        first = min(points[0][1] for _, points in curves)
        ax.plot([1 / 8, 1], [first, 8 * first], ":", color=GREY, lw=1.2, label="in proportion")
    ax.set(xscale="log", yscale="log", title="Time over the amount of data")
    ax.set(xlabel="share of the data", ylabel="seconds, building and tracing included")
    ax.yaxis.set_major_formatter(lambda seconds, _: f"{seconds:g}")
    ax.set_xticks([1 / 8, 1 / 4, 1 / 2, 1], ["1/8", "1/4", "1/2", "all"])
    ax.minorticks_off()
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, fontsize=8)
