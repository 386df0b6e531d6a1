"""The figures of week 4."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, ORANGE, RED
from week04_optimizers.race import Run, steps_to
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
    fig, axes = plt.subplots(1, len(curves), figsize=(9, 3.4), sharey=True)
    for ax, (title, lines) in zip(axes, curves.items(), strict=True):
        for (name, outputs), colour, style in zip(
            lines.items(), (RED, BLUE), ("--", "-"), strict=True
        ):
            ax.plot(outputs, color=colour, ls=style, label=name)
        ax.set(title=title, xlabel="epoch", ylim=(0, 1))
    axes[0].set_ylabel("output; wanted is 0")
    axes[-1].legend()
    return fig


def overfitting(steps: np.ndarray, train: np.ndarray, validation: np.ndarray) -> Figure:
    """Draw accuracy and cross-entropy of training and validation against the step.

    Args:
        steps: where it was measured, [points].
        train, validation: accuracy and cross-entropy for each seed, [points, 2, seeds].
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    corners = ("lower right", "upper right")
    for ax, part, title in zip(axes, (0, 1), ("Accuracy", "Cross-entropy"), strict=True):
        for name, values, colour, style in [
            ("training", train, GREY, "--"),
            ("validation", validation, BLUE, "-"),
        ]:
            ax.plot(steps, values[:, part], color=colour, ls=style, lw=0.8, alpha=0.6)
            mean = values[:, part].mean(axis=1)
            ax.plot(steps, mean, color=colour, ls=style, lw=2.5, label=name)
        ax.set(title=title, xlabel="step")
        ax.legend(loc=corners[part])
    axes[1].set_ylim(bottom=0)
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
    fig, axes = plt.subplots(1, len(paths), figsize=(9, 3.4), sharex=True, sharey=True)
    for ax, (name, path), colour in zip(axes, paths.items(), (BLUE, RED, ORANGE), strict=True):
        ax.contour(*loss[:2], np.log(loss[2]), levels=14, colors="#BBBBBB", linewidths=0.7)
        ax.plot(*path.T, "-", color=colour, lw=1, marker="." if len(path) < 100 else "", ms=5)
        ax.plot(*minimum, "*", color="black", ms=11)
        ax.set(title=name, xlabel="slope")
        ax.grid(False)
    axes[0].set_ylabel("intercept")
    return fig


def contours(ax: plt.Axes, surface: Surface) -> None:
    """Draw a surface's contour lines in its window, closer where it is low, and its minimum."""
    (left, right), (bottom, top) = surface.window
    x, y = np.meshgrid(np.linspace(left, right, 200), np.linspace(bottom, top, 200))
    value = surface.value(x, y)
    shown = np.log10(value + 0.01) if surface.minimum else value
    ax.contour(x, y, shown, levels=16, colors="#BBBBBB", linewidths=0.7, linestyles="-")
    if surface.minimum:
        ax.plot(*surface.minimum, "*", color="black", ms=13, zorder=5)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="x", ylabel="y")
    ax.grid(False)


def race_figure(
    surface: Surface,
    runs: Mapping[str, Run],
    rates: Mapping[str, float],
    target: float,
    steps: int,
) -> Figure:
    """Draw all paths over the surface's contours up to the target, and the losses against the step.

    Args:
        surface: where the runs walked.
        runs: by name of the rule; the style of a rule is that of its place here.
        rates: learning rate of each rule, for the legend.
        target: the value at which a path is cut in the left panel; the right one goes on.
        steps: how many steps the right panel shows.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.6))
    contours(left, surface)
    for number, (name, run) in enumerate(runs.items()):
        style = _style(number)
        path = run.path[: (steps_to(run, target) or len(run.path)) + 1]
        left.plot(*path.T, **style, ms=4, lw=1.4, markevery=(0, max(1, len(path) // 8)))
        loss, every = run.loss[: steps + 1], (number, max(1, steps // 8))
        label = f"{name} (rate {rates[name]:g})"
        right.plot(loss, **style, ms=4, lw=1.6, markevery=every, label=label)
    if surface.minimum:
        right.set(yscale="log", ylim=(1e-6, None))
    else:
        right.set(ylim=(-2.2, 1.2))
    right.axhline(target, color=GREY, ls=":", lw=1)
    left.set_title(f"Paths: {surface.name}")
    right.set(title="Value of the function", xlabel="step", xlim=(0, steps))
    fig.legend(loc="outside lower center", ncols=4, fontsize=9)
    return fig


def rate_sweep(
    rates: Sequence[float], steps: Mapping[str, Mapping[str, Sequence[float]]], limit: int
) -> Figure:
    """Draw steps to the target against the learning rate, a panel for each surface.

    Args:
        rates: learning rates, rising.
        steps: for each surface and rule the steps at each rate, `nan` where it never arrived.
        limit: how many steps were allowed.
    """
    fig, axes = plt.subplots(1, len(steps), figsize=(9, 4.6), sharey=True)
    for ax, (title, rules) in zip(axes, steps.items(), strict=True):
        for number, (name, counts) in enumerate(rules.items()):
            label = name if ax is axes[0] else None
            ax.plot(rates, counts, **_style(number), ms=5, lw=1.6, label=label)
        ax.set(title=title, xlabel="learning rate", xscale="log", yscale="log", ylim=(0.8, limit))
    axes[0].set_ylabel("steps to the target")
    fig.legend(loc="outside lower center", ncols=7, fontsize=9)
    return fig


def accuracy_curves(steps: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw validation accuracies against the step, a line for each optimizer."""
    fig, ax = plt.subplots(figsize=(7.2, 4.2))
    for number, (name, accuracy) in enumerate(curves.items()):
        ax.plot(steps, accuracy, **_style(number), ms=4, lw=1.5, markevery=2, label=name)
    ax.axhline(0.95, color=GREY, ls=":", lw=1)
    ax.set(title="Each optimizer at its best rate", xlabel="step", ylabel="validation accuracy")
    ax.set_ylim(0.85, 1)
    ax.legend(loc="lower right", ncols=2)
    return fig


def rare_features(
    rates: Mapping[str, Sequence[float]], errors: Mapping[str, Sequence[Sequence[float]]]
) -> Figure:
    """Draw the error of weights against the learning rate, common and rare features apart.

    Args:
        rates: learning rates tried, by name of the rule.
        errors: for each rate the errors of common and of rare features, by name of the rule.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for ax, part, title in zip(axes, (0, 1), ("Common features", "Rare features"), strict=True):
        for number, (name, values) in enumerate(errors.items()):
            ax.plot(rates[name], np.array(values)[:, part], **_style(number), label=name)
        ax.set(title=title, xlabel="learning rate", xscale="log", ylim=(0, 1.05))
    axes[0].set_ylabel("error of the weights (rms)")
    axes[1].legend()
    return fig
