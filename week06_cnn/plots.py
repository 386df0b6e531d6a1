"""The figures of week 6: what was measured; its drawings are in `drawings`."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY, LINES, RED
from week03_regression.plots import draw_image

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^v"


def answer(image: np.ndarray, p: np.ndarray) -> Figure:
    """Draw an image, uint8 [height, width], beside the probabilities [10] that a network gives it."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6, 2.4), width_ratios=[1, 2])
    draw_image(left, image)
    right.bar(range(10), p, color=BLUE)
    right.set(xticks=range(10), ylim=(0, 1), xlabel="digit", ylabel="probability")
    return fig


def responses(image: np.ndarray, maps: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw an image and what filters answer to it, each filter small above its answer.

    Args:
        image: float or uint8 [height, width].
        maps: a filter and its answer, both float [height, width], by name. Purple is positive,
            orange negative.
    """
    fig, axes = plt.subplots(
        2, 1 + len(maps), figsize=(9, 3.1), gridspec_kw={"height_ratios": [1, 2.4]}
    )
    axes[0, 0].axis("off")
    draw_image(axes[1, 0], image, "the digit")
    for (small, large), (name, (kernel, reply)) in zip(axes.T[1:], maps.items(), strict=True):
        _diverging(small, kernel, name)
        _diverging(large, reply)
    return fig


def _diverging(ax: plt.Axes, values: np.ndarray, title: str = "") -> None:
    """Draw numbers of both signs, 0 white, purple above and orange below."""
    bound = np.abs(values).max() or 1
    draw_image(ax, values, title, cmap="PuOr", vmin=-bound, vmax=bound)


def rule(rows: Sequence[Mapping]) -> Figure:
    """Draw gap and unseen error against images for each parameter, of the study `rule`.

    Dots are seeds, lines join the means; 5 to 30 images for each parameter are shaded.
    """
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.8))
    titles = ["Gap: unseen minus training error", "Error on unseen digits"]
    for ax, title in zip(axes, titles, strict=True):
        ax.axvspan(5, 30, color=GREY, alpha=0.15)
        ax.set(xscale="log", xlabel="images for each parameter", title=title)
    for number, name in enumerate(dict.fromkeys(row["network"] for row in rows)):
        mine = [row for row in rows if row["network"] == name]
        per = np.array(sorted({row["per"] for row in mine}))
        style = {"color": COLOURS[number], "marker": MARKERS[number]}
        for ax, gap in zip(axes, (True, False), strict=True):
            found = np.array(
                [
                    [r["unseen"] - r["training"] * gap for r in mine if r["per"] == value]
                    for value in per
                ]
            )
            for seed in found.T:
                ax.plot(per, 100 * seed, ls="", ms=4, alpha=0.5, **style)
            ax.plot(per, 100 * found.mean(axis=1), LINES[number], ms=6, label=name, **style)
    axes[0].set_ylabel("percent")
    axes[1].legend(fontsize=9)
    return fig


def schedule(rates: np.ndarray) -> Figure:
    """Draw the learning rate of each step."""
    fig, ax = plt.subplots(figsize=(6, 2.4))
    ax.plot(np.arange(1, len(rates) + 1), rates, "-", color=RED)
    ax.set(xlabel="step", ylabel="learning rate", ylim=(0, None))
    return fig


def losses(values: np.ndarray, rates: np.ndarray, window: int = 25) -> Figure:
    """Draw the loss of each step with its running mean, and the learning rate below."""
    fig, (top, low) = plt.subplots(
        2, 1, figsize=(7.2, 4.2), sharex=True, gridspec_kw={"height_ratios": [2.2, 1]}
    )
    steps = np.arange(1, len(values) + 1)
    mean = np.convolve(values, np.ones(window) / window, mode="valid")
    top.semilogy(steps, values, ".", color=BLUE, ms=3, alpha=0.4, label="each step")
    top.semilogy(steps[window - 1 :], mean, "-", color=RED, label=f"mean of {window} steps")
    top.set_ylabel("loss")
    top.legend()
    low.plot(steps, rates, "-", color=GREY)
    low.set(xlabel="step", ylabel="rate", ylim=(0, None))
    return fig


def filters(blocks: Mapping[str, np.ndarray]) -> Figure:
    """Draw first layers' filters, float [height, width, 1, 16] each, side by side, by name."""
    fig, axes = plt.subplots(4, 9, figsize=(7.2, 3.5), width_ratios=[1] * 4 + [0.4] + [1] * 4)
    for ax in axes[:, 4]:
        ax.axis("off")
    for left, (name, kernels) in zip((0, 5), blocks.items(), strict=True):
        for ax, kernel in zip(
            axes[:, left : left + 4].flat, np.moveaxis(kernels[:, :, 0], -1, 0), strict=True
        ):
            _diverging(ax, kernel)
        axes[0, left].set_title(name, fontsize=10, loc="left")
    return fig


def feature_maps(image: np.ndarray, blocks: Mapping[str, np.ndarray], count: int = 8) -> Figure:
    """Draw an image, and the strongest feature maps of each block, a row for each block.

    Args:
        image: float or uint8 [height, width].
        blocks: maps [height, width, channels] after each block, by name; none is negative.
        count: how many channels to draw, those with the largest sum, each scaled by itself.
    """
    fig, axes = plt.subplots(len(blocks), count + 1, figsize=(9, 1.3 * len(blocks)))
    for row, (name, maps) in zip(axes, blocks.items(), strict=True):
        row[0].axis("off")
        strongest = np.argsort(-maps.sum((0, 1)))[:count]
        for ax, channel in zip(row[1:], strongest, strict=True):
            draw_image(ax, maps[..., channel])
        row[1].set_title(name, fontsize=9, fontweight="normal")
    draw_image(axes[0, 0], image, "the digit")
    return fig


def evidence(images: Sequence[np.ndarray], maps: Sequence[np.ndarray], titles: list[str]) -> Figure:
    """Draw images [height, width] with their saliency maps beside them, purple for, orange against."""
    fig, axes = plt.subplots(1, 2 * len(images), figsize=(9, 2.7))
    for i, (image, values, title) in enumerate(zip(images, maps, titles, strict=True)):
        draw_image(axes[2 * i], image, title)
        _diverging(axes[2 * i + 1], values, "more ink: for (purple)\nor against (orange)")
    return fig


def cams(images: np.ndarray, maps: Mapping[str, np.ndarray]) -> Figure:
    """Draw images [n, height, width] under maps [n, rows, columns], a row of pictures for each name."""
    fig, axes = plt.subplots(len(maps), len(images), figsize=(7.2, 1.9 * len(maps)))
    for row, (name, found) in zip(axes, maps.items(), strict=True):
        for ax, image, places in zip(row, images, found, strict=True):
            ends = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
            draw_image(ax, image)
            ax.imshow(places, cmap="Purples", alpha=0.6, extent=ends, interpolation="bilinear")
        row[0].set_title(name, fontsize=10, loc="left")
    return fig


def bearing(curves: Mapping[str, Mapping[int, np.ndarray]]) -> Figure:
    """Draw the share of digits read against the shift in pixels: dots for seeds, lines for means."""
    fig, ax = plt.subplots()
    for number, (name, found) in enumerate(curves.items()):
        style = {"color": COLOURS[number], "marker": MARKERS[number]}
        pixels = list(found)
        for seed in np.array(list(found.values())).T:
            ax.plot(pixels, seed, ls="", ms=4, alpha=0.4, **style)
        means = [values.mean() for values in found.values()]
        ax.plot(pixels, means, linestyle=LINES[number], label=name, **style)
    ax.set(xlabel="moved by so many pixels", ylabel="share read rightly", ylim=(0, 1.02))
    ax.legend(loc="lower left", fontsize=9)
    return fig


def grid(images: np.ndarray, columns: int = 10) -> Figure:
    """Draw images [n, height, width] row by row, n a multiple of the number of columns."""
    rows = len(images) // columns
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 0.75 * rows), squeeze=False)
    for ax, image in zip(axes.flat, images, strict=True):
        draw_image(ax, image)
    return fig
