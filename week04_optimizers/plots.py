"""The figures of week 4."""

from collections.abc import Mapping, Sequence
from functools import partial

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, ORANGE, RED
from week04_optimizers.race import Run
from week04_optimizers.surfaces import Surface

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^vPX"


def _style(number: int) -> dict:
    """Return colour, line style and marker of the rule with this number, everywhere the same."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": LINES[number % len(LINES)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def learning_curves(curves: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw a neuron's output against the epoch, a panel for each start and a line for each cost."""
    fig, axes = plt.subplots(1, len(curves), figsize=(8, 3.0), sharey=True)
    for ax, (title, lines) in zip(axes, curves.items(), strict=True):
        for (name, outputs), colour, style in zip(
            lines.items(), (RED, BLUE), ("--", "-"), strict=True
        ):
            ax.plot(outputs, color=colour, ls=style, label=name)
        ax.set(title=title, xlabel="epoch", ylim=(0, 1))
    axes[0].set_ylabel("output; wanted is 0")
    axes[-1].legend()
    return fig


def against_rate(
    panels: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]],
    label: str,
    limits: tuple[float, float] | Sequence[tuple[float, float]],
    columns: int = 2,
    log: bool = False,
    wins: bool | Sequence[bool] | None = True,
    knob: str = "learning rate",
    levels: Mapping[str, float] | None = None,
    means: bool = False,
) -> Figure:
    """Draw the one plot of this lesson: a score against the learning rate.

    Each dot is a seed, lines join the medians or means, and a star marks the best if it does not lie at
    an end of its grid. What lies outside the limits sits on the edge; `nan` stands for a run that
    never arrived and is not drawn.

    Args:
        panels: for each panel's title and each line's name the scores of all seeds, by rate.
        label: of the score.
        limits: of the vertical axis, or of each panel's.
        columns: panels in a row.
        log: whether the vertical axis is logarithmic.
        wins: whether a high score is good, or for each panel; None marks nothing.
        knob: what the horizontal axis shows.
        levels: scores to compare with, by the name of a line: thin, in its colour.
        means: whether lines join the means of the seeds, and not their medians.
    """
    rows = -(-len(panels) // columns)
    size = (8, 3.5) if rows == 1 else (8, 2.0 * rows + 0.6)
    alike = not isinstance(limits, list)
    fig, axes = plt.subplots(rows, columns, figsize=size, sharey=alike, squeeze=False)
    every = len(panels) * [limits] if alike else limits
    good = wins if isinstance(wins, list) else len(panels) * [wins]
    names = {name: None for lines in panels.values() for name in lines}
    for ax, title, limits, high in zip(axes.flat, panels, every, good, strict=False):
        lines = panels[title]
        for number, name in enumerate(names):
            if name not in lines:
                continue
            colour, line = COLOURS[number % 7], LINES[number % 7]
            rates = np.array(sorted(lines[name]))
            scores = [np.clip(lines[name][rate], *limits) for rate in rates]
            if levels and name in levels:
                ax.axhline(levels[name], color=colour, linestyle=line, lw=0.8)
            places = np.repeat(rates, [len(values) for values in scores])
            ax.plot(places, np.concatenate(scores), ".", color=colour, ms=3, clip_on=False)
            centre = np.mean if means else partial(_median, high=high)
            middle = np.array([centre(lines[name][rate]) for rate in rates])
            ax.plot(rates, np.clip(middle, *limits), color=colour, linestyle=line, lw=1.8)
            if high is not None and np.isfinite(middle).any():
                at = np.nanargmax(middle if high else -middle)
                if not 0 < at < len(rates) - 1:
                    continue
                ax.plot(rates[at], middle[at], "*", color=colour, ms=11, mec="black", mew=0.6)
        wide = rates[-1] > 10 * rates[0]
        scales = {"xscale": "log" if wide else "linear", "yscale": "log" if log else "linear"}
        ax.set(title=title, ylim=limits, **scales)
    for ax in axes.flat[len(panels) :]:
        ax.axis("off")
    for ax in axes[-1]:
        ax.set_xlabel(knob)
    for ax in axes[:, 0]:
        ax.set_ylabel(label)
    if len(names) > 1:
        lines = [
            plt.Line2D([], [], color=COLOURS[k % 7], linestyle=LINES[k % 7], label=name)
            for k, name in enumerate(names)
        ]
        fig.legend(handles=lines, loc="outside lower center", ncols=min(7, len(names)), fontsize=9)
    return fig


def _median(values: np.ndarray, high: bool | None) -> float:
    """Return the median of the seeds, one that never arrived counted as worst; nan if most did not."""
    worst = -np.inf if high else np.inf
    middle = float(np.median(np.where(np.isnan(values), worst, values)))
    return middle if np.isfinite(middle) else np.nan


def overfitting(history: np.ndarray) -> Figure:
    """Draw accuracy and cross-entropy of training and validation digits against the step.

    Args:
        history: rows of step, training accuracy and loss, validation accuracy and loss.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.1))
    step, *values = history.T
    for ax, part, title in zip(axes, (0, 1), ("Accuracy", "Cross-entropy"), strict=True):
        ax.plot(step, values[part], "--", color=GREY, label="training")
        ax.plot(step, values[2 + part], "-", color=BLUE, label="validation")
        ax.set(title=title, xlabel="step")
        ax.legend(loc=("lower right", "center right")[part])
    lowest = int(values[3].argmin())
    axes[1].plot(step[lowest], values[3][lowest], "*", color=BLUE, ms=13, mec="black")
    axes[1].set_ylim(bottom=0)
    return fig


def on_the_way(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], label: str) -> Figure:
    """Draw a score against the step for each name: steps [n] and scores [seeds, n]."""
    fig, ax = plt.subplots(figsize=(7.2, 3.9))
    for number, (name, (steps, scores)) in enumerate(curves.items()):
        style = _style(number)
        ax.plot(steps, scores.mean(axis=0), **style, ms=4, label=name)
        ax.fill_between(
            steps, scores.min(axis=0), scores.max(axis=0), color=style["color"], alpha=0.15, lw=0
        )
    ax.set(xlabel="step", ylabel=label, xscale="log")
    ax.legend(fontsize=9, ncols=2)
    return fig


def descents(
    paths: Mapping[str, np.ndarray], loss: tuple[np.ndarray, ...], minimum: np.ndarray
) -> Figure:
    """Draw paths of two weights over one loss surface, a panel for each.

    Args:
        paths: [steps + 1, 2] by name.
        loss: two grids of weights, and the loss on them.
        minimum: the best weights, [2].
    """
    fig, axes = plt.subplots(1, len(paths), figsize=(8, 3.0), sharex=True, sharey=True)
    for ax, (name, path), colour in zip(axes, paths.items(), (BLUE, RED, ORANGE), strict=True):
        lines = ax.contour(
            *loss[:2], np.log(loss[2]), levels=8, colors="#CCCCCC", linewidths=0.7, linestyles="-"
        )
        lines.set_antialiased(False)
        smooth = len(path) < 1000
        ax.plot(
            *path.T,
            "-",
            color=colour,
            lw=1,
            marker="." if len(path) < 100 else "",
            ms=5,
            antialiased=smooth,
        )
        ax.plot(*minimum, "*", color="black", ms=11)
        ax.set(title=name, xlabel="slope")
        ax.grid(False)
    axes[0].set_ylabel("intercept")
    return fig


def contours(ax: plt.Axes, surface: Surface, levels: int = 9) -> None:
    """Draw a surface's contour lines in its window, closer where it is low, and its minimum."""
    (left, right), (bottom, top) = surface.window
    x, y = np.meshgrid(np.linspace(left, right, 120), np.linspace(bottom, top, 120))
    value = surface.value(x, y)
    shown = np.log10(value + 0.01) if surface.minimum else value
    drawn = ax.contour(x, y, shown, levels=levels, colors="#CCCCCC", linewidths=0.7, linestyles="-")
    drawn.set_antialiased(False)  # a quarter of the bytes
    if surface.minimum:
        ax.plot(*surface.minimum, "*", color="black", ms=13, zorder=5)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x", ylabel="y")
    ax.grid(False)


def paths_figure(
    surface: Surface, runs: Mapping[str, Run], rates: Mapping[str, float], steps: int
) -> Figure:
    """Draw a panel for each rule: the first steps of its path over the surface's contours.

    Args:
        surface: where the runs walked.
        runs: by name of the rule; the style of a rule is that of its place here.
        rates: learning rate of each rule.
        steps: how many are drawn.
    """
    fig, axes = plt.subplots(2, 4, figsize=(8, 4.2), sharex=True, sharey=True)
    for number, (ax, (name, run)) in enumerate(zip(axes.flat, runs.items(), strict=False)):
        contours(ax, surface)
        style = _style(number) | {"linestyle": "-"}
        ax.plot(*run.path[: steps + 1].T, **style, ms=3, lw=1.2)
        ax.set_title(f"{name}, rate {rates[name]:g}", fontsize=10)
    for ax in axes.flat[len(runs) :]:
        ax.axis("off")
    for ax in axes.flat:
        ax.label_outer()
    return fig


def values_figure(
    runs: Mapping[str, Run], target: float, steps: int, limits: tuple[float, float], log: bool
) -> Figure:
    """Draw the value of each run against the step, and the target as a dotted line."""
    fig, ax = plt.subplots(figsize=(7.2, 3.9))
    for number, (name, run) in enumerate(runs.items()):
        every = (number, max(1, steps // 8))
        ax.plot(run.loss[: steps + 1], **_style(number), ms=4, lw=1.6, markevery=every, label=name)
    ax.axhline(target, color=GREY, ls=":", lw=1)
    ax.set(xlabel="step", ylabel="value", xlim=(0, steps), ylim=limits)
    ax.set_yscale("log" if log else "linear")
    ax.legend(ncols=2, fontsize=9)
    return fig


def ellipse_paths(surface: Surface, paths: Mapping[str, np.ndarray]) -> Figure:
    """Draw paths on a bowl of two curvatures, and beside them the distance from its bottom."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    contours(left, surface)
    for number, (name, path) in enumerate(paths.items()):
        style = _style(number) | {"linestyle": "-"}
        left.plot(*path.T, **style, ms=3, lw=1.2)
        distance = np.maximum(np.hypot(*path.T), 1e-12)
        right.semilogy(distance, **style | {"marker": ""}, label=name)
    right.set(xlabel="step", ylabel="distance from the bottom")
    right.legend()
    return fig


def shrink_curves(products: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw what a step leaves of an error against rate times curvature, a line for each name."""
    fig, ax = plt.subplots(figsize=(7.2, 3.7))
    for number, (name, left) in enumerate(curves.items()):
        ax.plot(products, left, **_style(number) | {"marker": ""}, label=name)
    ax.axhline(1, color="black", lw=1)
    ax.set(xlabel="rate times curvature", ylabel="share of the error left by a step")
    ax.set(xlim=(0, products[-1]), ylim=(0, 1.25))
    ax.legend(loc="lower right")
    return fig


def leaky_weights(gammas: Sequence[float], steps: int = 40) -> Figure:
    """Draw how much the gradient of each earlier step weighs in a velocity."""
    fig, ax = plt.subplots(figsize=(7.2, 3.0))
    for number, gamma in enumerate(gammas):
        style = _style(number)
        ago = np.arange(steps)
        ax.plot(
            ago,
            gamma**ago,
            **style | {"marker": ""},
            label=f"gamma = {gamma:g}: sum {1 / (1 - gamma):g}",
        )
    ax.set(xlabel="steps ago", ylabel="weight of that gradient", ylim=(0, 1.05))
    ax.legend()
    return fig


def two_bowls(surfaces: Sequence[Surface]) -> Figure:
    """Draw the contours of bowls side by side, each with the arrow of a gradient step."""
    fig, axes = plt.subplots(1, len(surfaces), figsize=(8, 3.0), sharey=True)
    for ax, surface in zip(axes, surfaces, strict=True):
        contours(ax, surface)
        start = np.array([1.0, 0.45])
        step = -surface.gradient(start)
        ax.annotate(
            "",
            start + 0.75 * step / np.hypot(*step),
            start,
            arrowprops={"arrowstyle": "-|>", "color": RED, "lw": 2},
        )
        ax.plot(*start, "o", color=RED, ms=6)
        ax.set_title(surface.name, fontsize=9, fontweight="normal")
        ax.set_aspect("equal")
    return fig
