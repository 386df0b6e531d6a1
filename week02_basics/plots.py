"""The figures of week 2: drawings of what is explained, and plots of what was measured."""

from collections.abc import Mapping

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, matrix, note

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PALE = {"blue": (BLUE, 0.25), "orange": (ORANGE, 0.35), "green": (GREEN, 0.25)}


def ranks() -> Figure:
    """Draw tensors of rank 0 to 3 as grids of cells."""
    fig, ax = canvas(7.2, 2.1)
    matrix(ax, 0.7, 1.2, [[21.5]], colour=PALE["blue"])
    matrix(ax, 2.1, 1.2, [3, 4], colour=PALE["blue"])
    matrix(ax, 3.9, 1.2, [[1, 2, 3], [4, 5, 6]], cell=0.42, colour=PALE["blue"])
    for back in (2, 1, 0):
        x, y = 5.9 + 0.2 * back, 1.1 + 0.16 * back
        matrix(ax, x, y, [["", "", ""], ["", "", ""]], cell=0.42, colour=PALE["blue"])
    for x, words in [
        (0.7, "rank 0\nshape ()"),
        (2.1, "rank 1\nshape (2,)"),
        (3.9, "rank 2\nshape (2, 3)"),
        (6.1, "rank 3\nshape (3, 2, 3)"),
    ]:
        note(ax, x, 0.32, words)
    return fig


def axes_of(grid: np.ndarray) -> Figure:
    """Draw a grid of shape [2, 3] with its sums along axis 0 and along axis 1."""
    fig, ax = canvas(6.0, 2.3)
    made = matrix(ax, 2.2, 1.55, grid, colour=PALE["blue"], title="shape (2, 3)")
    below = matrix(ax, 2.2, 0.35, grid.sum(axis=0), colour=PALE["orange"])
    sums = grid.sum(axis=1)[:, None]
    beside = matrix(ax, 4.9, 1.55, sums, colour=PALE["green"], title="shape (2,)")
    arrow(ax, made.bottom, below.top, "axis=0: down the rows")
    arrow(ax, made.right, beside.left, "axis=1: across")
    note(ax, 3.1, 0.35, "shape (3,)", size=10, align="left")
    return fig


def described_then_run() -> Figure:
    """Draw the graph of the notes' fetch listing, and a session that fetches two of its nodes."""
    fig, ax = canvas(7.2, 2.9)
    three, two, five = (
        box(ax, x, 2.5, text, colour=(GREY, 0.25))
        for x, text in [(0.9, "3.0"), (2.5, "2.0"), (4.1, "5.0")]
    )
    add = box(ax, 3.3, 1.55, "add", colour=PALE["blue"])
    mul = box(ax, 1.7, 0.55, "mul", colour=PALE["blue"])
    arrow(ax, two.bottom, add.top)
    arrow(ax, five.bottom, add.top)
    arrow(ax, three.bottom, mul.top)
    arrow(ax, add.bottom, mul.top)
    run = box(ax, 6.1, 1.05, "sess.run\n([mul, add])", width=1.5, height=0.8, colour=PALE["orange"])
    arrow(ax, add.right, run.left, "7.0", dashed=True)
    arrow(ax, mul.right, run.left, "21.0", dashed=True)
    note(ax, 6.1, 2.5, "left: the description\nright: one run of it")
    return fig


def one_step(x: np.ndarray, y: np.ndarray) -> Figure:
    """Draw the gaps between a flat line at 0.2 and the data, and a step down the loss over its slope.

    Args:
        x, y: the data, each of shape [n]. The step has learning rate 1, so that it can be seen.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    few = np.argsort(x)[::6]
    left.vlines(x[few], 0.2, y[few], color=RED, ls="-", lw=1.5, label="errors")
    left.plot(x[few], y[few], "o", color=GREY, ms=5, label="data")
    left.plot([0, 1], [0.2, 0.2], "--", color=BLUE, label="line with k = 0, b = 0.2")
    left.set(title="What is squared and averaged", xlabel="x", ylabel="y", ylim=(0.18, 0.34))
    left.legend(loc="upper left")

    def loss(k: np.ndarray) -> np.ndarray:
        return np.mean((y - (np.expand_dims(k, -1) * x + 0.2)) ** 2, axis=-1)

    slope = (loss(1e-3) - loss(-1e-3)) / 2e-3
    k, now, then = np.linspace(-0.05, 0.23, 100), 0.0, -slope
    right.plot(k, loss(k), "-", color=BLUE, label="loss")
    near = np.array([-0.04, 0.05])
    right.plot(near, loss(now) + slope * near, "--", color=ORANGE, label="its tangent at k = 0")
    right.plot([now, then], loss(np.array([now, then])), "o", color=RED, ms=7)
    arrow_style = {"arrowstyle": "-|>", "color": RED, "lw": 1.5}
    right.annotate("", (then, loss(now)), (now, loss(now)), arrowprops=arrow_style)
    right.annotate("one step", (0.6 * then, loss(now)), (0, 5), textcoords="offset points")
    right.set(title="One step against the slope (b = 0.2, rate 1)", xlabel="slope k", ylabel="loss")
    right.legend(loc="upper right")
    return fig


def _surface(ax: Axes, x: np.ndarray, y: np.ndarray, k: np.ndarray, b: np.ndarray) -> object:
    """Draw the loss over a grid of slopes k and intercepts b as filled contours."""
    k, b = np.meshgrid(k, b)
    loss = np.mean((y - (k[..., None] * x + b[..., None])) ** 2, axis=-1)
    ax.grid(False)
    return ax.contourf(k, b, np.log10(loss + 1e-8), levels=np.arange(-8, 0.1, 0.5), cmap="Blues_r")


def fit_figure(x: np.ndarray, y: np.ndarray, path: np.ndarray) -> Figure:
    """Draw a line fit as it forms, and its path over the loss surface with its end enlarged.

    Args:
        x, y: the data, each of shape [n].
        path: slope and intercept after each step, shape [steps, 2]; it starts from (0, 0).
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.0))
    left.scatter(x, y, s=12, color=GREY, label="data", zorder=3)
    last = len(path)
    for step, colour, style in [(1, RED, "--"), (2, ORANGE, "-."), (last, BLUE, "-")]:
        k, b = path[step - 1]
        left.plot([0, 1], [b, k + b], color=colour, ls=style, label=f"after step {step}")
    left.set(title="The line as it forms", xlabel="x", ylabel="y", xlim=(0, 1))
    left.legend(loc="upper left")

    filled = _surface(right, x, y, np.linspace(-0.05, 0.25, 150), np.linspace(-0.05, 0.3, 150))
    fig.colorbar(filled, ax=right, label="log10 of the loss")
    whole = np.vstack([[0, 0], path])
    right.plot(*whole.T, "o-", color=RED, ms=3.5, lw=1.2)
    right.set(title="The path on the loss surface", xlabel="slope k", ylabel="intercept b")
    right.set_aspect("equal")
    inset = right.inset_axes((0.5, 0.06, 0.46, 0.38))
    _surface(inset, x, y, np.linspace(0.096, 0.116, 80), np.linspace(0.187, 0.204, 80))
    inset.plot(*whole.T, "o-", color=RED, ms=3, lw=1)
    inset.plot(*whole[-1], "*", color=ORANGE, ms=13)
    inset.set(xlim=(0.096, 0.116), ylim=(0.188, 0.204), xticks=[], yticks=[], aspect="equal")
    inset.set_title("the end, enlarged", fontsize=9)
    right.indicate_inset_zoom(inset, edgecolor="black", alpha=0.6)
    return fig


def path_figure(x: np.ndarray, y: np.ndarray, path: np.ndarray, title: str) -> Figure:
    """Draw a path over the loss surface, as far as it stays on it, and the loss after each step.

    Args:
        x, y: the data, each of shape [n].
        path: slope and intercept, shape [steps + 1, 2], the start first.
        title: stands above both plots.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    _surface(left, x, y, np.linspace(-0.15, 0.35, 120), np.linspace(-0.05, 0.45, 120))
    left.plot(*path.T, "o-", color=RED, ms=3.5, lw=1.2)
    left.plot([0.1], [0.2], "*", color=ORANGE, ms=14)
    left.set(title=title, xlabel="slope k", ylabel="intercept b")
    left.set(xlim=(-0.15, 0.35), ylim=(-0.05, 0.45), aspect="equal")
    loss = np.mean((y - (path[:, :1] * x + path[:, 1:])) ** 2, axis=1)
    right.semilogy(np.clip(loss, 1e-14, 1e6), "-", color=BLUE)
    right.set(title="Loss", xlabel="steps", ylabel="mean squared error")
    return fig


def payback(times: Mapping[str, np.ndarray]) -> Figure:
    """Draw the seconds that the first calls took together, by name; each has shape [calls]."""
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    for (name, seconds), colour, style in zip(
        times.items(), (RED, BLUE, GREEN), ("--", "-", "-."), strict=False
    ):
        calls = np.arange(1, len(seconds) + 1)
        ax.plot(calls, 1000 * np.asarray(seconds), color=colour, ls=style, label=name)
    ax.set(title="Time since the first call", xlabel="calls", ylabel="milliseconds", ylim=(0, None))
    ax.legend(loc="upper left")
    return fig
