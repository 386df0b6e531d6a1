"""The figures of week 9."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREEN, GREY, LINES, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^vPX"


def learning_curves(counts: Sequence[int], scores: Mapping[str, np.ndarray], what: str) -> Figure:
    """Draw shares against the number of examples; scores [counts, seeds] in [0, 1] by name."""
    fig, ax = plt.subplots()
    for k, (name, score) in enumerate(scores.items()):
        at = np.array(counts) * 1.03 ** (k - len(scores) / 2)  # beside each other
        middle = score.mean(axis=1)
        reach = np.stack([middle - score.min(axis=1), score.max(axis=1) - middle])
        style = {"color": COLOURS[k], "marker": MARKERS[k], "capsize": 3, "label": name}
        ax.errorbar(at, middle, reach, linestyle=LINES[k], **style)
    ax.set(xscale="log", xlabel="examples of each class", ylabel=what)
    ax.set(title=f"Mean and range over {score.shape[1]} draws", xticks=counts, xticklabels=counts)
    ax.minorticks_off()
    fig.legend(loc="outside right upper")
    fig.set_size_inches(7.2, 3.8)
    return fig


def moves(names: Sequence[str], found: Mapping[str, np.ndarray]) -> Figure:
    """Draw how far each layer moved, as shares of its size, a kind of dot for each setting."""
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    for k, (name, moved) in enumerate(found.items()):
        ax.plot(moved, MARKERS[k], color=COLOURS[k], ms=8, ls="", label=name)
    ax.set(title="How far each layer moved", ylabel="distance moved / size before")
    ax.set_yscale("symlog", linthresh=1e-3)
    ax.set_ylim(-2e-4, None)
    ax.set_xticks(range(len(names)), names)
    fig.legend(loc="outside lower center", ncols=len(found))
    return fig


def grid(rows: Sequence[Sequence[np.ndarray]], titles: Sequence[str]) -> Figure:
    """Draw pictures in rows, a title above each column."""
    side = min(1.0, 7.0 / len(titles))
    fig, axes = plt.subplots(
        len(rows), len(titles), figsize=(side * len(titles), side * len(rows) + 0.25), squeeze=False
    )
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=9, fontweight="normal")
    for ax, pixels in zip(axes.ravel(), (one for row in rows for one in row), strict=True):
        ax.imshow(pixels)
        ax.axis("off")
    return fig


def losses(history: Mapping[str, Sequence[float]], best: int) -> Figure:
    """Draw training and validation loss against the epoch, and the epoch that is kept."""
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    epochs = np.arange(1, len(history["loss"]) + 1)
    ax.plot(epochs, history["loss"], color=BLUE, label="training")
    ax.plot(epochs, history["val_loss"], color=RED, ls="--", label="validation")
    ax.axvline(best + 1, color=GREY, ls=":", label="kept")
    ax.set(xlabel="epoch", ylabel="cross-entropy", title="Loss of the head", ylim=(0, None))
    ax.legend()
    return fig


def lag(steps: np.ndarray, share: np.ndarray, marked: int) -> Figure:
    """Draw which share of a sudden change has reached a moving mean after each batch."""
    fig, ax = plt.subplots(figsize=(7.2, 2.8))
    ax.plot(steps, share, color=BLUE, label="moving mean")
    ax.axhline(1, color=GREY, ls="--", lw=1.2, label="what the batches have now")
    ax.plot(
        marked, np.interp(marked, steps, share), "o", color=RED, ms=8, label=f"after {marked} steps"
    )
    ax.set(xlabel="batches since the change", ylabel="share of the change", ylim=(0, 1.08))
    fig.legend(loc="outside lower center", ncols=3, fontsize=9)
    return fig


def against_rate(
    curves: Mapping[str, Mapping[float, np.ndarray]], level: np.ndarray, chance: float = 0.2
) -> Figure:
    """Draw validation accuracies against the rate, a panel for each head, and a level to compare with."""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True)
    for ax, head in zip(axes, ("new head", "trained head"), strict=True):
        ax.axhspan(level.min(), level.max(), color=GREEN, alpha=0.2, label="frozen body")
        ax.axhline(chance, color=GREY, ls=":", lw=1.2, label="guessing")
        chosen = {name: found for name, found in curves.items() if name.endswith(head)}
        for k, (name, found) in enumerate(chosen.items()):
            rates, label = list(found), name.partition(",")[0]
            style = {"color": (RED, BLUE)[k], "ls": ("--", "-")[k], "label": label}
            ax.plot(rates, [values.mean() for values in found.values()], **style)
            points = [(rate, value) for rate, values in found.items() for value in values]
            ax.plot(*zip(*points, strict=True), MARKERS[k], color=(RED, BLUE)[k], ms=4, ls="")
        ax.set(xscale="log", xlabel="rate", title=head, ylim=(0, 0.85))
    axes[0].set_ylabel("validation accuracy")
    axes[0].legend(fontsize=8, loc="upper left", ncols=2)
    return fig


def confusion(counts: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw how often each class (row) got each answer (column)."""
    fig, ax = plt.subplots(figsize=(3.6, 3.0))
    ax.imshow(counts, cmap="Blues", vmin=0)
    for (row, column), count in np.ndenumerate(counts):
        ink = "white" if count > 0.6 * counts.max() else "black"
        ax.text(column, row, str(count), ha="center", va="center", color=ink)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="answer", ylabel="class")
    ax.grid(visible=False)
    return fig
