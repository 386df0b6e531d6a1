"""The drawings of week 4: what is explained, before its formula."""

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, matrix, note

import numpy as np
from matplotlib.figure import Figure

KEPT, GONE = (BLUE, 0.3), (GREY, 0.3)


def pairs() -> Figure:
    """Draw the three kinds of output with the cost that fits each, from the sum z to the cost."""
    fig, ax = canvas(7.2, 2.5)
    for y, bend, output, cost in [
        (2.1, "as it is", "any number", "quadratic"),
        (1.25, "sigmoid", "a share: yes or no", "cross-entropy"),
        (0.4, "softmax", "shares of n classes", "log-likelihood"),
    ]:
        z = box(ax, 0.45, y, "z", width=0.55, colour=(ORANGE, 0.35))
        a = box(ax, 3.2, y, output, width=1.9, colour=KEPT)
        end = box(ax, 6.2, y, cost, width=1.6, colour=(GREEN, 0.3))
        arrow(ax, z.right, a.left, bend)
        arrow(ax, a.right, end.left, "fits")
    return fig


def dropout_masks() -> Figure:
    """Draw four hidden values, two of them dropped and the others doubled, and the same at inference."""
    fig, ax = canvas(7.2, 2.5)
    values, dropped = np.array([[0.8, 0.2, 0.5, 0.6]]), {(0, 1): GONE, (0, 2): GONE}
    hidden = matrix(ax, 1.2, 1.6, values, title="hidden values", colour=KEPT)
    mask = matrix(ax, 3.6, 1.6, [[1, 0, 0, 1]], cell=0.4, title="in training: a mask")
    thin = matrix(
        ax,
        6.0,
        1.6,
        [[1.6, 0, 0, 1.2]],
        title="kept / (1 - 0.5)",
        colour=KEPT,
        marked=dropped,
        digits=1,
    )
    before = matrix(ax, 1.2, 0.5, values, colour=KEPT)
    after = matrix(ax, 6.0, 0.5, values, colour=KEPT)
    arrow(ax, hidden.right, mask.left)
    arrow(ax, mask.right, thin.left)
    arrow(ax, before.right, after.left)
    note(ax, 3.6, 0.7, "after training: no mask, no scaling")
    return fig


def three_batches() -> Figure:
    """Draw an epoch of ten examples as one step, as two steps of five, and as ten steps."""
    fig, ax = canvas(7.2, 1.9)
    for y, name, batch, colour in [
        (1.55, "batch: 1 step", 10, BLUE),
        (0.95, "mini-batch: 2 steps", 5, ORANGE),
        (0.35, "stochastic: 10 steps", 1, RED),
    ]:
        note(ax, 1.95, y, name, 10, align="right")
        for first in range(0, 10, batch):
            width = 0.48 * batch - 0.06
            middle = 2.15 + 0.48 * (first + batch / 2)
            box(ax, middle, y, "", width=width, height=0.42, colour=(colour, 0.45))
    return fig


def momentum_steps() -> Figure:
    """Draw a step of Momentum and one of NAG: velocity kept, gradient added, and where it is taken."""
    fig, ax = canvas(7.2, 2.2)
    for left, title, ahead in [(0.5, "Momentum", False), (4.1, "NAG", True)]:
        start, kept = (left, 1.5), (left + 1.9, 1.1)
        end = (left + 2.35, 0.45)
        note(ax, left + 1.3, 2.0, title, 11)
        arrow(ax, start, kept, colour=BLUE)
        note(ax, left + 1.2, 1.55, "gamma v, kept", colour=BLUE)
        arrow(ax, kept, end, colour=RED)
        note(ax, left + 2.75, 0.8, "rate x g", colour=RED)
        arrow(ax, start, end, colour=GREEN)
        note(ax, left + 0.75, 0.75, "new v", colour=GREEN)
        at = kept if ahead else start
        ax.plot(*at, "o", color=RED, ms=9, zorder=5)
    note(ax, 1.6, 0.15, "dot: where the gradient is taken", colour=RED)
    note(ax, 5.3, 0.15, "one step of velocity ahead", colour=RED)
    return fig


def family() -> Figure:
    """Draw what each rule keeps of the gradients: nothing, their mean, their squares, both."""
    fig, ax = canvas(7.2, 2.6)
    g = box(ax, 0.8, 1.3, "gradient g", width=1.2, colour=(ORANGE, 0.35))
    first = box(ax, 3.0, 2.0, "leaky mean of g\nMomentum, NAG", width=1.9, height=0.7, colour=KEPT)
    second = box(
        ax,
        3.0,
        0.65,
        "sizes of g, squared\nAdagrad, RMSprop,\nAdadelta",
        width=1.9,
        height=0.9,
        colour=(RED, 0.25),
    )
    step = box(
        ax,
        6.0,
        1.3,
        "step = rate x mean\n/ root of squares\nAdam",
        width=2.0,
        height=0.95,
        colour=(GREEN, 0.3),
    )
    arrow(ax, g.right, first.left)
    arrow(ax, g.right, second.left)
    arrow(ax, first.right, step.left, "direction")
    arrow(ax, second.right, step.left)
    note(ax, 4.75, 0.75, "length")
    return fig
