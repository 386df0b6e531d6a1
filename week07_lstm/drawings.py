"""The drawings of week 7: a network unrolled, its cells, and what goes in and out."""

from collections.abc import Mapping, Sequence

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, line, note

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INPUT, STATE, CELL, ANSWER = (ORANGE, 0.35), (BLUE, 0.3), (GREY, 0.25), (GREEN, 0.3)


def unrolled() -> Figure:
    """Draw a recurrent cell with its loop, and the same cell once for each of four steps."""
    fig, ax = canvas(7.2, 2.3)
    cell = box(ax, 0.9, 1.15, "cell", width=0.8, colour=CELL)
    arrow(ax, (0.9, 0.35), cell.bottom)
    note(ax, 0.9, 0.2, "x")
    line(ax, [(1.3, 1.15), (1.65, 1.15), (1.65, 1.85), (0.3, 1.85), (0.3, 1.15)], BLUE)
    arrow(ax, (0.3, 1.15), cell.left, colour=BLUE)
    note(ax, 0.95, 2.0, "h, one step later", colour=BLUE)
    note(ax, 2.15, 1.15, "unrolled\nin time:", 9)
    before = (2.75, 1.15)
    for step, x in enumerate((3.3, 4.45, 5.6, 6.6), start=1):
        made = box(ax, x, 1.15, "cell", width=0.62, colour=CELL)
        arrow(ax, before, made.left, "0" if step == 1 else f"h{step - 1}", BLUE)
        arrow(ax, (x, 0.35), made.bottom)
        note(ax, x, 0.2, f"x{step}")
        before = made.right
    arrow(ax, before, (7.15, 1.15), colour=BLUE)
    note(ax, 7.03, 1.3, "h4", colour=BLUE)
    note(ax, 5.0, 1.8, "the same weights at each step")
    return fig


def lstm_cell() -> Figure:
    """Draw what a step of an LSTM does to its two states."""
    fig, ax = canvas(7.2, 3.2)
    road = 2.7
    note(ax, 0.35, road, "c old", 10, BLUE)
    keep = box(ax, 1.7, road, "x", width=0.4, height=0.4, colour=(RED, 0.25))
    add = box(ax, 3.4, road, "+", width=0.4, height=0.4, colour=(RED, 0.25))
    arrow(ax, (0.65, road), keep.left, colour=BLUE)
    arrow(ax, keep.right, add.left, colour=BLUE)
    arrow(ax, add.right, (6.6, road), colour=BLUE)
    note(ax, 6.85, road, "c new", 10, BLUE)
    let_in = box(ax, 3.4, 1.85, "x", width=0.4, height=0.4, colour=(RED, 0.25))
    arrow(ax, let_in.top, add.bottom)
    squash = box(ax, 6.05, 2.1, "tanh", width=0.6, height=0.35, colour=CELL)
    arrow(ax, (6.05, road), squash.top, colour=BLUE)
    out = box(ax, 6.05, 1.4, "x", width=0.4, height=0.4, colour=(RED, 0.25))
    arrow(ax, squash.bottom, out.top)
    arrow(ax, out.right, (6.6, 1.4), colour=BLUE)
    note(ax, 6.85, 1.4, "h new", 10, BLUE)
    for x, name, colour in [
        (1.7, "f: forget gate", STATE),
        (2.85, "i: input gate", STATE),
        (4.0, "g: candidate", ANSWER),
        (5.15, "o: output gate", STATE),
    ]:
        made = box(ax, x, 0.95, name.replace(": ", "\n"), width=1.05, height=0.5, colour=colour)
        line(ax, [(x, 0.4), made.bottom])
    line(ax, [(0.65, 0.4), (5.15, 0.4)])
    note(ax, 0.35, 0.4, "x, h old", 10)
    arrow(ax, (1.7, 1.2), keep.bottom)
    arrow(ax, (2.85, 1.2), (3.22, 1.7))
    arrow(ax, (4.0, 1.2), (3.58, 1.7))
    arrow(ax, (5.15, 1.2), out.left)
    return fig


def shapes() -> Figure:
    """Draw which states of an unrolled network are used: the last, all, or two layers of them."""
    fig, ax = canvas(7.2, 2.6)
    for left, title, states, above in [
        (0.3, "many to one\n(a digit's rows)", [3], False),
        (2.7, "many to many\n(the next character)", [0, 1, 2, 3], False),
        (5.1, "stacked\n(two layers)", [3], True),
    ]:
        note(ax, left + 0.85, 2.35, title)
        for step in range(4):
            x = left + 0.1 + 0.5 * step
            low = box(ax, x, 0.75, "", width=0.3, height=0.3, colour=CELL)
            arrow(ax, (x, 0.2), low.bottom, colour=ORANGE)
            top = box(ax, x, 1.3, "", width=0.3, height=0.3, colour=STATE) if above else low
            if above:
                arrow(ax, low.top, top.bottom)
            for cell in {low, top}:
                if step < 3:
                    arrow(ax, cell.right, (cell.right[0] + 0.2, cell.y), colour=BLUE)
            if step in states:
                arrow(ax, top.top, (x, top.top[1] + 0.4), colour=GREEN)
    return fig


def attention() -> Figure:
    """Draw how the last step of a sequence looks at all steps at once."""
    fig, ax = canvas(7.2, 2.1)
    query = box(ax, 6.4, 1.65, "query", width=0.9, height=0.4, colour=ANSWER)
    for step, (letter, width) in enumerate(zip("CBADA", (1, 1, 1, 6, 1), strict=True)):
        x = 0.7 + 1.05 * step
        name = f"{letter}, marked" if width > 1 else letter
        cell = box(ax, x, 0.4, name, width=0.9, height=0.4, colour=INPUT)
        ax.plot([query.left[0], x], [query.y, cell.top[1]], "-", lw=width, color=BLUE, zorder=1)
    note(ax, 1.6, 1.6, "thicker: a larger weight", colour=BLUE)
    note(ax, 6.45, 0.4, "no state\nin between")
    return fig


PARTS = ("i", "f", "g", "o", "c", "h")


def _column(ax: Axes, values: np.ndarray, name: str) -> None:
    """Draw one value for each unit as a column of coloured cells."""
    gate = name in "ifo"
    bound = 1 if name in "gh" else 1.5
    scale = {"cmap": "Blues", "vmin": 0, "vmax": 1}
    if not gate:
        scale = {"cmap": "PuOr", "vmin": -bound, "vmax": bound}
    ax.imshow(np.reshape(values, [-1, 1]), aspect="auto", **scale)
    ax.set(xticks=[], yticks=[])
    ax.set_title(name, fontsize=10)
    ax.spines[["top", "right"]].set_visible(True)
    ax.grid(False)


def stepped(
    seen: Mapping[str, Mapping[str, np.ndarray]], letters: str, marked: int, step: int
) -> Figure:
    """Draw one step's arithmetic in the cells of several networks that read the same sequence.

    Args:
        seen: for each network's name what `watch` recorded, [n, steps, units]; sequence 0 is drawn.
        letters: that sequence.
        marked: the place of its mark.
        step: which step, from 0.
    """
    fig = plt.figure(figsize=(7.2, 1.0 + 1.9 * len(seen)), layout="none")
    top = fig.add_axes((0, 0.86, 1, 0.14))
    top.axis("off")
    top.set(xlim=(-2.5, len(letters) + 1.5), ylim=(0, 1))
    for place, letter in enumerate(letters):
        colour = RED if place == marked else "black" if place == step else "#9A9A9A"
        bold = "bold" if place in (step, marked) else "normal"
        top.text(place, 0.5, letter, color=colour, fontsize=9, weight=bold, ha="center")
    top.plot([step], [0.3], "^", color="black", ms=7)
    state = "the mark" if step == marked else f"{abs(step - marked)} steps "
    state += "" if step == marked else "after the mark" if step > marked else "before the mark"
    top.text(len(letters) / 2, 0.02, f"step {step + 1}: {state}", ha="center", fontsize=9)
    height = 0.78 / len(seen)
    columns = [("f", 0), ("c old", 1), ("i", 2), ("g", 3), ("c", 4), ("o", 5), ("h", 6)]
    signs = ["x", "+", "x", "=", "tanh\nx", "="]
    for row, (name, values) in enumerate(seen.items()):
        low = 0.78 - height * (row + 1) + 0.02
        fig.text(0.015, low + height / 2 - 0.04, name.replace(", ", "\n"), fontsize=9, va="center")
        for title, place in columns:
            ax = fig.add_axes((0.2 + 0.112 * place, low, 0.06, height - 0.12))
            key, at = title[0], step - 1 if title == "c old" else step
            found = values[key][0, at] if at >= 0 else np.zeros_like(values[key][0, 0])
            _column(ax, found, key)
            ax.set_title(title, fontsize=10)
            if place < len(signs):
                middle = 0.2 + 0.112 * place + 0.086
                size = 8 if len(signs[place]) > 1 else 12
                fig.text(middle, low + height / 2 - 0.06, signs[place], ha="center", fontsize=size)
    return fig


def strip(
    seen: Mapping[str, Mapping[str, np.ndarray]], letters: str, marked: int, steps: Sequence[int]
) -> Figure:
    """Draw gates, candidate and states of all units at a few steps, a row for each network.

    Args:
        seen, letters, marked: as for `stepped`.
        steps: which steps, from 0.
    """
    fig = plt.figure(figsize=(7.2, 0.4 + 1.9 * len(seen)), layout="none")
    height, wide = 0.95 / len(seen), 0.86 / len(steps)
    for row, (name, values) in enumerate(seen.items()):
        low = 0.95 - height * (row + 1)
        fig.text(0.02, low + height / 2 - 0.03, name.replace(", ", "\n"), fontsize=9, va="center")
        for number, step in enumerate(steps):
            left = 0.14 + wide * number
            where = "at the mark" if step == marked else f"{step - marked:+d} steps"
            title = f"step {step + 1}, {letters[step]}\n{where}"
            colour = RED if step == marked else "black"
            middle = left + 0.42 * wide
            fig.text(middle, low + height - 0.09, title, color=colour, ha="center", fontsize=9)
            for place, part in enumerate(PARTS):
                ax = fig.add_axes(
                    (left + 0.145 * wide * place, low + 0.03, 0.125 * wide, height - 0.2)
                )
                _column(ax, values[part][0, step], part)
    return fig
