"""The figures of week 6."""

from collections.abc import Mapping, Sequence

from week03_regression.plots import draw_image

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure


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
    for (small, large), (name, (kernel, answer)) in zip(axes.T[1:], maps.items(), strict=True):
        _diverging(small, kernel, name)
        _diverging(large, answer)
    return fig


def _diverging(ax: plt.Axes, values: np.ndarray, title: str = "") -> None:
    """Draw numbers of both signs, 0 white, purple above and orange below."""
    bound = np.abs(values).max() or 1
    draw_image(ax, values, title, cmap="PuOr", vmin=-bound, vmax=bound)


def size_curves(curves: Mapping[str, Mapping[int, float]]) -> Figure:
    """Draw test errors in [0, 1] against the number of training images, by name of the network."""
    fig, ax = plt.subplots()
    for (name, errors), marker in zip(curves.items(), "osD^v", strict=False):
        ax.plot(list(errors), list(errors.values()), marker=marker, label=name)
    sizes = sorted({size for errors in curves.values() for size in errors})
    ax.set(xscale="log", yscale="log", xlabel="training images", ylabel="share read wrongly")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ticks = [0.02, 0.05, 0.1, 0.2, 0.5]
    ax.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])
    ax.minorticks_off()
    ax.set_title("Test error after the same number of steps")
    ax.legend(loc="upper right")
    return fig


def filters(kernels: np.ndarray) -> Figure:
    """Draw the filters of a first layer, float [height, width, 1, count], count a multiple of 8."""
    rows = kernels.shape[-1] // 8
    fig, axes = plt.subplots(rows, 8, figsize=(7.2, 0.95 * rows), squeeze=False)
    for ax, kernel in zip(axes.flat, np.moveaxis(kernels[:, :, 0], -1, 0), strict=True):
        _diverging(ax, kernel)
    return fig


def feature_maps(image: np.ndarray, blocks: Mapping[str, np.ndarray], count: int = 8) -> Figure:
    """Draw an image, and the strongest feature maps of each block, a row for each block.

    Args:
        image: float or uint8 [height, width].
        blocks: maps [height, width, channels] after each block, by name; none is negative.
        count: how many channels to draw, those with the largest sum.
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
    """Draw images [height, width] with their maps of evidence beside them, purple for, orange against."""
    fig, axes = plt.subplots(1, 2 * len(images), figsize=(9, 2.6))
    for i, (image, values, title) in enumerate(zip(images, maps, titles, strict=True)):
        draw_image(axes[2 * i], image, title)
        _diverging(axes[2 * i + 1], values, "more ink here: for (purple),\nagainst (orange)")
    return fig


def grid(images: np.ndarray, columns: int = 10) -> Figure:
    """Draw images [n, height, width] row by row, n a multiple of the number of columns."""
    rows = len(images) // columns
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 0.75 * rows), squeeze=False)
    for ax, image in zip(axes.flat, images, strict=True):
        draw_image(ax, image)
    return fig
