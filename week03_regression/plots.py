"""The figures of week 3: what was measured; its drawings are in `drawings`."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, GREEN, GREY, LINES, ORANGE, RED
from week03_regression.study import Run

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^v"


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


def fits(x: np.ndarray, y: np.ndarray, lines: Mapping[str, np.ndarray]) -> Figure:
    """Draw several fits, each of shape [n, 1], over the same data, by name."""
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    ax.scatter(x, y, s=6, color=GREY, label="data")
    for (name, fit), colour, style in zip(lines.items(), (RED, BLUE, GREEN), LINES, strict=False):
        ax.plot(x, fit, color=colour, linestyle=style, lw=2.5, label=name)
    ax.set(xlabel="x", ylabel="y")
    ax.legend(loc="upper center")
    return fig


def descent(losses: Mapping[str, np.ndarray], lengths: Mapping[str, np.ndarray]) -> Figure:
    """Draw the loss and the length of its gradient at each step, by name of the start."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.5))
    for ax, curves in zip(axes, (losses, lengths), strict=True):
        for (name, values), colour, style in zip(
            curves.items(), (RED, BLUE, GREEN), LINES, strict=False
        ):
            ax.semilogy(values, color=colour, linestyle=style, label=name)
        ax.set_xlabel("step")
    axes[0].set(title="Loss", ylabel="mean squared error")
    axes[1].set(title="Length of the gradient", ylabel="over all 31 parameters")
    axes[0].legend(loc="upper right")
    return fig


def hidden_units(x: np.ndarray, shares: np.ndarray, bias: float) -> Figure:
    """Draw what hidden units add to the output, and the sums of the rising and the falling ones.

    Args:
        x: inputs of shape [n, 1].
        shares: outputs of the units times their output weights, shape [n, units].
        bias: of the output.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    rises = shares[-1] > shares[0]
    for unit, up in enumerate(rises):
        first = unit == list(rises).index(up)
        left.plot(
            x,
            shares[:, unit],
            "-" if up else "--",
            color=BLUE if up else RED,
            lw=1.5,
            label=("rising" if up else "falling") if first else None,
        )
    rising, falling = shares[:, rises].sum(axis=1), shares[:, ~rises].sum(axis=1)
    right.plot(x, rising, "-", color=BLUE, label="sum of the rising")
    right.plot(x, falling, "--", color=RED, label="sum of the falling")
    right.plot(x, rising + falling + bias, "-", color="black", lw=3.5, label="all, with the bias")
    left.set(title="Each unit's share", xlabel="x", ylabel="share of the sum")
    right.set(title="Their sums", xlabel="x")
    for ax in (left, right):
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.35 * (high - low))  # room for the legend
    left.legend(loc="upper center")
    right.legend(loc="upper center")
    return fig


def shares(probabilities: np.ndarray, temperature: float) -> Figure:
    """Draw probabilities of some classes, shape [classes], at one temperature."""
    fig, ax = plt.subplots(figsize=(5.0, 2.8))
    bars = ax.bar(range(1, len(probabilities) + 1), probabilities, color=BLUE)
    ax.bar_label(bars, [f"{p:.2f}" for p in probabilities])
    ax.set(title=f"Temperature {temperature:.2f}", xlabel="class", ylabel="probability")
    ax.set(xticks=range(1, len(probabilities) + 1), ylim=(0, 1.1))
    ax.grid(axis="x", visible=False)
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


def pushes(p: np.ndarray, sizes: Mapping[str, np.ndarray]) -> Figure:
    """Draw the size of gradients on the true logit against p(true class), plainly and in logs.

    Args:
        p: probabilities of the true class in (0, 1), shape [n].
        sizes: absolute gradients, shape [n] each, by name.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9))
    for (name, size), colour, style in zip(sizes.items(), (BLUE, RED, ORANGE), LINES, strict=False):
        left.plot(p, size, color=colour, linestyle=style, label=name)
        right.loglog(p, size, color=colour, linestyle=style)
    for ax in (left, right):
        ax.axvline(0.1, color=GREY, linestyle=":", lw=1.5)
        ax.set_xlabel("p(true class)")
    left.plot([], [], ":", color=GREY, lw=1.5, label="start at zero, p = 0.1")
    left.set(title="The whole range", xlim=(0, 1), ylim=(0, 1))
    left.set_ylabel("gradient on the true logit, size")
    right.set(title="Its left half, in logarithms", xlim=(p.min(), 0.5), ylim=(1e-5, 2))
    fig.legend(loc="outside lower center", ncols=4, fontsize=9)
    return fig


def _of_error(accuracy: np.ndarray) -> np.ndarray:
    """Return minus the logarithm of the error, 1 - accuracy; of an accuracy of 1 something large."""
    return -np.log(np.maximum(1 - np.asarray(accuracy), 1e-9))


def rates(runs: Sequence[Run]) -> Figure:
    """Draw the accuracy of training runs against their learning rate, a dot for each run.

    The scale of accuracies is that of the logarithm of the errors, so the top is stretched.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True)
    for ax, cost in zip(axes, ("quadratic", "cross-entropy"), strict=True):
        for decay, colour, marker, style, shift in [
            (False, BLUE, "o", "-", 0.97),
            (True, RED, "^", "--", 1.03),
        ]:
            found: dict[float, list[float]] = {}
            for run in runs:
                if (run.cost, run.decay) == (cost, decay):
                    found.setdefault(run.rate, []).append(run.accuracy)
            for rate, accuracy in found.items():
                at = [rate * shift] * len(accuracy)
                ax.plot(at, accuracy, marker, color=colour, ms=3.5)
            median = [float(np.median(accuracy)) for accuracy in found.values()]
            name = "rate falls to 0" if decay else "constant rate"
            ax.semilogx(list(found), median, style, color=colour, marker=marker, ms=0, label=name)
        ax.set(title=f"{cost} cost".replace("entropy cost", "entropy"), xlabel="learning rate")
        ax.set_yscale("function", functions=(_of_error, lambda v: 1 - np.exp(-v)))
        ax.set_yticks([0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93])
        ax.minorticks_off()
        ax.legend(loc="lower left" if cost == "quadratic" else "lower center")
    axes[0].set_ylabel("validation accuracy")
    return fig


def recalls(by_name: Mapping[str, np.ndarray]) -> Figure:
    """Draw the share of each digit that was recognised, shape [10], by name of the training."""
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    width = 0.8 / len(by_name)
    for k, ((name, recall), colour, hatch) in enumerate(
        zip(by_name.items(), (GREY, RED, BLUE), ("", "//", ".."), strict=False)
    ):
        place = np.arange(10) + (k - (len(by_name) - 1) / 2) * width
        ax.bar(place, recall, width, color=colour, hatch=hatch, edgecolor="white", label=name)
    ax.set(xlabel="digit", ylabel="share recognised", xticks=range(10), ylim=(0, 1.35))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.grid(axis="x", visible=False)
    ax.legend(loc="upper center", ncols=len(by_name), fontsize=9)
    return fig


def weights(w: np.ndarray) -> Figure:
    """Draw the weights of a softmax regression, float32 [784, 10], as ten images."""
    fig, axes = plt.subplots(2, 5, figsize=(7.2, 3.2))
    bound = np.percentile(np.abs(w), 99)
    for digit, ax in enumerate(axes.flat):
        image = w[:, digit].reshape(28, 28)
        draw_image(ax, image, f"{digit}", cmap="PuOr", vmin=-bound, vmax=bound)
    drawn = axes.flat[0].images[0]
    fig.colorbar(drawn, ax=axes, shrink=0.8, label="against  <  weight  >  for")
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
    ax.set_title("How often each digit got each answer (log colours)")
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
        draw_image(ax, image, f"{label}, read as {answer}\n({100 * p:.2f}% sure)")
    return fig
