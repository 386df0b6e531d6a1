"""The figures of week 10."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, ORANGE, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

HATCHES = ("", "//", "..", "xx")
Span = tuple[float, float]


def captchas(images: np.ndarray, titles: Sequence[str], columns: int = 5) -> Figure:
    """Draw grey images, uint8 [n, height, width], each under its title."""
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(9, 1.15 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def waiting(runs: Mapping[str, tuple[Sequence[Span], Sequence[Span]]]) -> Figure:
    """Draw when batches were made and when steps ran, a panel for each way of feeding.

    Args:
        runs: by name, the spans (begin, end) in seconds in which a batch was made, and those in
            which a step ran.
    """
    fig, axes = plt.subplots(len(runs), 1, figsize=(9, 1.5 * len(runs) + 0.5), sharex=True)
    for ax, (name, (made, used)) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        for row, spans, colour, hatch in [(1, made, BLUE, ""), (0, used, ORANGE, "//")]:
            bars = [(1000 * begin, 1000 * (end - begin)) for begin, end in spans]
            ax.broken_barh(bars, (row - 0.38, 0.76), color=colour, hatch=hatch, edgecolor="white")
        ax.set(yticks=[1, 0], yticklabels=["makes a batch", "trains on it"], title=name)
        ax.grid(axis="y", visible=False)
    ax.set_xlabel("milliseconds")
    return fig


def rates(images: Mapping[str, float], ceiling: str) -> Figure:
    """Draw images per second by way of reading, on a logarithmic axis; `ceiling` names the limit."""
    fig, ax = plt.subplots(figsize=(9, 0.45 * len(images) + 0.9))
    names = list(images)[::-1]
    colours = [GREY if name == ceiling else BLUE for name in names]
    ax.barh(names, [images[name] for name in names], color=colours)
    ax.axvline(images[ceiling], color=RED, linestyle="--")
    ax.set(xscale="log", xlabel="images per second (dashed: the ceiling)")
    ax.grid(axis="y", visible=False)
    return fig


def schemes(curves: Mapping[str, np.ndarray]) -> Figure:
    """Draw training losses, each smoothed over 25 steps, by the name of the scheme."""
    fig, ax = plt.subplots()
    for (name, loss), colour, line in zip(curves.items(), COLOURS, LINES, strict=False):
        smooth = np.convolve(loss, np.ones(25) / 25, "valid")
        ax.plot(np.arange(len(smooth)) + 25, smooth, color=colour, linestyle=line, label=name)
    ax.set(xlabel="step", ylabel="cross-entropy of a character", ylim=(0, None))
    ax.legend()
    return fig


def positions(counts: np.ndarray, alphabet: str) -> Figure:
    """Draw a confusion matrix for each position in the string: int [positions, true, answered]."""
    fig, axes = plt.subplots(1, len(counts), figsize=(9.6, 2.9), sharey=True)
    for place, (ax, matrix) in enumerate(zip(axes, counts, strict=True)):
        wrong = matrix * (1 - np.eye(len(matrix), dtype=int))
        ax.imshow(wrong, cmap="Blues", vmax=max(1, counts.max() // 30))
        for (row, column), count in np.ndenumerate(wrong):
            if count:
                ax.text(column, row, count, ha="center", va="center", fontsize=8)
        ticks = range(len(alphabet))
        ax.set(xticks=ticks, yticks=ticks, xticklabels=list(alphabet), yticklabels=list(alphabet))
        ax.set(title=f"character {place + 1}: {wrong.sum()} wrong", xlabel="answer")
        ax.grid(color="#EEEEEE")
    axes[0].set_ylabel("true character")
    return fig
