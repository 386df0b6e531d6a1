"""The figures of week 8."""

import io
from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, COLOURS, GREY
from week08_inception.images import Answer

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image


def resumed(whole: np.ndarray, start: int, runs: Mapping[str, np.ndarray]) -> Figure:
    """Draw a run that went through, and how far the losses of resumed runs are from it.

    Args:
        whole: losses of all steps.
        start: the step at which the others were resumed.
        runs: losses from that step on, by what was restored.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    left.plot(whole, color=GREY, lw=1.5)
    left.axvline(start, color="black", lw=1, linestyle=":")
    left.text(start + 1, 0.96, "interrupted", transform=left.get_xaxis_transform(), va="top")
    left.set(title="The run that went through", xlabel="step", ylabel="loss", ylim=(0, None))
    steps = range(start, len(whole))
    widths = np.linspace(3.5, 1.5, len(runs))  # those that lie on each other can all be seen
    for (name, losses), width in zip(runs.items(), widths, strict=True):
        right.plot(steps, losses - whole[start:], label=name, lw=width)
    right.set(title="Resumed minus uninterrupted", xlabel="step", ylabel="difference of the loss")
    low, high = right.get_ylim()
    right.set_ylim(low, high + 0.45 * (high - low))  # room for the legend
    right.legend(fontsize=9, loc="upper right")
    return fig


def answers(found: Sequence[Answer], columns: int = 3) -> Figure:
    """Draw each picture with bars for its likeliest names; those without an answer are left out.

    Args:
        found: from `images.recognise_folder`.
        columns: pictures in a row.
    """
    found = [answer for answer in found if answer.top]
    rows = max(1, -(-len(found) // columns))
    size = (3.1 * columns, 1.85 * rows) if columns > 1 else (5.4, 2.4 * rows)
    fig, axes = plt.subplots(rows, 2 * columns, figsize=size, squeeze=False)
    pairs = axes.reshape(rows * columns, 2)
    for (picture, bars), answer in zip(pairs, found, strict=False):
        with Image.open(io.BytesIO(answer.jpeg)) as image:
            image.thumbnail((140, 140))
            picture.imshow(image, cmap="gray")
        picture.set_title(_ascii(answer.file.stem, 16), fontsize=8)
        heights = [p for _, p in answer.top]
        bars.barh(range(len(heights)), heights, color=BLUE, height=0.3)
        for row, (name, p) in enumerate(answer.top):
            bars.text(0, row - 0.24, f"{_ascii(name)} {p:.2f}", fontsize=7.5, va="bottom")
        bars.set(xlim=(0, 1), ylim=(len(heights) - 0.6, -0.9), xticks=[0, 0.5, 1], yticks=[])
        bars.tick_params(labelsize=7)
        bars.spines[["left", "top", "right"]].set_visible(False)
    for ax in axes.flat:
        ax.grid(False)
    for picture, _ in pairs:
        picture.axis("off")
    for _, bars in pairs[len(found) :]:
        bars.axis("off")
    return fig


def picture(jpeg: bytes, side: float = 3.0) -> Figure:
    """Draw a picture, the contents of a JPEG, as it is.

    Args:
        jpeg: the contents.
        side: inches of the figure.
    """
    fig, ax = plt.subplots(figsize=(side, side))
    with Image.open(io.BytesIO(jpeg)) as image:
        ax.imshow(image)
    ax.axis("off")
    return fig


def speeds(stored: Mapping[int, Mapping[str, np.ndarray]]) -> Figure:
    """Draw the milliseconds an image of each round as dots, the median as a bar, a panel a batch.

    Args:
        stored: seconds by batch and way, as `study.load` gives them.
    """
    fig, axes = plt.subplots(1, len(stored), figsize=(9, 3.2), sharey=True)
    for ax, (batch, ways) in zip(axes, stored.items(), strict=True):
        for row, (seconds, colour) in enumerate(zip(ways.values(), COLOURS, strict=False)):
            each = 1000 * seconds / batch
            ax.barh(row, np.median(each), color=colour, height=0.5, alpha=0.4)
            spread = row + np.linspace(-0.18, 0.18, len(each))
            ax.plot(each, spread, linestyle="", marker=".", color=colour)
        title = f"batch of {batch}" if batch > 1 else "one image"
        ax.set(title=title, xlabel="ms an image", xlim=(0, None))
        ax.set_yticks(range(len(ways)), ways)
        ax.invert_yaxis() if ax is axes[0] else None
        ax.grid(axis="y", visible=False)
    return fig


def _ascii(words: str, most: int = 20) -> str:
    """Shorten words to the first of several names, in ASCII."""
    first = words.split(",")[0].encode("ascii", "replace").decode()
    return first if len(first) <= most else f"{first[: most - 2]}.."
