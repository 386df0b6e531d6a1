"""The drawings of week 5: what is explained, before its code."""

from itertools import pairwise

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, matrix, note

from matplotlib.figure import Figure

WRITES, FILE, READS = (ORANGE, 0.35), (BLUE, 0.3), (GREEN, 0.3)


def way_of_a_number() -> Figure:
    """Draw where a number goes: from the training through a writer into a file, and to its readers."""
    fig, ax = canvas(7.2, 2.0)
    training = box(ax, 0.85, 1.0, "training\nloss = 0.25", height=0.75, colour=WRITES)
    writer = box(ax, 3.0, 1.0, "writer\nkeeps a few", height=0.75, colour=WRITES)
    file = box(ax, 4.9, 1.0, "event file", width=1.1, height=0.75, colour=FILE)
    browser = box(ax, 6.5, 1.6, "TensorBoard", width=1.2, colour=READS)
    loop = box(ax, 6.5, 0.4, "your loop", width=1.2, colour=READS)
    arrow(ax, training.right, writer.left, "tag, step")
    arrow(ax, writer.right, file.left, "flush")
    arrow(ax, file.right, browser.left)
    arrow(ax, file.right, loop.left)
    note(ax, 4.9, 0.4, "a folder: one run")
    return fig


def histogram_rows() -> Figure:
    """Draw eight numbers on a line, three buckets over them, and the three rows that are stored."""
    fig, ax = canvas(7.2, 2.1)
    x0, unit = 0.6, 0.55
    for value, height in [(0, 0), (1, 0), (1, 1), (1.5, 0), (3, 0), (5, 0), (6, 0), (6, 1)]:
        ax.plot(x0 + unit * value, 0.75 + 0.18 * height, "o", color=BLUE, ms=7, zorder=5)
    for edge in (0, 2, 4, 6):
        ax.plot([x0 + unit * edge] * 2, [0.5, 1.5], "-", color=GREY, lw=1.2)
        note(ax, x0 + unit * edge, 0.32, f"{edge}")
    for middle, count in [(1, 4), (3, 1), (5, 3)]:
        note(ax, x0 + unit * middle, 1.35, f"{count}", 11)
    note(ax, x0 + 3 * unit, 1.75, "eight numbers, three buckets")
    rows = matrix(
        ax, 5.9, 0.85, [[0, 2, 4], [2, 4, 1], [4, 6, 3]], 0.42, "left  right  count", size=9
    )
    arrow(ax, (4.15, 0.85), rows.left, "stored")
    return fig


def stations() -> Figure:
    """Draw the six layers of the clinic, and where outputs, gradients and steps are measured."""
    fig, ax = canvas(7.2, 2.3)
    names = ["pixels", *(f"layer {k}" for k in range(1, 6)), "layer 6\nlogits"]
    boxes = [
        box(ax, 0.55 + 1.01 * i, 1.2, name, width=0.8, colour=WRITES if i == 0 else FILE, size=9)
        for i, name in enumerate(names)
    ]
    for left, right in pairwise(boxes):
        arrow(ax, left.right, right.left)
    arrow(ax, (1.3, 1.75), (6.9, 1.75), "forward: outputs, as histograms", BLUE)
    arrow(ax, (6.9, 0.65), (1.3, 0.65), "", RED)
    note(
        ax,
        4.1,
        0.4,
        "backward: the gradient's norm in each layer, and rate x norm / weights",
        colour=RED,
    )
    return fig
