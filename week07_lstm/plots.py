"""The figures of week 7."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, ORANGE, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MARKERS = "osD^vPX"


def _lags(ax: Axes, norms: Mapping[str, np.ndarray], log: bool) -> None:
    for number, (name, norm) in enumerate(norms.items()):
        share, lag = norm / norm[0], np.arange(len(norm))
        start = 1 if log else 0
        ax.plot(
            lag[start:],
            np.maximum(share, 1e-30)[start:],
            color=COLOURS[number],
            ls=LINES[number],
            marker=MARKERS[number],
            markevery=8,
            ms=5,
            label=name,
        )
    ax.axhline(1, color=GREY, lw=1, ls="-")
    ax.set(xlabel="lag: steps between input and last state", yscale="log")


def lag_curves(
    norms: Mapping[str, np.ndarray], title: str, low: float = 1e-12, high: float = 1e4
) -> Figure:
    """Draw how gradients change with the lag, on a logarithmic scale, each as a share of lag 0.

    Args:
        norms: gradient norms by name, each of shape [lags], from lag 0 on.
        title: of the figure.
        low, high: of the vertical axis.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.8))
    _lags(ax, norms, log=False)
    ax.set(title=title, ylabel="gradient, as a share of lag 0", ylim=(low, high), xlim=(0, None))
    ax.legend(loc="lower left")
    return fig


def two_scales(norms: Mapping[str, np.ndarray]) -> Figure:
    """Draw gradients against the lag twice: the lag on a linear and on a logarithmic scale."""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharey=True)
    power = {"a power law, 1 / lag^3": 1 / np.maximum(1.0, np.arange(100)) ** 3}
    for ax, log in zip(axes, (False, True), strict=True):
        _lags(ax, dict(norms) | power, log)
    axes[0].set(title="lag on a linear scale", ylim=(1e-12, 1e8), xlim=(0, 99))
    axes[0].set_ylabel("gradient, as a share of lag 0")
    axes[1].set(title="lag on a logarithmic scale", xscale="log", xlim=(1, 99))
    fig.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9
    )
    return fig


def before_and_after(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw gradients against the lag before training and after it, a panel for each network."""
    fig, axes = plt.subplots(1, len(pairs), figsize=(7.2, 3.2), sharey=True)
    for ax, (name, (before, after)) in zip(axes, pairs.items(), strict=True):
        _lags(ax, {"before training": before, "after": after}, log=False)
        ax.set(title=name, xlim=(0, None), ylim=(1e-7, 1e2), xlabel="lag")
    axes[0].set_ylabel("gradient, as a share of lag 0")
    axes[0].legend(loc="lower left")
    return fig


def _seeds(ax: Axes, lines: Mapping[str, Mapping[float, Sequence[float]]]) -> None:
    """Draw scores against a knob: each dot is a seed, and lines join the means."""
    for number, (name, found) in enumerate(lines.items()):
        style = {"color": COLOURS[number], "marker": MARKERS[number]}
        for at, scores in found.items():
            ax.plot([at] * len(scores), scores, ls="", ms=4, alpha=0.5, **style)
        means = [np.mean(scores) for scores in found.values()]
        ax.plot(list(found), means, ls=LINES[number], label=name, color=COLOURS[number])


def against_bias(panels: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]]) -> Figure:
    """Draw accuracy against the forget bias: a panel for each input bias, a line for each length.

    Each dot is a seed; lines join the means.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, 3.4), sharey=True)
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        _seeds(ax, lines)
        ax.axhline(0.25, color=GREY, ls="--", lw=1)
        ax.set(title=title, xlabel="forget bias at the start", ylim=(0.15, 1.05))
    axes[0].set_ylabel("accuracy (dashed: chance)")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(lines))
    return fig


def readable(shares: Mapping[str, np.ndarray], within: int, chance: float) -> Figure:
    """Draw how often the marked letter can be read off the cell state after each step.

    Args:
        shares: by the network's name, in [0, 1], shape [steps].
        within: the steps in which the marks stand, from the first.
        chance: the share that guessing gives.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    ax.axvspan(1, within, color=ORANGE, alpha=0.25, label="the marks stand here")
    for number, (name, share) in enumerate(shares.items()):
        steps = np.arange(1, len(share) + 1)
        style = {"color": COLOURS[number], "marker": MARKERS[number], "ls": LINES[number]}
        ax.plot(steps, share, ms=3, label=name, **style)
    ax.axhline(chance, color=GREY, ls="--", label="chance", lw=1)
    ax.set(title="Is the letter in the cell state?", xlabel="step", ylabel="share of sequences")
    ax.set(ylim=(0, 1.05), xlim=(1, None))
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig


def running_sum(inputs: np.ndarray, gate: np.ndarray, held: np.ndarray) -> Figure:
    """Draw one sequence of the adding task: the numbers, the input gate, and the sum held.

    Args:
        inputs: numbers and marks, shape [steps, 2].
        gate: the input gate, shape [steps, units], in [0, 1].
        held: the sum as read off the cell state, shape [steps].
    """
    fig, axes = plt.subplots(3, 1, figsize=(7.2, 5.4), sharex=True)
    numbers, marks = inputs.T
    steps, colours = np.arange(1, len(numbers) + 1), np.where(marks == 1, RED, "#BBBBBB")
    axes[0].bar(steps, numbers, color=colours)
    axes[0].set_title("The numbers; the two marked ones in colour", loc="left")
    axes[1].plot(steps, gate.mean(axis=1), "o-", ms=3, color=BLUE)
    axes[1].set_title("Input gate, mean over the units", loc="left")
    axes[1].set_ylim(0, None)
    axes[2].step(steps, np.cumsum(numbers * marks), where="mid", color=GREY, ls="--", label="truth")
    axes[2].plot(steps, held, "o-", ms=3, color=RED, label="read off the cell state")
    axes[2].set_title("Sum of the marked numbers so far", loc="left")
    axes[2].set_xlabel("step")
    axes[2].legend(loc="upper left")
    return fig


def against_rate(
    panels: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]],
    labels: Sequence[str],
    levels: Sequence[float],
    logs: Sequence[bool],
) -> Figure:
    """Draw a score against the learning rate: a panel for each score, a line for each setting.

    Each dot is a seed; lines join the means.

    Args:
        panels: by title and line, the scores of all seeds by rate.
        labels: of each panel's vertical axis.
        levels: a dashed level for each panel.
        logs: whether each vertical axis is logarithmic.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, 3.3))
    for ax, (title, lines), label, level, log in zip(
        axes, panels.items(), labels, levels, logs, strict=True
    ):
        _seeds(ax, lines)
        ax.axhline(level, color=GREY, ls="--", lw=1)
        ax.set(title=title, xlabel="learning rate", xscale="log", ylabel=label)
        ax.set_yscale("log" if log else "linear")
    axes[-1].legend(loc="upper left")
    return fig


def rows_read(images: np.ndarray, accuracy: np.ndarray) -> Figure:
    """Draw the accuracy after each row of the image, above a digit as far as it is read by then.

    Args:
        images: one image after 7, 14, 21 and 28 rows, the rest blank, shape [4, 28, 28].
        accuracy: shares in [0, 1] after each of the 28 rows.
    """
    fig, axes = plt.subplot_mosaic(
        [["0", "1", "2", "3"], ["curve"] * 4], figsize=(7.2, 4.6), height_ratios=[1, 2.0]
    )
    for number, image in enumerate(images):
        ax = axes[str(number)]
        ax.imshow(image)
        ax.set_title(f"{7 * (number + 1)} rows", fontsize=9, fontweight="normal")
        ax.set(xticks=[], yticks=[])
        ax.spines[["top", "right"]].set_visible(True)
        ax.grid(False)
    ax = axes["curve"]
    ax.plot(range(1, 29), accuracy, "o-", ms=4, color=BLUE)
    ax.axhline(0.1, color=GREY, ls="--", label="chance")
    ax.set(title="Test accuracy after each row", xlabel="rows read", ylabel="accuracy")
    ax.set(ylim=(0, 1.02), xticks=[1, 7, 14, 21, 28])
    ax.legend(loc="upper left")
    return fig


def next_shares(chars: Sequence[str], shares: np.ndarray, title: str) -> Figure:
    """Draw the likeliest next characters as bars.

    Args:
        chars: what the shares belong to.
        shares: in [0, 1], shape [chars].
        title: of the figure.
    """
    fig, ax = plt.subplots(figsize=(7.2, 2.6))
    top = np.argsort(-shares, kind="stable")[:12]
    names = [{" ": "space", "\n": "newline"}.get(chars[k], chars[k]) for k in top]
    ax.bar(range(12), shares[top], color=BLUE)
    ax.set_xticks(range(12), names)
    ax.set(title=title, ylabel="probability", ylim=(0, 1))
    return fig


def budgets(
    lines: Mapping[str, Mapping[float, Sequence[float]]], levels: Mapping[str, float]
) -> Figure:
    """Draw held-out bits against training steps, with levels of models that only count.

    Each dot is a seed; lines join the means.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    _seeds(ax, lines)
    for name, level in levels.items():
        ax.axhline(level, color=GREY, ls="--", lw=1)
        ax.annotate(
            name,
            (0.01, level),
            xycoords=("axes fraction", "data"),
            ha="left",
            va="bottom",
            fontsize=9,
        )
    ax.set(xscale="log", xlabel="training steps", ylabel="bits a character, held out")
    ax.legend(loc="center right")
    return fig
