"""The drawings of week 3: what is explained, before its formula."""

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE
from week02_basics.schematics import arrow, box, canvas, line, matrix, note

import numpy as np
from matplotlib.figure import Figure

INPUT, HIDDEN, OUTPUT = (ORANGE, 0.35), (BLUE, 0.25), (GREEN, 0.25)


def hidden_layer() -> Figure:
    """Draw a network of one input, ten hidden units (three are shown) and one output."""
    fig, ax = canvas(7.2, 2.7)
    x = box(ax, 0.6, 1.45, "x", width=0.6, colour=INPUT)
    result = box(ax, 6.0, 1.45, "prediction\ntanh(sum + b2)", width=1.8, height=0.7, colour=OUTPUT)
    for y, unit in [(2.3, 0), (1.6, 1), (0.6, 9)]:
        hidden = box(
            ax, 3.0, y, f"unit {unit}:\ntanh(w1[{unit}] x + b1[{unit}])", width=2.0, colour=HIDDEN
        )
        arrow(ax, x.right, hidden.left)
        arrow(ax, hidden.right, result.left)
    note(ax, 3.0, 1.12, "...")
    note(ax, 1.5, 0.2, "10 weights w1")
    note(ax, 3.0, 0.2, "10 biases b1")
    note(ax, 4.5, 0.2, "10 weights w2")
    note(ax, 6.0, 0.2, "1 bias b2")
    return fig


def softmax_steps(logits: np.ndarray) -> Figure:
    """Draw logits [n], their exponentials, and these divided by their sum."""
    fig, ax = canvas(7.2, 1.5)
    powers = np.exp(logits)
    stages = [
        matrix(ax, x, 0.8, values[:, None].T, cell=0.5, digits=digits, title=title, colour=colour)
        for x, values, digits, title, colour in [
            (1.15, logits, 1, "logits z", INPUT),
            (3.6, powers, 2, "e^z: all positive", HIDDEN),
            (6.05, powers / powers.sum(), 2, "their shares: sum 1", OUTPUT),
        ]
    ]
    arrow(ax, stages[0].right, stages[1].left, "")
    arrow(ax, stages[1].right, stages[2].left, "")
    note(ax, 4.85, 0.3, f"divided by their sum, {powers.sum():.2f}")
    return fig


def regression() -> Figure:
    """Draw softmax regression: pixels, logits, probabilities, and the label they are held against."""
    fig, ax = canvas(7.2, 1.9)
    pixels = box(ax, 0.75, 1.3, "784\npixels x", width=0.95, height=0.75, colour=INPUT)
    logits = box(ax, 2.75, 1.3, "10\nlogits z", width=0.95, height=0.75, colour=HIDDEN)
    shares = box(ax, 4.75, 1.3, "10 shares\np", width=0.95, height=0.75, colour=OUTPUT)
    cost = box(ax, 6.55, 1.3, "cost", width=0.8, height=0.75)
    label = box(ax, 4.75, 0.35, "label y (one-hot)", width=1.6, height=0.45, colour=GREY)
    arrow(ax, pixels.right, logits.left, "x W + b")
    arrow(ax, logits.right, shares.left, "softmax")
    arrow(ax, shares.right, cost.left)
    line(ax, [label.right, (6.55, label.y)])
    arrow(ax, (6.55, label.y), cost.bottom)
    return fig


def split() -> Figure:
    """Draw a data set cut into images to train on, to choose with, and to test on once."""
    fig, ax = canvas(7.2, 1.2)
    box(ax, 2.5, 0.75, "50,000: train", width=4.6, height=0.5, colour=HIDDEN)
    box(ax, 5.3, 0.75, "10,000:\nchoose", width=0.9, height=0.5, colour=INPUT)
    box(ax, 6.5, 0.75, "10,000:\ntest, once", width=1.1, height=0.5, colour=OUTPUT)
    note(ax, 2.95, 0.25, "MNIST's 60,000 training images")
    note(ax, 6.5, 0.25, "its test images")
    return fig
