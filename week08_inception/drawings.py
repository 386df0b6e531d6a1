"""The drawings of week 8: what is explained, before its code."""

from week02_basics.figures import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, YELLOW
from week02_basics.schematics import arrow, box, canvas, line, note

from matplotlib.figure import Figure

WEIGHTS, MODEL, STATE, PROGRAM = (BLUE, 0.35), (SKY, 0.3), (ORANGE, 0.35), (GREY, 0.15)


def four_things() -> Figure:
    """Draw what a training run consists of: program, model, weights, and the state of training."""
    fig, ax = canvas(7.2, 2.75)
    box(ax, 3.6, 1.37, "", 7.0, 2.6, PROGRAM)
    note(ax, 0.25, 2.45, "program: Python code that builds and trains", 10, align="left")
    box(ax, 1.95, 1.15, "", 3.3, 1.9, MODEL)
    note(ax, 0.45, 1.87, "model: layers, how they connect", 10, align="left")
    box(ax, 1.95, 0.95, "weights\nkernels, biases,\nmeans of batch norm", 2.4, 1.05, WEIGHTS)
    box(ax, 5.3, 1.15, "", 3.2, 1.9, STATE)
    note(ax, 3.85, 1.87, "state of the training", 10, align="left")
    for y, text in [
        (1.45, "optimizer: averages, rate"),
        (0.95, "step, place in the data"),
        (0.45, "random generators"),
    ]:
        box(ax, 5.3, y, text, 2.6, 0.4, (ORANGE, 0.6))
    return fig


def object_graph() -> Figure:
    """Draw a checkpoint's objects as a tree, and the names of the variables that come of it."""
    fig, ax = canvas(7.2, 2.9)
    root = box(ax, 0.75, 1.45, "Checkpoint", 1.3, 0.5, PROGRAM)
    net = box(ax, 2.7, 2.35, "Dense", 1.0, 0.45, MODEL)
    opt = box(ax, 2.7, 1.2, "Adam", 1.0, 0.45, STATE)
    step = box(ax, 2.7, 0.4, "Variable", 1.0, 0.45, STATE)
    for end in (net, opt, step):
        arrow(ax, root.right, end.left)
    for x, y, name in [(1.6, 2.0, "net"), (1.85, 1.45, "opt"), (1.6, 0.8, "step")]:
        note(ax, x, y, name, 10, align="right" if name != "opt" else "center")
    rows = [
        (net, 2.6, "kernel", "net/kernel/..."),
        (net, 2.1, "bias", "net/bias/..."),
        (opt, 1.45, "iterations", "opt/_iterations/..."),
        (opt, 0.95, "averages", "opt/_variables/2/..."),
    ]
    for start, y, name, key in rows:
        end = box(ax, 4.3, y, name, 1.0, 0.36, WEIGHTS if start is net else (ORANGE, 0.6))
        arrow(ax, start.right, end.left)
        note(ax, 5.0, y, key, 9, align="left")
    note(ax, 5.0, 0.4, "step/...", 9, align="left")
    line(ax, [step.right, (4.9, 0.4)], dashed=True)
    return fig


def atomic() -> Figure:
    """Draw a save in three steps, and what a kill at each moment leaves under the file's name."""
    fig, ax = canvas(7.2, 2.1)
    steps = [
        box(ax, x, 1.55, text, 1.75, 0.6, colour)
        for x, text, colour in [
            (1.0, "write a draft\nbeside the file", (ORANGE, 0.4)),
            (3.6, "fsync: the draft\nis on the disk", (ORANGE, 0.6)),
            (6.2, "replace: the draft\ntakes the name", (GREEN, 0.4)),
        ]
    ]
    arrow(ax, steps[0].right, steps[1].left)
    arrow(ax, steps[1].right, steps[2].left)
    for x, left in [(1.0, "old"), (2.3, "old"), (4.9, "old"), (6.6, "new")]:
        arrow(ax, (x, 0.55), (x, 0.95), colour=RED)
        note(ax, x, 0.38, "killed here:", 9, RED)
        note(ax, x, 0.16, f"the {left} file", 9)
    return fig


def frozen() -> Figure:
    """Draw a graph that reads its weights from variables, and the frozen one that holds them."""
    fig, ax = canvas(7.2, 2.35)
    note(ax, 1.65, 2.2, "graph and checkpoint", 11)
    note(ax, 5.5, 2.2, "frozen: one file", 11)
    image, product = box(ax, 0.6, 1.6, "image", 0.9), box(ax, 2.5, 1.6, "MatMul", 1.1, colour=MODEL)
    kernel = box(ax, 1.3, 0.75, "Variable\nkernel", 1.1, 0.6, colour=(GREY, 0.25))
    file = box(ax, 2.8, 0.3, "checkpoint", 1.2, 0.45, WEIGHTS)
    arrow(ax, image.right, product.left)
    arrow(ax, kernel.right, product.bottom)
    arrow(ax, file.left, kernel.bottom, dashed=True)
    line(ax, [(3.7, 0.1), (3.7, 2.3)], dashed=True)
    image, product = box(ax, 4.4, 1.6, "image", 0.9), box(ax, 6.4, 1.6, "MatMul", 1.1, colour=MODEL)
    constant = box(ax, 5.2, 0.7, "Const\nits numbers", 1.4, 0.6, WEIGHTS)
    arrow(ax, image.right, product.left)
    arrow(ax, constant.right, product.bottom)
    return fig


def landing() -> Figure:
    """Draw a download: a part that grows, is completed after a break, checked, and then renamed."""
    fig, ax = canvas(7.2, 1.9)
    note(ax, 0.1, 1.7, "model.tgz.part", 10, align="left")
    box(ax, 1.1, 1.25, "first half", 2.0, 0.45, (ORANGE, 0.5))
    box(ax, 3.1, 1.25, "Range: bytes=N-", 2.0, 0.45, (ORANGE, 0.25))
    check = box(ax, 5.1, 1.25, "hash?", 0.9, 0.45, (YELLOW, 0.6))
    good = box(ax, 6.4, 1.25, "model.tgz", 1.3, 0.45, (GREEN, 0.4))
    arrow(ax, (4.1, 1.25), check.left)
    arrow(ax, check.right, good.left)
    arrow(ax, (2.1, 0.6), (2.1, 1.0), colour=RED)
    note(ax, 2.1, 0.42, "connection breaks: the part stays", 9, RED)
    arrow(ax, check.bottom, (5.1, 0.6), colour=RED)
    note(ax, 5.3, 0.42, "wrong: the part goes", 9, RED)
    note(ax, 3.6, 0.12, "nothing reads the file before it has its final name", 9)
    return fig


def members() -> Figure:
    """Draw a folder, a member that lands in it, and three that would reach out of it."""
    fig, ax = canvas(7.2, 2.2)
    box(ax, 5.0, 0.85, "", 3.6, 1.5, MODEL)
    note(ax, 3.35, 1.4, "folder", 10, align="left")
    note(ax, 3.0, 2.12, "without a filter", 9, RED)
    inside = box(ax, 5.0, 0.35, "graph.pb", 1.3, 0.4, (GREEN, 0.4))
    link = box(ax, 5.0, 0.95, "out  ->  ..", 1.3, 0.4, (RED, 0.3))
    outside = box(ax, 6.2, 1.93, "evil.txt, outside", 1.8, 0.4, (RED, 0.3))
    names = [
        (0.35, "graph.pb"),
        (0.95, "out/evil.txt"),
        (1.45, "../evil.txt"),
        (1.95, "/etc/evil.txt"),
    ]
    for y, name in names:
        box(ax, 1.0, y, name, 1.6, 0.38, (GREY, 0.2))
    arrow(ax, (1.8, 0.35), inside.left, colour=GREEN)
    arrow(ax, (1.8, 0.95), link.left, colour=RED)
    arrow(ax, link.top, (5.6, 1.73), colour=RED)
    arrow(ax, (1.8, 1.5), (5.3, 1.86), colour=RED)
    arrow(ax, (1.8, 1.95), outside.left, colour=RED)
    return fig


def module() -> Figure:
    """Draw the Inception module mixed0: four branches side by side, and their channels joined."""
    fig, ax = canvas(7.2, 3.3)
    source = box(ax, 3.6, 0.3, "35 x 35 x 192", 1.6, 0.42, PROGRAM)
    joined = box(
        ax, 3.6, 3.0, "joined, channel by channel: 35 x 35 x 256", 6.9, 0.42, (GREEN, 0.35)
    )
    branches = [
        (0.85, [("1x1, 64", BLUE)]),
        (2.65, [("1x1, 48", BLUE), ("5x5, 64", ORANGE)]),
        (4.5, [("1x1, 64", BLUE), ("3x3, 96", ORANGE), ("3x3, 96", ORANGE)]),
        (6.3, [("mean 3x3", GREY), ("1x1, 32", BLUE)]),
    ]
    for x, stack in branches:
        below = source.top
        for number, (text, colour) in enumerate(stack):
            made = box(ax, x, 1.0 + 0.62 * number, text, 1.25, 0.4, (colour, 0.35))
            arrow(ax, below, made.bottom)
            below = made.top
        arrow(ax, below, (x, joined.bottom[1]))
    return fig


def plan() -> Figure:
    """Draw Inception-v3 from the picture to the softmax, with side and channels of each stage."""
    fig, ax = canvas(7.2, 2.5)
    stages = [
        ("stem\n5 conv, 2 pool", "35 x 35\nx 192", PROGRAM),
        ("3 modules\nas drawn", "35 x 35\nx 288", (BLUE, 0.35)),
        ("reduce", "17 x 17\nx 768", (YELLOW, 0.5)),
        ("4 modules\n1x7, 7x1", "17 x 17\nx 768", (SKY, 0.5)),
        ("reduce", "8 x 8\nx 1280", (YELLOW, 0.5)),
        ("2 modules\n1x3, 3x1", "8 x 8\nx 2048", (PINK, 0.4)),
    ]
    before = None
    for number, (text, size, colour) in enumerate(stages):
        x = 0.62 + 1.19 * number
        made = box(ax, x, 1.85, text, 1.0, 0.7, colour, size=9)
        note(ax, x, 1.2, size, 9)
        if before:
            arrow(ax, before, made.left)
        before = made.right
    note(ax, 0.62, 2.38, "299 x 299 x 3", 9)
    pool = box(ax, 6.57, 0.4, "mean: 2048", 1.2, 0.42, (GREEN, 0.35))
    last = box(ax, 4.6, 0.4, "dense: 1000", 1.3, 0.42, (GREEN, 0.35))
    end = box(ax, 2.6, 0.4, "softmax", 1.1, 0.42, (GREEN, 0.35))
    arrow(ax, (6.57, 0.98), pool.top)
    arrow(ax, pool.left, last.right)
    arrow(ax, last.left, end.right)
    return fig


def way() -> Figure:
    """Draw the stations of a picture: file, pixels, size, range, probabilities, node, id, words."""
    fig, ax = canvas(7.2, 2.2)
    rows = [
        [
            ("file", "JPEG bytes"),
            ("DecodeJpeg", "0..255, uint8"),
            ("Resize", "one size"),
            ("Mul", "-1..1"),
        ],
        [
            ("words", "giant panda"),
            ("WordNet id", "n02510455"),
            ("node", "argmax"),
            ("softmax", "sums to 1"),
        ],
    ]
    boxes = []
    for y, row in zip((1.6, 0.5), rows, strict=True):
        made = []
        for number, (title, text) in enumerate(row):
            colour = (ORANGE, 0.3) if y > 1 else (GREEN, 0.3)
            made.append(box(ax, 0.85 + 1.83 * number, y, f"{title}\n{text}", 1.45, 0.7, colour))
        boxes.append(made)
    for left, right in zip(boxes[0], boxes[0][1:], strict=False):
        arrow(ax, left.right, right.left)
    arrow(ax, boxes[0][-1].bottom, boxes[1][-1].top, "network")
    for left, right in zip(boxes[1], boxes[1][1:], strict=False):
        arrow(ax, right.left, left.right)
    return fig
