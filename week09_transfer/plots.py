"""The figures of week 9."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^v"


def learning_curves(counts: Sequence[int], scores: Mapping[str, np.ndarray]) -> Figure:
    """Draw accuracies against the number of examples; scores [counts, seeds] in [0, 1] by name."""
    fig, ax = plt.subplots()
    for k, (name, score) in enumerate(scores.items()):
        at = np.array(counts) * 1.05 ** (k - len(scores) / 2)  # beside each other
        middle = score.mean(axis=1)
        reach = np.stack([middle - score.min(axis=1), score.max(axis=1) - middle])
        style = {"color": COLOURS[k], "marker": MARKERS[k], "capsize": 3, "label": name}
        ax.errorbar(at, middle, reach, linestyle=("-", "--", "-.", ":")[k % 4], **style)
    ax.set(xscale="log", xlabel="examples of each class", ylabel="test accuracy")
    ax.set(title=f"Mean and range over {score.shape[1]} draws", xticks=counts, xticklabels=counts)
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return fig


def moves(names: Sequence[str], equal: np.ndarray, graded: np.ndarray) -> Figure:
    """Draw how far each layer moved with equal and with graded rates, as shares of its size."""
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    at = np.arange(len(names))
    ax.bar(at - 0.2, equal, 0.4, color=RED, label="equal rates", hatch="//", edgecolor="white")
    ax.bar(at + 0.2, graded, 0.4, color=BLUE, label="graded rates")
    ax.set(title="How far each layer moved", ylabel="distance moved / size before", yscale="log")
    ax.set_xticks(at, names, rotation=20)
    ax.legend(loc="upper left")
    return fig


def ranges(scores: Mapping[str, Sequence[float]], chance: float, title: str) -> Figure:
    """Draw the accuracy of each draw as a dot and the mean as a bar, a row for each name."""
    fig, ax = plt.subplots(figsize=(7.2, 3.0))
    for row, score in enumerate(scores.values()):
        ax.barh(row, np.mean(score), 0.6, color=BLUE, alpha=0.5)
        ax.plot(score, [row] * len(score), "o", color="black", ms=5)
    ax.axvline(chance, color=GREY, ls="--")
    ax.text(chance + 0.01, -0.62, "chance", color=GREY, va="center", fontsize=9)
    ax.set(xlim=(0, 1), ylim=(len(scores) - 0.5, -0.9), xlabel="test accuracy")
    ax.set_title(title)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.grid(axis="y", visible=False)
    return fig
