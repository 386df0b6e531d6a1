"""Pieces of schematics: boxes, arrows, matrices, bytes and time bars, in the course's figure style.

Coordinates are inches, x to the right and y up; a colour is one of `figures`, or a paler one:
`(BLUE, 0.4)`. A text that its box or the canvas cannot hold is an error, not a smudge:

    fig, ax = canvas(4, 1)
    old, new = box(ax, 0.8, 0.5, "weights"), box(ax, 3.2, 0.5, "new weights", colour=BLUE)
    arrow(ax, old.right, new.left, "a step")
"""

import itertools
from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import NamedTuple

from week02_basics.figures import COLOURS, GREY

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

Point = tuple[float, float]
Colour = str | tuple
Fields = Sequence[tuple[str, int]]
Lanes = Mapping[str, Sequence[tuple[float, float, str]]]
PAD = 0.05  # inches between a text and what is next to it
HEAD = 0.07  # inches, of an arrow
SMALLEST = 8  # points: a text shrinks to this if it must
CONTRAST = 4.5  # of a text, at least: level AA of https://www.w3.org/TR/WCAG22/#contrast-minimum


class Box(NamedTuple):
    """A rectangle around its centre (x, y), in inches."""

    x: float
    y: float
    width: float
    height: float
    centre = property(lambda self: (self.x, self.y))
    left = property(lambda self: (self.x - self.width / 2, self.y))
    right = property(lambda self: (self.x + self.width / 2, self.y))
    top = property(lambda self: (self.x, self.y + self.height / 2))
    bottom = property(lambda self: (self.x, self.y - self.height / 2))


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours on white, 1 to 21, as WCAG 2.2 defines it."""
    linear = [
        np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        for rgb in map(_on_white, (one, other))
    ]
    dark, light = sorted(rgb @ (0.2126, 0.7152, 0.0722) + 0.05 for rgb in linear)
    return float(light / dark)


def _on_white(colour: Colour) -> np.ndarray:
    """Return what a colour looks like on white, shape [3], from 0 to 1."""
    *rgb, alpha = to_rgba(colour)
    return 1 - alpha * (1 - np.array(rgb))


def _dark(colour: Colour) -> tuple:
    """Return a colour in which text can be read on white: itself, or a darker shade."""
    rgb = _on_white(colour)
    while contrast(tuple(rgb), "white") < CONTRAST:
        rgb = 0.97 * rgb
    return tuple(rgb)


def _size(text: Text) -> Point:
    """Return the width and height of a text in inches."""
    extent, dpi = text.get_window_extent(), text.get_figure().dpi
    return extent.width / dpi, extent.height / dpi


def _write(
    ax: Axes, at: Point, text: str, size: float, colour: Colour, away: Point = (0, 0), **how
) -> Text:
    """Write a text around a point, or beside it, where the unit vector `away` shows."""
    how = {"ha": "center", "va": "center", "linespacing": 1.15, "zorder": 4} | how
    written = ax.text(*at, text, fontsize=size, color=colour, **how)
    if any(away):
        written.set_position(at + np.multiply(away, np.abs(away) @ _size(written) / 2 + PAD))
    drawn, (left, bottom, right, top) = written.get_window_extent(), ax.figure.bbox.extents
    if text and (drawn.x0 < left or drawn.x1 > right or drawn.y0 < bottom or drawn.y1 > top):
        raise ValueError(f"the edge of the canvas cuts off {text!r}")
    return written


def _fit(texts: Sequence[Text], width: float, height: float) -> bool:
    """Shrink texts to one size at which each fits; False, and as they were, if none is legible."""
    size = texts[0].get_fontsize()
    wide, high = np.max([(0.01, 0.01), *map(_size, texts)], axis=0)
    share = min(1, (width - 2 * PAD) / wide, (height - PAD) / high)
    fitting = np.floor(2 * share * size) / 2
    if fitting < min(SMALLEST, size):
        return False
    for text in texts:
        text.set_fontsize(fitting)
    return True


def _face(ax: Axes, box: Box, colour: Colour | None, dashed: bool, style: str) -> str:
    """Draw a filled rectangle and return the colour for a text on it, black or white."""
    right, top = ax.get_xlim()[1] + 1e-6, ax.get_ylim()[1] + 1e-6  # sums of floats, near enough
    if min(*box.left, *box.bottom) < -1e-6 or box.right[0] > right or box.top[1] > top:
        raise ValueError(f"{box} is not on the canvas")
    face = tuple(_on_white("white" if colour is None else colour))
    edge = GREY if colour is None else tuple(0.75 * _on_white(colour))
    corner = box.left[0], box.bottom[1]
    how = {"facecolor": face, "edgecolor": edge, "linewidth": 1.2, "zorder": 2}
    patch = FancyBboxPatch(corner, box.width, box.height, boxstyle=f"{style},pad=0", **how)
    patch.set_linestyle("--" if dashed else "-")
    ax.add_patch(patch)
    return max("black", "white", key=lambda ink: contrast(ink, face))


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a white figure of this size in inches, all of it for drawing: (0, 0) to (width, height).

    Up to 7.2 inches wide, a phone shows it at half its size, and text of size 10 can be read.
    """
    fig = plt.figure(figsize=(width, height), facecolor="white", layout="none")
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return fig, ax


def box(
    ax: Axes,
    x: float,
    y: float,
    text: str = "",
    width: float = 1.3,
    height: float = 0.55,
    colour: Colour | None = None,
    dashed: bool = False,
    size: float = 10,
) -> Box:
    """Draw a rounded box around (x, y) with a text in it, black or white, whichever reads better.

    Raises:
        ValueError: the text does not fit, even at 8 points, or the box is not on the canvas.
    """
    made = Box(x, y, width, height)
    ink = _face(ax, made, colour, dashed, f"round,rounding_size={min(0.1, height / 4)}")
    written = _write(ax, made.centre, text, size, ink)
    if not _fit([written], width, height):
        wide, high = (side + 2 * PAD for side in _size(written))
        raise ValueError(f"{text!r} needs a box of {wide:.2f} x {high:.2f} inches")
    return made


def arrow(
    ax: Axes,
    start: Point,
    end: Point,
    text: str = "",
    colour: Colour = GREY,
    bend: float = 0.0,
    dashed: bool = False,
    size: float = 9,
) -> None:
    """Draw an arrow with a text beside its middle: above it, or right of one that stands upright.

    Args:
        ax, start, end, colour, dashed: what its names say; the tip touches `end`.
        text: at the outer side if the arrow is bent.
        bend: how far the arrow's control point lies off the straight line, as a share of its length;
            above 0, an arrow to the right sags, below 0, it rises.
        size: of the text, in points.
    """
    along = np.subtract(end, start)
    across = np.array([along[1], -along[0]])  # to the side of a positive bend
    middle = np.mean([start, end], axis=0)
    ahead = end - (middle + bend * across)  # from the control point of the curve
    back = end - HEAD * ahead / np.hypot(*ahead)
    style = {"color": colour, "linewidth": 1.5, "mutation_scale": 12, "shrinkA": 0, "zorder": 3}
    curve = {"connectionstyle": f"arc3,rad={bend}", "linestyle": "--" if dashed else "-"}
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-", shrinkB=72 * HEAD, **curve, **style))
    ax.add_patch(FancyArrowPatch(back, end, arrowstyle="-|>", shrinkB=0, **style))  # never dashed
    beside = across / np.hypot(*across)
    upright = abs(beside[1]) < 0.25
    if bend < 0 or (bend == 0 and beside[0 if upright else 1] < 0):
        beside = -beside
    if text:
        _write(ax, middle + bend / 2 * across, text, size, _dark(colour), away=tuple(beside))


def line(ax: Axes, points: Sequence[Point], colour: Colour = GREY, dashed: bool = False) -> None:
    """Draw a line through points, behind boxes."""
    style = {"color": colour, "linestyle": "--" if dashed else "-", "marker": ""}
    ax.plot(*zip(*points, strict=True), linewidth=1.5, zorder=1, **style)


def note(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    size: float = 9,
    colour: Colour = "black",
    align: str = "center",
) -> None:
    """Write a text at (x, y): "center", "left" (it begins there) or "right" (it ends there)."""
    _write(ax, (x, y), text, size, _dark(colour), ha=align)


def _words(value: object, digits: int | None) -> str:
    """Return a cell's text: of a number three digits, or so many after the point."""
    if digits is not None and isinstance(value, Real):
        return f"{value:z.{digits}f}"
    if isinstance(value, Real) and not isinstance(value, Integral):
        return f"{value:z.3g}"
    return str(value)


def matrix(
    ax: Axes,
    x: float,
    y: float,
    values: object,
    cell: float = 0.5,
    title: str = "",
    marked: Mapping[tuple[int, int], Colour] | None = None,
    colour: Colour | None = None,
    digits: int | None = None,
    size: float = 10,
) -> Box:
    """Draw numbers or strings as a grid of cells around (x, y), row 0 on top.

    Args:
        ax, x, y: where to.
        values: an array or lists of shape [rows, columns], or [columns] for a single row.
        cell: the side of a cell, in inches.
        title: stands above the grid.
        marked: face colours by (row, column); the others have `colour`, or are white.
        colour: see `marked`.
        digits: after the point; without it, floats have three digits in all.
        size: of the texts, in points.

    Raises:
        ValueError: the shape is another one, a marked cell does not exist, or a number does not fit.
    """
    shape = np.shape(values)  # an error already if rows differ in length
    if len(shape) not in (1, 2) or 0 in shape:
        raise ValueError(f"a matrix has one or two axes, not the shape {shape}")
    table = np.array(values, dtype=object).reshape(-1, shape[-1])
    rows, columns = table.shape
    made = Box(x, y, columns * cell, rows * cell)
    marked = dict(marked or {})
    if strange := set(marked) - set(np.ndindex(rows, columns)):
        raise ValueError(f"no cells {sorted(strange)} in {rows} rows and {columns} columns")
    texts = []
    for (row, column), value in np.ndenumerate(table):
        at = made.left[0] + (column + 0.5) * cell, made.top[1] - (row + 0.5) * cell
        face = marked.get((row, column), colour)
        ink = _face(ax, Box(*at, cell, cell), face, False, "square")
        texts.append(_write(ax, at, _words(value, digits), size, ink))
    if not _fit(texts, cell, cell):
        longest = max((text.get_text() for text in texts), key=len)
        raise ValueError(f"{longest!r} does not fit a cell of {cell} inches")
    if title:
        _write(ax, (x, made.top[1] + 1.5 * PAD), title, size, "black", va="bottom")
    return made


def byte_row(
    ax: Axes, x: float, y: float, fields: Fields, unit: float = 0.25, height: float = 0.5
) -> list[Box]:
    """Draw a row of fields, each as wide as it has bytes, with its name and its count of bytes.

    Args:
        ax: where to.
        x, y: the left end of the row, and the middle of its height.
        fields: name and bytes of each, from left to right. A name that is too long for its field
            stands above it; where such names would collide, they stand in storeys.
        unit: inches for a byte; no field is narrower than 0.4 inches, though.
        height: of the row, in inches.
    """
    boxes, above = [], []
    for (name, count), colour in zip(fields, itertools.cycle(COLOURS), strict=False):
        made = Box(x + max(0.4, unit * count) / 2, y, max(0.4, unit * count), height)
        written = ax.text(*made.centre, name, fontsize=10, ha="center", va="center", zorder=4)
        written.set_color(_face(ax, made, (colour, 0.35), False, "square"))
        if not _fit([written], made.width, height):
            above.append((made.top, name, _size(written)[0]))
            written.remove()
        _write(ax, made.bottom, f"{count} B", 9, "black", away=(0, -1))
        boxes.append(made)
        x += made.width
    crowded = any(a[0] + u / 2 + PAD > b[0] - v / 2 for (a, _, u), (b, _, v) in pairwise(above))
    storey, following = 0, np.inf
    for (middle, top), name, wide in reversed(above):
        if not crowded:
            _write(ax, (middle, top), name, 10, "black", away=(0, 1))
            continue
        storey = storey + 1 if middle + wide + PAD > following else 0
        following, end = middle, top + 0.08 + 0.2 * storey  # no later name stands left of this line
        line(ax, [(middle, top), (middle, end)])
        _write(ax, (middle - PAD / 2, end), name, 10, "black", ha="left", va="bottom")
    return boxes


def timeline(
    ax: Axes, x: float, y: float, lanes: Lanes, scale: float = 1.0, height: float = 0.35
) -> dict[str, list[Box]]:
    """Draw who does what when: a lane of bars for each, over a common arrow of time.

    Args:
        ax: where to.
        x, y: time 0, and the middle of the first lane; names stand left of x, lanes below.
        lanes: of each name its bars: start, end, label. A label that begins with "wait" gets a white
            bar with a dashed edge.
        scale: inches for a unit of time.
        height: of a bar, in inches.

    Returns:
        The boxes of each lane's bars.
    """
    boxes, last = {}, 0.0
    for (name, bars), colour in zip(lanes.items(), itertools.cycle(COLOURS), strict=False):
        note(ax, x - 2 * PAD, y, name, 10, align="right")
        boxes[name] = []
        for start, end, label in bars:
            middle, width = x + scale * (start + end) / 2, scale * (end - start) - 0.04
            waits = label.startswith("wait")
            face = None if waits else (colour, 0.6)
            boxes[name].append(box(ax, middle, y, label, width, height, face, waits, 9))
            last = max(last, end)
        y -= 1.4 * height
    end = x + scale * last + 0.2, y + 0.4 * height
    arrow(ax, (x, end[1]), end)
    note(ax, end[0], end[1] - 0.15, "time", align="right")
    return boxes
