"""The drawings of week 6: a filter that slides, its sizes, and what layers keep."""

from collections.abc import Sequence

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, line, matrix, note, timeline

import numpy as np
from matplotlib.figure import Figure

PICTURE = np.array([[0, 0, 3, 3], [0, 0, 3, 3], [0, 1, 3, 3], [2, 2, 2, 2]])
FILTER = np.array([[-1, 1], [-1, 1]])
LIT, DONE = (ORANGE, 0.45), (BLUE, 0.25)


def sliding(place: int = 4) -> tuple[Figure, str]:
    """Draw a 2x2 filter on a 4x4 picture at one of its nine places, and the map so far."""
    row, column = divmod(place, 3)
    window = PICTURE[row : row + 2, column : column + 2]
    terms = " + ".join(f"{a} x {b}" for a, b in zip(window.flat, FILTER.flat, strict=True))
    found = [
        [int((PICTURE[i : i + 2, j : j + 2] * FILTER).sum()) for j in range(3)] for i in range(3)
    ]
    seen = [[found[i][j] if 3 * i + j <= place else "" for j in range(3)] for i in range(3)]
    fig, ax = canvas(7.2, 3.1)
    lit = {(row + i, column + j): LIT for i in range(2) for j in range(2)}
    picture = matrix(ax, 1.3, 1.7, PICTURE, title="picture, 4 x 4", marked=lit)
    small = matrix(ax, 3.5, 1.7, FILTER, title="filter, 2 x 2", colour=(ORANGE, 0.2))
    marked = {(row, column): DONE}
    result = matrix(ax, 5.9, 1.7, seen, title="feature map, 3 x 3", marked=marked)
    note(ax, (picture.right[0] + small.left[0]) / 2, 1.7, "*", 16)
    note(ax, (small.right[0] + result.left[0]) / 2, 1.7, "=", 16)
    note(ax, 3.6, 0.3, f"{terms} = {found[row][column]}", 11)
    where = f"at row {row}, column {column}"
    return fig, (
        f"A 4 x 4 picture, a 2 x 2 filter that lies on it {where}, and the 3 x 3 feature map up to there. "
        f"The four products: {terms} = {found[row][column]}."
    )


def window(pixels: int = 7, kernel: int = 3, stride: int = 2, zeros: int = 1) -> tuple[Figure, str]:
    """Draw the places of a filter along one row of pixels, with zeros at both ends."""
    long = pixels + 2 * zeros
    count = (long - kernel) // stride + 1 if long >= kernel else 0
    cell = min(0.5, 6.6 / long)
    fig, ax = canvas(7.2, 1.35 + 0.22 * max(count, 1))
    top = 0.75 + 0.22 * max(count, 1)
    row = ["0"] * zeros + [f"x{k}" for k in range(pixels)] + ["0"] * zeros
    pad = {(0, k): (GREY, 0.25) for k in [*range(zeros), *range(zeros + pixels, long)]}
    made = matrix(ax, 3.6, top, row, cell=cell, marked=pad, colour=(ORANGE, 0.25))
    left = made.left[0]
    for place in range(count):
        y = top - 0.42 - 0.22 * place
        ends = [
            (left + cell * (place * stride + k) + 0.04 * (1 - 2 * bool(k)), y) for k in (0, kernel)
        ]
        ax.plot(*zip(*ends, strict=True), "-", color=BLUE, lw=5, solid_capstyle="butt")
    formula = f"({pixels} + 2 x {zeros} - {kernel}) // {stride} + 1 = {count}"
    note(ax, 3.6, 0.25, f"places: {formula}", 11)
    words = (
        f"A row of {pixels} pixels with {zeros} zeros at each end, and below it the places of a filter of "
        f"{kernel} with stride {stride}, a bar for each: {formula}."
    )
    return fig, words


def im2col() -> Figure:
    """Draw how the four patches of a 3x3 picture become rows, and the product becomes a map."""
    fig, ax = canvas(7.2, 2.5)
    picture = np.array([["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
    lit = {(i, j): LIT for i in range(2) for j in range(2)}
    left = matrix(ax, 0.75, 1.2, picture, cell=0.4, title="picture", marked=lit)
    rows = [picture[i : i + 2, j : j + 2].ravel().tolist() for i in range(2) for j in range(2)]
    patches = matrix(
        ax,
        2.75,
        1.2,
        rows,
        cell=0.4,
        title="patches: a row each",
        marked={(0, k): LIT for k in range(4)},
    )
    weights = matrix(
        ax,
        4.2,
        1.2,
        [["w0"], ["w1"], ["w2"], ["w3"]],
        cell=0.4,
        title="filter",
        colour=(GREEN, 0.25),
    )
    sums = matrix(
        ax,
        5.2,
        1.2,
        [["m0"], ["m1"], ["m2"], ["m3"]],
        cell=0.4,
        title="product",
        marked={(0, 0): DONE},
    )
    folded = matrix(
        ax, 6.5, 1.2, [["m0", "m1"], ["m2", "m3"]], cell=0.4, title="map", marked={(0, 0): DONE}
    )
    arrow(ax, left.right, patches.left)
    note(ax, (patches.right[0] + weights.left[0]) / 2, 1.2, "@", 12)
    note(ax, (weights.right[0] + sums.left[0]) / 2, 1.2, "=", 12)
    arrow(ax, sums.right, folded.left)
    note(ax, (sums.right[0] + folded.left[0]) / 2 + 0.02, 0.95, "reshape", 8)
    return fig


def field(layers: Sequence[tuple[str, int, int]]) -> Figure:
    """Draw, along one row, how many units of each layer below reach a unit of the last layer.

    Args:
        layers: name, kernel and stride of each, from the first to the last.
    """
    widths = [1]
    for _, kernel, stride in reversed(layers):
        widths.append((widths[-1] - 1) * stride + kernel)
    names = ["pixels", *(name for name, _, _ in layers)]
    fig, ax = canvas(7.2, 0.6 * len(names) + 0.2)
    cell, before = 5.2 / widths[-1], None
    for level, (name, width) in enumerate(zip(names, widths[::-1], strict=True)):
        y = 0.35 + 0.6 * level
        note(ax, 0.05, y, name, 9, align="left")
        ends = 3.85 - cell * width / 2, 3.85 + cell * width / 2
        for k in range(width):
            x = ends[0] + cell * (k + 0.5)
            box(ax, x, y, "", cell * 0.8, min(0.3, cell), LIT if level == 0 else DONE)
        note(ax, 7.15, y, str(width), 9, align="right")
        if before is not None:
            for end, other in zip(ends, before, strict=True):
                line(ax, [(other, y - 0.6 + 0.16), (end, y - 0.16)])
        before = ends
    return fig


def normalisation() -> Figure:
    """Draw what batch normalisation computes in training and in use, and what it keeps."""
    fig, ax = canvas(7.2, 2.9)
    for y, title, mean, how in [
        (2.3, "training", "mean, variance\nof this batch", "training=True"),
        (0.6, "in use", "stored averages", "training=False"),
    ]:
        note(ax, 0.05, y + 0.12, title, 10, align="left")
        note(ax, 0.05, y - 0.12, how, 8, GREY, align="left")
        x = box(ax, 1.75, y, "x", width=0.5, height=0.45, colour=(ORANGE, 0.3))
        norm = box(ax, 3.55, y, "(x - mean)\n/ deviation", width=1.3, colour=(GREY, 0.25))
        scale = box(ax, 5.4, y, "scale, shift", width=1.2, colour=(GREEN, 0.3))
        arrow(ax, x.right, norm.left)
        arrow(ax, norm.right, scale.left)
        arrow(ax, scale.right, (6.7, y))
        if title == "training":
            mid = box(ax, 3.0, 1.45, mean, width=1.35, height=0.5, colour=(BLUE, 0.25))
            arrow(ax, (1.75, y - 0.23), (mid.left[0], 1.5), colour=BLUE)
            arrow(ax, (3.0, 1.7), (3.3, 2.02), colour=BLUE)
            store = box(ax, 5.1, 1.45, "stored averages", width=1.5, height=0.5, colour=(RED, 0.25))
            arrow(ax, mid.right, store.left, "a tenth", RED)
        else:
            arrow(ax, (4.9, 1.2), (3.9, y + 0.28), colour=RED)
    note(ax, 6.65, 1.45, "kept,\nnot learned", 9)
    note(ax, 6.75, 2.62, "learned: gradient", 8, GREEN, align="right")
    return fig


def ladder() -> Figure:
    """Draw who works and who waits in three ways to run the same steps."""
    fig, ax = canvas(7.2, 4.4)
    ways = {
        "eager": (
            [(0.3 + k * 0.5, 0.55 + k * 0.5, "") for k in range(10)],
            [(0.55 + k * 0.5, 0.8 + k * 0.5, "") for k in range(10)],
        ),
        "graph": (
            [(0.3 + k * 1.15, 0.65 + k * 1.15, "") for k in range(3)],
            [(0.65 + k * 1.15, 1.45 + k * 1.15, "step") for k in range(3)],
        ),
        "many steps a call": ([(0.3, 0.65, "")], [(0.65, 3.05, "step, step, step")]),
    }
    for number, (name, (python, cores)) in enumerate(ways.items()):
        y = 3.75 - 1.35 * number
        note(ax, 0.05, y + 0.4, name, 10, align="left")
        timeline(ax, 0.8, y, {"Python": python, "cores": cores}, scale=1.05, height=0.3)
    return fig


def bearing() -> Figure:
    """Draw a mark that moves, its map that moves along, and what is made of the map."""
    fig, ax = canvas(7.2, 2.7)
    for y, at, title in [(1.95, 1, "before"), (0.7, 3, "moved by two")]:
        note(ax, 0.05, y, title, 9, align="left")
        pixels = [1 if k in (at, at + 1) else 0 for k in range(6)]
        mapped = np.convolve(pixels, [1, 1], mode="valid").tolist()
        a = matrix(
            ax,
            2.1,
            y,
            pixels,
            cell=0.3,
            title="pixels" if at == 1 else "",
            marked={(0, at): LIT, (0, at + 1): LIT},
        )
        b = matrix(
            ax,
            4.4,
            y,
            mapped,
            cell=0.3,
            title="feature map" if at == 1 else "",
            marked={(0, at): DONE},
        )
        arrow(ax, a.right, b.left)
        c = box(
            ax, 6.15, y, f"mean {np.mean(mapped):.1f}", width=0.95, height=0.35, colour=(GREEN, 0.3)
        )
        arrow(ax, b.right, c.left)
    note(ax, 4.4, 1.32, "moves along:\nequivariant", 9, BLUE)
    note(ax, 6.15, 1.32, "stays:\ninvariant", 9, GREEN)
    return fig
