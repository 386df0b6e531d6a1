"""The figures of week 5."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREEN, LINES, ORANGE, PINK, RED
from week05_tensorboard.events import Series

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

WALKS = (RED, ORANGE, GREEN, "black", PINK)  # told apart on a blue map, too


def scope_graphs(graphs: Mapping[str, Mapping[str, set[str]]]) -> Figure:
    """Draw graphs folded into name scopes (see `events.scopes`), data flowing upwards.

    The arrows that leave a scope have its colour and its line, and go around the other boxes.
    """
    fig, axes = plt.subplots(1, len(graphs), figsize=(9.6, 5.2))
    for ax, (title, scopes) in zip(axes, graphs.items(), strict=True):
        place = _layers(scopes)
        style = {
            scope: {"color": COLOURS[i], "linestyle": LINES[i]} for i, scope in enumerate(place)
        }
        for scope, at in place.items():
            box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "lw": 1.8}
            box["edgecolor"] = style[scope]["color"]
            ax.text(*at, scope, ha="center", va="center", bbox=box, zorder=3)
        for scope, sources in scopes.items():
            ordered = sorted(sources, key=lambda source: place[source])
            for k, source in enumerate(ordered):
                start = np.add(place[source], [0, 0.14])
                end = np.add(place[scope], [0.12 * (k - (len(ordered) - 1) / 2), -0.17])
                others = [at for name, at in place.items() if name not in (scope, source)]
                arrow = {"arrowstyle": "-|>", "lw": 1.5, **style[source]}
                arrow["connectionstyle"] = f"arc3,rad={_bend(start, end, others)}"
                ax.annotate("", xy=end, xytext=start, arrowprops=arrow, zorder=2)
        width = max(x for x, _ in place.values())
        top = max(y for _, y in place.values())
        ax.set(title=title, xlim=(-0.6, width + 0.6), ylim=(-0.4, top + 0.4))
        ax.axis("off")
    return fig


def _bend(start: np.ndarray, end: np.ndarray, others: Sequence[tuple[float, float]]) -> float:
    """Return how much an arrow must bend so that it keeps clear of other boxes, 0 if not at all."""
    shape = np.array([2.0, 1.2])  # inches for a step to the right, and upwards
    (x0, y0), (x1, y1) = start * shape, end * shape
    t = np.linspace(0, 1, 40)[:, None]

    def clear(bend: float) -> float:
        middle = np.array([(x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0)])
        line = (1 - t) ** 2 * [x0, y0] + 2 * t * (1 - t) * middle + t**2 * [x1, y1]
        gaps = [np.abs(line - np.multiply(at, shape)) / [0.55, 0.25] for at in others]
        return min((gap.max(axis=1).min() for gap in gaps), default=1.0)

    bends = [0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3, 0.45, -0.45, 0.6, -0.6]
    return next((bend for bend in bends if clear(bend) >= 1), max(bends, key=clear))


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


def image_rows(rows: Mapping[str, tuple[np.ndarray, Sequence[str]]]) -> Figure:
    """Draw ten images a row, uint8 [10, height, width, 1], each with a word above it."""
    fig, axes = plt.subplots(len(rows), 10, figsize=(7.2, 1.15 * len(rows)))
    for line, (title, (images, words)) in zip(np.atleast_2d(axes), rows.items(), strict=True):
        for ax, image, word in zip(line, images, words, strict=True):
            ax.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255)
            ax.set_title(word, fontsize=9, fontweight="normal")
            ax.axis("off")
        line[0].text(
            -0.25, 0.5, title, rotation=90, va="center", ha="right", transform=line[0].transAxes
        )
    return fig


def losses(runs: Mapping[str, tuple[Series, Series]], top: float) -> Figure:
    """Draw for each run its training and its validation loss in one panel, cut off at `top`."""
    fig, axes = plt.subplots(2, -(-len(runs) // 2), figsize=(9, 4.8), sharex=True, sharey=True)
    for ax, (name, (train, validation)) in zip(axes.flat, runs.items(), strict=True):
        ax.plot(train.steps, train.values, color=ORANGE, ls="-", label="training")
        ax.plot(validation.steps, validation.values, color=BLUE, ls="--", label="validation")
        ax.set(title=name, ylim=(0, top))
    for ax in axes[-1]:
        ax.set_xlabel("step")
    for ax in axes[:, 0]:
        ax.set_ylabel("loss")
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig


def by_layer(panels: Mapping[str, Mapping[str, np.ndarray]], ylabels: Sequence[str]) -> Figure:
    """Draw a number for each layer on a log scale: a panel for each title, a line for each run.

    Numbers that are 0 are drawn at the lower edge, as triangles.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(9, 4.0))
    for ax, (title, runs), ylabel in zip(axes, panels.items(), ylabels, strict=True):
        floor = min(v[v > 0].min() for v in runs.values()) / 4
        for i, (name, values) in enumerate(runs.items()):
            layers = np.arange(1, len(values) + 1)
            style = {"color": COLOURS[i], "ls": LINES[i]}
            ax.plot(
                layers, np.where(values > 0, values, np.nan), marker="o", ms=4, label=name, **style
            )
            ax.plot(
                layers[values == 0],
                np.full(sum(values == 0), floor),
                "v",
                ms=9,
                **style | {"ls": ""},
            )
        ax.set(title=title, xlabel="layer", ylabel=ylabel, yscale="log")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


def outputs(runs: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw histograms [buckets, 3] beside each other, as shares of all values on a log scale."""
    fig, axes = plt.subplots(1, len(runs), figsize=(9, 2.8), sharey=True)
    for ax, (name, histogram) in zip(axes, runs.items(), strict=True):
        left, right, count = np.asarray(histogram, float).T
        width = np.maximum(right - left, 0.02)
        ax.bar(
            left, count / count.sum(), width, align="edge", color=BLUE, edgecolor="white", lw=0.3
        )
        ax.set(title=name, xlabel="output", yscale="log", ylim=(1e-5, 1.5))
        ax.set_xlim(min(0, left.min()) - 0.05, max(right.max(), 1))
    axes[0].set_ylabel(title)
    return fig


def descents(
    a: np.ndarray, b: np.ndarray, loss: np.ndarray, paths: Mapping[str, np.ndarray]
) -> Figure:
    """Draw descent paths on the map of a loss over two parameters, and in 3-D.

    Args:
        a, b: the grid's axes, float [m] and [n].
        loss: the loss on the grid, float [n, m].
        paths: by name, a, b and loss after each step, float [steps, 3 or more].
    """
    fig = plt.figure(figsize=(9.6, 4.6))
    solid = fig.add_subplot(1, 2, 1, projection="3d")
    solid.plot_surface(
        *np.meshgrid(a, b), loss, cmap="Blues_r", alpha=0.5, lw=0, rcount=50, ccount=50
    )
    flat = fig.add_subplot(1, 2, 2)
    filled = flat.contourf(a, b, loss, levels=20, cmap="Blues_r")
    fig.colorbar(filled, ax=flat, label="loss")
    for i, ((name, path), marker) in enumerate(zip(paths.items(), "osD^v", strict=False)):
        colour = WALKS[i]
        solid.plot(*path[:, :3].T, color=colour, lw=2.4, zorder=5)
        flat.plot(*path[:, :2].T, color="white", ls="-", lw=4)
        flat.plot(*path[:, :2].T, color=colour, ls="-", lw=2)
        flat.plot(*path[0, :2], marker, color="white", ms=7, mec="black")
        flat.plot(*path[-1, :2], marker, color=colour, ms=9, mec="black", label=name, ls="")
        solid.plot(*path[-1:, :3].T, marker, color=colour, ms=7, mec="black", zorder=6)
    solid.set(xlabel="a", ylabel="b", zlabel="loss")
    solid.zaxis.labelpad = 9
    solid.set_box_aspect(None, zoom=0.88)
    solid.view_init(elev=42, azim=-60)
    flat.set(xlabel="a", ylabel="b", title="From above: white start, coloured end")
    fig.legend(loc="outside lower center", ncols=3)
    flat.grid(False)
    return fig


def loss_and_norm(runs: Mapping[str, Mapping[str, Series]], floor: float) -> Figure:
    """Draw loss and gradient norm of several runs over the steps, with the noise floor."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 4.0))
    for ax, tag in zip(axes, ("loss", "gradient_norm"), strict=True):
        for i, (name, found) in enumerate(runs.items()):
            ax.plot(found[tag].steps, found[tag].values, color=WALKS[i], ls=LINES[i], label=name)
        ax.set(title=tag, xlabel="step", yscale="log")
    axes[0].axhline(floor, color="black", lw=1, ls=":", label="noise floor")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


def walk(path: np.ndarray, floor: float) -> Figure:
    """Draw loss and gradient norm of one descent over the steps: a, b, loss, norm in [steps, 4]."""
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    ax.plot(path[:, 2], color=BLUE, label="loss")
    ax.plot(np.maximum(path[:, 3], 1e-8), color=RED, ls="--", label="gradient norm")
    ax.axhline(floor, color="black", lw=1, ls=":", label="noise floor")
    ax.set(xlabel="step", yscale="log", ylim=(1e-6, 10))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig


def turned(found: Mapping[str, Series]) -> Figure:
    """Draw loss and update-to-weight ratio of layer 3 over the steps, each on a log scale."""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 2.8))
    for ax, tag, ends in zip(axes, ("loss", "ratio/layer_3"), ((0.1, 20), (1e-6, 1)), strict=True):
        ax.plot(found[tag].steps, found[tag].values, color=BLUE, ls="-", marker="o", ms=3)
        ax.set(title=tag, xlabel="step", yscale="log", ylim=ends)
    return fig


def spans(lanes: Mapping[str, Sequence[tuple[float, float]]], title: str) -> Figure:
    """Draw when something ran: for each lane its start and length in milliseconds."""
    fig, ax = plt.subplots(figsize=(7.2, 0.55 * len(lanes) + 1.1))
    for i, bars in enumerate(lanes.values()):
        colour = COLOURS[i % len(COLOURS)]
        edge = "white" if i == 0 else colour  # the steps touch; operations may be short
        ax.broken_barh(bars, (-i - 0.35, 0.7), facecolor=colour, edgecolor=edge)
    ax.set_yticks([-i for i in range(len(lanes))], list(lanes))
    ax.set(xlabel="milliseconds", title=title)
    return fig


def two_maps(maps: Mapping[str, tuple[np.ndarray, np.ndarray]], labels: np.ndarray) -> Figure:
    """Draw points [n, 2] as the digits that they are, with each axis' share, one panel for each map."""
    fig, axes = plt.subplots(1, len(maps), figsize=(9.6, 4.6))
    for ax, (title, (points, shares)) in zip(axes, maps.items(), strict=True):
        for digit in range(10):
            chosen = points[labels == digit]
            colour = COLOURS[digit % len(COLOURS)]
            ax.scatter(*chosen.T, marker=f"${digit}$", s=24, color=colour, lw=0.4)
        ax.set(title=title, xlabel=f"component 1 ({shares[0]:.0%} of the variance)")
        ax.set_ylabel(f"component 2 ({shares[1]:.0%})")
    return fig
