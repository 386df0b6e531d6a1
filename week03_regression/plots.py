"""The figures of week 3."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure


def forming(x: np.ndarray, y: np.ndarray, fits: Mapping[int, np.ndarray]) -> Figure:
    """Draw a fit as it forms, a panel for each number of steps.

    Args:
        x, y: the data, each of shape [n, 1].
        fits: predictions of shape [n, 1] by the number of steps done.
    """
    fig, axes = plt.subplots(2, 3, figsize=(9, 4.6), sharex=True, sharey=True)
    for ax, (steps, fit) in zip(axes.flat, fits.items(), strict=True):
        ax.scatter(x, y, s=5, color=GREY)
        ax.plot(x, fit, "-", color=RED, lw=2.5)
        ax.set(title=f"{steps} steps", ylim=(-0.12, 0.36))
    for ax in axes[1]:
        ax.set_xlabel("x")
    for ax in axes[:, 0]:
        ax.set_ylabel("y")
    return fig


def hidden_units(x: np.ndarray, hidden: np.ndarray, shares: np.ndarray, fit: np.ndarray) -> Figure:
    """Draw what hidden units put out and what each adds to the output.

    Args:
        x: inputs of shape [n, 1].
        hidden: outputs of the units, shape [n, units].
        shares: the same times the output weights, shape [n, units].
        fit: the network's prediction, shape [n, 1].
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    for unit in range(hidden.shape[1]):
        style = {
            "color": COLOURS[unit % len(COLOURS)],
            "linestyle": LINES[unit // 2 % len(LINES)],
            "lw": 1.5,
        }
        left.plot(x, hidden[:, unit], **style)
        right.plot(x, shares[:, unit], **style)
    right.plot(x, fit, "-", color="black", lw=4, label="the fit: tanh(sum + bias)")
    left.set(title="Hidden units", xlabel="x", ylabel="tanh(x w1 + b1)")
    right.set(title="Times their output weights", xlabel="x", ylabel="share of the sum")
    right.legend(loc="upper center")
    return fig


def temperatures(probabilities: Sequence[np.ndarray], at: Sequence[float]) -> Figure:
    """Draw probabilities of the same classes at several temperatures, side by side."""
    fig, axes = plt.subplots(1, len(at), figsize=(7.2, 2.8), sharey=True)
    for ax, p, temperature in zip(axes, probabilities, at, strict=True):
        ax.bar(range(1, len(p) + 1), p, color=BLUE)
        ax.set(title=f"T = {temperature:g}", xlabel="class", xticks=range(1, len(p) + 1))
        ax.grid(axis="x", visible=False)
    axes[0].set(ylabel="probability", ylim=(0, 1))
    return fig


def draw_image(ax: plt.Axes, image: np.ndarray, title: str = "", **how) -> None:
    """Draw one image, uint8 or float [height, width], without axes; `how` goes to `imshow`."""
    ax.imshow(image, **how)
    ax.set_title(title, fontsize=9, fontweight="normal")
    ax.axis("off")


def samples(images: np.ndarray, labels: np.ndarray, rows: int = 5) -> Figure:
    """Draw the first images of each digit, a column for each; images are uint8 [n, 28, 28]."""
    fig, axes = plt.subplots(rows, 10, figsize=(7.2, 0.75 * rows))
    for digit in range(10):
        for row, image in enumerate(images[labels == digit][:rows]):
            draw_image(axes[row, digit], image)
    return fig


def accuracy_curves(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Draw test accuracies in [0, 1] after each epoch, by name of the recipe."""
    fig, ax = plt.subplots()
    for (name, accuracy), marker in zip(curves.items(), "osD^v", strict=False):
        ax.plot(range(1, len(accuracy) + 1), accuracy, marker=marker, label=name)
    ax.set(title="Test accuracy", xlabel="epochs", ylabel="share of digits read correctly")
    ax.set_xticks(range(1, len(accuracy) + 1))
    ax.legend(loc="lower right")
    return fig


def weights(w: np.ndarray) -> Figure:
    """Draw the weights of a softmax regression, float32 [784, 10], as ten images."""
    fig, axes = plt.subplots(2, 5, figsize=(7.2, 3.2))
    bound = np.abs(w).max() * 0.8
    for digit, ax in enumerate(axes.flat):
        image = w[:, digit].reshape(28, 28)
        draw_image(ax, image, f"{digit}", cmap="PuOr", vmin=-bound, vmax=bound)
    return fig


def confusion_matrix(counts: np.ndarray) -> Figure:
    """Draw a confusion matrix of ten classes, rows true and columns answered, with its counts."""
    fig, ax = plt.subplots(figsize=(5.4, 4.8))
    ax.imshow(np.log1p(counts), cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if row == column else "black"
            ax.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
    ax.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="true digit")
    ax.set_title("How often each digit got each answer")
    ax.grid(False)
    return fig


def mistakes(
    images: np.ndarray, labels: np.ndarray, answers: np.ndarray, probability: np.ndarray
) -> Figure:
    """Draw ten images with their true digit, the answer and its probability."""
    fig, axes = plt.subplots(2, 5, figsize=(7.2, 3.6))
    for ax, image, label, answer, p in zip(
        axes.flat, images, labels, answers, probability, strict=True
    ):
        draw_image(ax, image, f"{label}, read as {answer}\n({p:.0%} sure)")
    return fig
