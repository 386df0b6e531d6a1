"""The figures of week 5."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, ORANGE
from week05_tensorboard.events import Series

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure


def curves(panels: Mapping[str, Mapping[str, Series]]) -> Figure:
    """Draw scalars over their steps: a panel for each title, a line for each run."""
    fig, axes = plt.subplots(1, len(panels), figsize=(9, 3.4))
    for ax, (title, runs) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for i, (run, series) in enumerate(runs.items()):
            style = {"color": COLOURS[i], "linestyle": LINES[i], "lw": 4 - 2 * min(i, 1)}
            ax.plot(series.steps, series.values, label=run, alpha=0.6 if i == 0 else 1, **style)
        ax.set(title=title, xlabel="step")
        ax.legend()
    return fig


def scope_graphs(graphs: Mapping[str, Mapping[str, set[str]]]) -> Figure:
    """Draw graphs folded into name scopes (see `events.scopes`), data flowing upwards."""
    fig, axes = plt.subplots(1, len(graphs), figsize=(9, 4.2))
    for ax, (title, scopes) in zip(axes, graphs.items(), strict=True):
        place = _layers(scopes)
        for scope, sources in scopes.items():
            for source in sources:
                skipped = place[scope][1] - place[source][1] > 1
                ax.annotate(
                    "",
                    zorder=1,
                    xy=np.add(place[scope], [0, -0.2]),
                    xytext=np.add(place[source], [0, 0.2]),
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": GREY,
                        "connectionstyle": f"arc3,rad={0.35 if skipped else 0}",
                    },
                )
            box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": BLUE, "lw": 1.5}
            ax.text(*place[scope], scope, ha="center", va="center", bbox=box, zorder=3)
        width = max(x for x, _ in place.values())
        ax.set(
            title=title,
            xlim=(-0.6, width + 0.6),
            ylim=(-0.4, max(y for _, y in place.values()) + 0.4),
        )
        ax.axis("off")
    return fig


def _layers(scopes: Mapping[str, set[str]]) -> dict[str, tuple[float, int]]:
    """Place each scope one row above the last of its sources; a row is spread around the middle."""
    row: dict[str, int] = {}
    while len(row) < len(scopes):
        ready = [s for s, sources in scopes.items() if s not in row and sources <= set(row)]
        if not ready:
            raise ValueError("the scopes depend on each other in a circle")
        for scope in ready:
            row[scope] = 1 + max((row[source] for source in scopes[scope]), default=-1)
    rows = [[s for s in scopes if row[s] == level] for level in range(max(row.values()) + 1)]
    width = max(map(len, rows))
    return {
        scope: (i + (width - len(members)) / 2, level)
        for level, members in enumerate(rows)
        for i, scope in enumerate(members)
    }


def ridges(panels: Mapping[str, Series], shown: int = 12) -> Figure:
    """Draw histograms over time, the newest in front, as TensorBoard's tab Histograms does.

    A ridge's height is the square root of the density, scaled to the ridge's own maximum, so that
    one high spike does not flatten all the rest.

    Args:
        panels: by title, a tag whose values are histograms [buckets, 3].
        shown: how many of the steps to draw; the first, where all weights are equal, is left out.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(9, 3.8))
    for ax, (title, series) in zip(axes, panels.items(), strict=True):
        chosen = np.unique(np.linspace(1, len(series.steps) - 1, shown).astype(int))
        heights = []
        for i in chosen:
            left, right, count = np.asarray(series.values[i], float).T
            width = np.maximum(right - left, 1e-9)
            middle = np.concatenate([left[:1], (left + right) / 2, right[-1:]])
            heights.append((middle, np.pad(np.sqrt(count / width), 1)))
        for row, (middle, height) in enumerate(heights):
            base = -row
            shade = 0.25 + 0.75 * row / len(heights)
            top = base + 1.6 * height / height.max()
            ax.fill_between(middle, base, top, color=ORANGE, alpha=shade, zorder=row, lw=0)
            ax.plot(middle, top, "-", color="black", lw=0.7, zorder=row + 0.5)
        ax.set(title=title, xlabel="value", ylabel="step")
        ax.set_yticks([-row for row in range(len(chosen))], [series.steps[i] for i in chosen])
        ax.grid(axis="y", visible=False)
    return fig


def image_rows(rows: Mapping[str, np.ndarray]) -> Figure:
    """Draw ten images a row, uint8 [10, height, width, 1], with a title for each row."""
    fig, axes = plt.subplots(len(rows), 10, figsize=(7.2, 1.05 * len(rows)))
    for line, (title, images) in zip(axes, rows.items(), strict=True):
        line[4].set_title(title, fontsize=9)
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255)
            ax.axis("off")
    return fig


def digits_map(points: np.ndarray, labels: np.ndarray, shares: Sequence[float]) -> Figure:
    """Draw points [n, 2] as the digits that they are, with each axis' share of the variance."""
    fig, ax = plt.subplots(figsize=(6.4, 5.2))
    for digit in range(10):
        chosen = points[labels == digit]
        colour = COLOURS[digit % len(COLOURS)]
        ax.scatter(*chosen.T, marker=f"${digit}$", s=28, color=colour, lw=0.4)
    ax.set_title("Test digits on their first two principal components")
    ax.set(
        xlabel=f"component 1 ({shares[0]:.0%} of the variance)",
        ylabel=f"component 2 ({shares[1]:.0%})",
    )
    return fig


def landscape(
    a: np.ndarray, b: np.ndarray, loss: np.ndarray, paths: np.ndarray, title: str
) -> Figure:
    """Draw a loss over two parameters in 3-D and as a map, with descent paths on both.

    Args:
        a, b: the grid's axes, float [m] and [n].
        loss: the loss on the grid, float [n, m].
        paths: parameters and loss after each step, float [steps, starts, 3].
    """
    fig = plt.figure(figsize=(9.6, 4.2))
    solid = fig.add_subplot(1, 2, 1, projection="3d")
    solid.plot_surface(
        *np.meshgrid(a, b), loss, cmap="Blues_r", alpha=0.55, lw=0, rcount=60, ccount=60
    )
    flat = fig.add_subplot(1, 2, 2)
    filled = flat.contourf(a, b, loss, levels=20, cmap="Blues_r")
    fig.colorbar(filled, ax=flat, label="loss")
    markers = "osD^"
    for i, (path, marker) in enumerate(zip(np.swapaxes(paths, 0, 1), markers, strict=False)):
        style = {"color": COLOURS[1:][i], "linestyle": LINES[i], "lw": 2.2}
        solid.plot(*path.T, zorder=5, **style)
        solid.plot(*path[-1:].T, marker, color=style["color"], ms=7, mec="black", zorder=6)
        flat.plot(*path[:, :2].T, **style)
        flat.plot(*path[0, :2], marker, color="white", ms=7, mec="black")
        name = f"from ({path[0, 0]:g}, {path[0, 1]:g})"
        flat.plot(*path[-1, :2], marker, color=style["color"], ms=8, mec="black", label=name)
    solid.set(xlabel="a", ylabel="b", zlabel="loss", title=title)
    solid.zaxis.labelpad = 9
    solid.set_box_aspect(None, zoom=0.88)
    solid.view_init(elev=38, azim=-60)
    flat.set(xlabel="a", ylabel="b", title="The same from above")
    flat.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    flat.grid(False)
    return fig


def loss_curves(runs: Mapping[str, Series], floor: float) -> Figure:
    """Draw losses of several starts over the steps, with the noise floor, on a log scale."""
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    for i, (name, series) in enumerate(runs.items()):
        ax.plot(series.steps, series.values, color=COLOURS[1:][i], ls=LINES[i], label=name)
    ax.axhline(floor, color="black", lw=1, ls=":", label="noise floor")
    ax.set(title="Loss of each start", xlabel="step", ylabel="loss", yscale="log")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig
