"""The figures of week 8."""

import io
from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, GREY
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
    for name, losses in runs.items():
        right.plot(steps, losses - whole[start:], label=name, lw=1.8)
    right.set(title="Resumed minus uninterrupted", xlabel="step", ylabel="difference of the loss")
    right.legend(fontsize=9)
    return fig


def answers(found: Sequence[Answer], columns: int = 3) -> Figure:
    """Draw each picture with bars for its likeliest names; those without an answer are left out.

    Args:
        found: from `images.recognise_folder`.
        columns: pictures in a row.
    """
    found = [answer for answer in found if answer.top]
    rows = max(1, -(-len(found) // columns))
    size = 3.1 * columns, 1.75 * rows
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
        bars.set(xlim=(0, 1), ylim=(len(heights) - 0.6, -0.9), xticks=[], yticks=[])
        bars.spines[:].set_visible(False)
    for ax in axes.flat:
        ax.grid(False)
    for picture, _ in pairs:
        picture.axis("off")
    for _, bars in pairs[len(found) :]:
        bars.axis("off")
    return fig


def _ascii(words: str, most: int = 20) -> str:
    """Shorten words to the first of several names, in ASCII."""
    first = words.split(",")[0].encode("ascii", "replace").decode()
    return first if len(first) <= most else f"{first[: most - 2]}.."
