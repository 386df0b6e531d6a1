"""The figures of week 7."""

from collections.abc import Mapping

from week02_basics.figures import BLUE, GREY, ORANGE, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

GATES = ("input gate", "forget gate", "output gate")


def lag_curves(norms: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw how gradients change with the lag, on a logarithmic scale, each as a share of lag 0.

    Args:
        norms: gradient norms by name, each of shape [lags], from lag 0 on.
        title: of the figure.
    """
    fig, ax = plt.subplots(figsize=(7.2, 4.2))
    for (name, norm), marker in zip(norms.items(), "osD^v", strict=False):
        share = norm / norm[0]
        ax.plot(share, marker=marker, markevery=8, ms=5, label=name)
    ax.axhline(1, color=GREY, lw=1, ls="-")
    ax.set(title=title, xlabel="lag: steps between input and last state", yscale="log")
    ax.set(ylabel="gradient, as a share of lag 0", ylim=(1e-12, 1e12), xlim=(0, None))
    ax.legend(loc="upper left")
    return fig


def gates_over_time(
    letters: str, marked: int, seen: Mapping[str, np.ndarray], sequence: int = 0
) -> Figure:
    """Draw the gates and the cell state of one sequence as bands of colour, a row for each unit.

    Args:
        letters: the sequence's letters.
        marked: the place of the marked one.
        seen: what was recorded, by name, each [n, steps, units]: `GATES` in [0, 1] and "cell".
        sequence: which of the n sequences to draw.
    """
    rows = [*GATES, "cell"]
    fig, axes = plt.subplots(4, 1, figsize=(9, 6.2), sharex=True)
    for ax, name in zip(axes, rows, strict=True):
        values = seen[name][sequence].T
        bound = np.abs(values).max()
        scale = {"cmap": "PuOr", "vmin": -bound, "vmax": bound}
        if name in GATES:
            scale = {"cmap": "Blues", "vmin": 0, "vmax": 1}
        image = ax.imshow(values, aspect="auto", interpolation="nearest", **scale)
        fig.colorbar(image, ax=ax, pad=0.01)
        ax.set_title("cell state" if name == "cell" else name, loc="left")
        ax.set(ylabel="unit", yticks=[0, len(values) - 1])
        ax.axvline(marked - 0.5, color=RED, lw=1.2, ls="--")
        ax.axvline(marked + 0.5, color=RED, lw=1.2, ls="--")
        ax.grid(False)
    axes[-1].set_xticks(range(len(letters)), list(letters), fontsize=9)
    axes[-1].get_xticklabels()[marked].set(color=RED, fontweight="bold", fontsize=12)
    axes[-1].set_xlabel("the letters; the marked one in red")
    return fig


def readable(share: np.ndarray, within: int, chance: float) -> Figure:
    """Draw how often the marked letter can be read off the cell state after each step.

    Args:
        share: shares in [0, 1], shape [steps].
        within: the steps in which the marks stand, from the first.
        chance: the share that guessing gives.
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.0))
    ax.axvspan(0, within - 1, color=ORANGE, alpha=0.25, label="the marks stand here")
    ax.plot(share, "o-", ms=3, color=BLUE, label="read off the cell state")
    ax.axhline(chance, color=GREY, ls="--", label="chance")
    ax.set(title="Is the letter in the cell state?", xlabel="step", ylabel="share of sequences")
    ax.set(ylim=(0, 1.05), xlim=(0, len(share) - 1))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.3))
    return fig


def running_sum(inputs: np.ndarray, gate: np.ndarray, held: np.ndarray) -> Figure:
    """Draw one sequence of the adding task: the numbers, the input gate, and the sum held.

    Args:
        inputs: numbers and marks, shape [steps, 2].
        gate: the input gate, shape [steps, units], in [0, 1].
        held: the sum as read off the cell state, shape [steps].
    """
    fig, axes = plt.subplots(3, 1, figsize=(7.2, 5.6), sharex=True)
    numbers, marks = inputs.T
    steps, colours = np.arange(len(numbers)), np.where(marks == 1, RED, "#BBBBBB")
    axes[0].bar(steps, numbers, color=colours)
    axes[0].set_title("The numbers, the two marked ones in red", loc="left")
    axes[1].plot(gate.mean(axis=1), "o-", ms=3, color=BLUE)
    axes[1].set_title("Input gate, mean over the units", loc="left")
    axes[1].set_ylim(0, None)
    axes[2].step(steps, np.cumsum(numbers * marks), where="mid", color=GREY, ls="--", label="truth")
    axes[2].plot(held, "o-", ms=3, color=RED, label="read off the cell state")
    axes[2].set_title("Sum of the marked numbers so far", loc="left")
    axes[2].set_xlabel("step")
    axes[2].legend(loc="upper left")
    return fig


def rows_read(images: np.ndarray, accuracy: np.ndarray) -> Figure:
    """Draw the accuracy after each row of the image, above a digit as far as it is read by then.

    Args:
        images: one image after 7, 14, 21 and 28 rows, the rest blank, shape [4, 28, 28].
        accuracy: shares in [0, 1] after each of the 28 rows.
    """
    fig, axes = plt.subplot_mosaic(
        [["0", "1", "2", "3"], ["curve"] * 4], figsize=(7.2, 5.0), height_ratios=[1, 2.2]
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
