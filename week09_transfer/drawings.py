"""The drawings of week 9: what is explained, before its code."""

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, RED, SKY
from week02_basics.schematics import arrow, box, canvas, line, note

from matplotlib.figure import Figure

TRAINED, NEW, STILL = (BLUE, 0.35), (ORANGE, 0.4), (GREY, 0.2)


def gpu_chain() -> Figure:
    """Draw what a GPU needs, from the program down to the card, and what asks for each piece."""
    fig, ax = canvas(7.2, 2.9)
    rows = [
        ("your program, TensorFlow", "pip install tensorflow", "list_physical_devices('GPU')", SKY),
        ("CUDA's libraries", "pip install 'tensorflow[and-cuda]'", "TensorFlow's log", BLUE),
        ("NVIDIA driver", "the operating system", "nvidia-smi", GREEN),
        ("GPU", "the machine, or Colab", "nvidia-smi", ORANGE),
    ]
    note(ax, 1.3, 2.72, "needed", 10)
    note(ax, 3.9, 2.72, "comes with", 10)
    note(ax, 6.1, 2.72, "asked by", 10)
    last = None
    for k, (what, brings, asks, colour) in enumerate(rows):
        y = 2.3 - 0.65 * k
        made = box(ax, 1.3, y, what, 2.3, 0.42, (colour, 0.4))
        note(ax, 3.9, y, brings, 9)
        note(ax, 6.1, y, asks, 9)
        if last:
            arrow(ax, last.bottom, made.top)
        last = made
    return fig


def three_ways() -> Figure:
    """Draw body and head in the three ways: where they come from, and what learns."""
    fig, ax = canvas(7.2, 2.9)
    columns = [
        ("from scratch", "random", "learns", NEW, False),
        ("frozen", "trained before", "stays", TRAINED, True),
        ("fine-tuning", "trained before", "learns on, low rate", TRAINED, False),
    ]
    for k, (title, origin, does, colour, still) in enumerate(columns):
        x = 1.3 + 2.3 * k
        note(ax, x, 2.72, title, 11)
        body = box(ax, x, 1.15, f"body\n{origin}\n{does}", 1.75, 1.0, colour, still)
        head = box(ax, x, 2.2, "new head, learns", 1.75, 0.5, NEW)
        arrow(ax, body.top, head.bottom)
        arrow(ax, (x, 0.3), body.bottom)
        note(ax, x, 0.17, "image", 9)
    note(ax, 0.05, 1.82, "features", 9, align="left")
    for x in (2.45, 4.75):
        line(ax, [(x, 0.1), (x, 2.85)], dashed=True)
    return fig


def batch_norm() -> Figure:
    """Draw what a batch norm stores, who updates it, and what it uses in each mode."""
    fig, ax = canvas(7.2, 4.0)
    box(ax, 3.6, 2.8, "", 5.0, 1.05, STILL)
    note(ax, 3.6, 2.43, "stored for each channel of a batch norm", 9)
    learned = box(ax, 2.35, 2.93, "gamma, beta\nscale and shift", 2.2, 0.6, NEW)
    moving = box(ax, 4.85, 2.93, "moving mean\nand variance", 2.2, 0.6, TRAINED)
    note(ax, 2.35, 3.85, "the optimizer, by gradient", 9, RED)
    note(ax, 4.85, 3.85, "each batch in training mode", 9, BLUE)
    arrow(ax, (2.35, 3.72), learned.top, colour=RED)
    arrow(ax, (4.85, 3.72), moving.top, colour=BLUE)
    rows = [
        ("training mode", "the batch's own mean, variance", "moves the stored ones"),
        ("inference mode", "the stored ones", "moves nothing"),
        ("trainable = False", "the stored ones, in any mode", "moves none of the four"),
    ]
    note(ax, 3.0, 2.05, "normalises with", 10)
    note(ax, 5.75, 2.05, "and", 10)
    for k, (mode, uses, moves) in enumerate(rows):
        y = 1.7 - 0.6 * k
        box(ax, 0.85, y, mode, 1.55, 0.42, (SKY, 0.35))
        note(ax, 3.0, y, uses, 9)
        note(ax, 5.75, y, moves, 9)
        if k:
            line(ax, [(0.1, y + 0.3), (7.1, y + 0.3)])
    return fig
