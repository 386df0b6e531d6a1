"""The measured figures of week 10."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, LINES, ORANGE, RED
from week10_tfrecord.feeding import Watched, waiting

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

MARKERS = "osD^v"


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


def timelines(runs: Mapping[str, Watched], batches: int = 6) -> Figure:
    """Draw when batches were made, waited for and used, a panel for each run, on one axis of time.

    Args:
        runs: by name, what `feeding.watch` returned.
        batches: the axis is as long as the slowest run needs for so many.
    """
    end = max(run.used[batches - 1][1] for run in runs.values())
    least = end / 400  # what is shorter is drawn as wide as this, or nobody would see it
    fig, axes = plt.subplots(len(runs), 1, figsize=(8, 1.05 * len(runs) + 0.6), sharex=True)
    for ax, (name, run) in zip(np.atleast_1d(axes), runs.items(), strict=True):
        for n, (begin, done) in enumerate(run.made):
            place = 1.62 - 0.28 * (n % 3)
            ax.broken_barh([(begin, max(least, done - begin))], (place, 0.24), color=BLUE)
        for spans, colour, hatch in ((run.used, ORANGE, ""), (run.waited, "white", "////")):
            bars = [(begin, max(least, done - begin)) for begin, done in spans]
            edge = RED if hatch else "white"
            ax.broken_barh(bars, (0.2, 0.7), facecolor=colour, hatch=hatch, edgecolor=edge, lw=0.6)
        ax.set(yticks=[1.45, 0.55], yticklabels=["parses", "trains"], ylim=(0, 2.0), xlim=(0, end))
        ax.set_title(f"{name}: waits {waiting(run):.0%} of the time", fontsize=10, loc="left")
        ax.grid(visible=False)
    axes[-1].set_xlabel("seconds   (orange: a step, red: waiting for the next batch)")
    return fig


def rates(images: Mapping[str, float], ceiling: str, ladder: Sequence[str]) -> Figure:
    """Draw images per second by way of reading, on a logarithmic axis.

    Args:
        images: rates by the name of the way.
        ceiling: the way whose rate is drawn as a dashed line.
        ladder: the names that are rungs; they have another colour.
    """
    fig, ax = plt.subplots(figsize=(8, 0.3 * len(images) + 0.9))
    names = list(images)[::-1]
    colours = [BLUE if name in ladder else ORANGE for name in names]
    hatches = ["" if name in ladder else "//" for name in names]
    bars = ax.barh(names, [images[n] for n in names], color=colours, edgecolor="white")
    for bar, hatch in zip(bars, hatches, strict=True):
        bar.set_hatch(hatch)
    ax.axvline(images[ceiling], color=RED, linestyle="--")
    ax.set(xscale="log", xlabel="images per second (blue: the ladder; dashed: the ceiling)")
    ax.grid(axis="y", visible=False)
    return fig


def shuffled(count: int = 1_000, buffer: int = 100) -> tuple[Figure, str]:
    """Draw where `shuffle` with a buffer sends each of some records, and what that does to classes."""
    order = np.array(list(tf.data.Dataset.range(count).shuffle(buffer, seed=1).as_numpy_iterator()))
    fig, ax = plt.subplots(figsize=(6.2, 3.6))
    late = order >= count // 2
    for kind, colour, marker, name in (
        (~late, BLUE, "o", "first half of the files"),
        (late, RED, "^", "second half"),
    ):
        ax.plot(np.flatnonzero(kind), order[kind], marker, color=colour, ms=2.5, label=name)
    ax.set(xlabel="place at which the record comes out", ylabel="place in the files")
    ax.set_title(f"buffer of {buffer}")
    ax.legend(loc="upper left")
    return fig, (
        "Where each record stood in the files, by where it comes out of the shuffle: with a buffer "
        "much smaller than the data the points lie along the diagonal, first half before second."
    )


def converging(looks: Sequence[int], right: Sequence[float], title: str) -> Figure:
    """Draw the share of captchas that are right by the number of batches the statistics have seen."""
    fig, ax = plt.subplots(figsize=(6.2, 3.2))
    ax.plot(looks, right, "o-", color=BLUE)
    ax.set(xlabel="batches of captchas seen", ylabel=title, ylim=(-0.03, 1))
    return fig


def curves(panels: Mapping[str, Mapping[str, tuple]], ylabel: str, names: Sequence[str]) -> Figure:
    """Draw curves with all their seeds, panels side by side.

    Args:
        panels: by x-label, the curves: of each name x [looks] and y [seeds, looks].
        ylabel: of all panels.
        names: the curves' order.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(8, 3.3), sharey=True)
    for ax, (label, held) in zip(axes, panels.items(), strict=True):
        styles = zip(names, COLOURS, LINES, MARKERS, strict=False)
        for name, colour, style, marker in styles:
            x, y = held[name]
            ax.plot(x, y.T, marker, color=colour, ms=4, alpha=0.5, linestyle="")
            ax.plot(x, y.mean(axis=0), marker, color=colour, linestyle=style, label=name)
        ax.set(xlabel=label)
    axes[0].set_ylabel(ylabel)
    axes[0].legend(loc="upper left")
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
