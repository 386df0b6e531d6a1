"""The schematics of week 10."""

from week02_basics.figures import BLUE, GREEN, ORANGE, RED
from week02_basics.schematics import arrow, box, canvas, matrix, note, timeline

from matplotlib.figure import Figure

PALE = 0.35


def record() -> Figure:
    """Draw two records of a TFRecord file, byte by byte."""
    fig, ax = canvas(7.2, 1.2)
    parts = [("length", "8 B", 0.8), ("its CRC", "4 B", 0.75), ("an Example", "9,658 B", 2.2)]
    parts += [("its CRC", "4 B", 0.75), ("length", "8 B", 0.8), ("its CRC", "4 B", 0.75)]
    left = 0.1
    for (name, size, wide), colour in zip(parts, (BLUE, RED, GREEN, RED, BLUE, RED), strict=True):
        made = box(ax, left + wide / 2, 0.7, name, wide, 0.5, (colour, PALE))
        note(ax, *made.bottom[:1], 0.3, size)
        left += wide + (0.15 if len(ax.patches) == 4 else 0)
    note(ax, 6.8, 0.7, "...", 12)
    return fig


def waiting() -> Figure:
    """Draw who waits for whom: batch and step in turns, and a batch ahead."""
    fig, ax = canvas(7.0, 3.2)
    note(ax, 0.1, 3.0, "in turns", 10, align="left")
    makes, trains = [], []
    for n in range(3):
        makes.append((2.0 * n, 2.0 * n + 1, f"batch {n + 1}"))
        trains += [(2.0 * n, 2.0 * n + 1, "waits"), (2.0 * n + 1, 2.0 * n + 2, f"step {n + 1}")]
    timeline(ax, 0.95, 2.6, {"reader": makes, "training": trains}, scale=0.92)
    note(ax, 0.1, 1.5, "one batch ahead", 10, align="left")
    ahead = {
        "reader": [(n, n + 1, f"batch {n + 1}") for n in range(4)],
        "training": [(0, 1, "waits"), *((n + 1, n + 2, f"step {n + 1}") for n in range(4))],
    }
    timeline(ax, 0.95, 1.1, ahead, scale=0.92)
    return fig


def shuffle_buffer() -> Figure:
    """Draw a shuffle buffer of three records."""
    fig, ax = canvas(6.4, 1.7)
    coming = matrix(ax, 1.2, 0.85, [["8", "7", "6", "5"]], cell=0.4, title="still in the files")
    held = matrix(
        ax, 3.4, 0.85, [["1", "3", "4"]], cell=0.4, title="buffer of 3", marked={(0, 1): ORANGE}
    )
    gone = matrix(ax, 5.5, 0.85, [["2", "0"]], cell=0.4, title="come out")
    arrow(ax, coming.right, held.left, "refills")
    arrow(ax, held.right, gone.left, "one by lot")
    note(ax, 3.2, 0.2, "record 8 cannot come out among the first six")
    return fig


def trunk_and_heads() -> Figure:
    """Draw the network: one trunk, four heads, with shapes."""
    fig, ax = canvas(7.2, 3.0)
    image = box(ax, 0.75, 1.5, "captcha\n60 x 160", 1.1, 0.7)
    parts = ["halved\n30 x 80", "4 blocks\n1 x 5 x 64", "dense\n256"]
    before, at = image, 2.1
    for part in parts:
        made = box(ax, at, 1.5, part, 1.05, 0.7, (BLUE, PALE))
        arrow(ax, before.right, made.left)
        before, at = made, at + 1.25
    note(ax, 3.35, 2.1, "the trunk", 10)
    for place, digit in enumerate("7042"):
        y = 2.6 - 0.73 * place
        head = box(ax, 6.25, y, f"head {place + 1}\n10 logits", 1.0, 0.55, (ORANGE, PALE))
        arrow(ax, before.right, head.left)
        note(ax, 6.98, y, f"{digit}", 12)
    return fig


def statistics() -> Figure:
    """Draw what batch normalisation uses and stores, in training and in use."""
    fig, ax = canvas(7.0, 2.1)
    batch = box(ax, 0.95, 1.5, "a batch", 1.1)
    own = box(ax, 3.0, 1.5, "its own mean\nand variance", 1.4, 0.6, (BLUE, PALE))
    kept = box(ax, 5.7, 1.5, "running averages:\n0.9 old + 0.1 new", 1.75, 0.6, (GREEN, PALE))
    arrow(ax, batch.right, own.left)
    arrow(ax, own.right, kept.left, "updates")
    train = box(ax, 3.0, 0.35, "in training it\nnormalises by these", 1.75, 0.6)
    use = box(ax, 5.7, 0.35, "in use it\nnormalises by these", 1.75, 0.6)
    arrow(ax, own.bottom, train.top)
    arrow(ax, kept.bottom, use.top)
    return fig


def orders() -> Figure:
    """Draw four batches in turns, and the same images mixed."""
    fig, ax = canvas(6.4, 2.5)
    turns = [["c"] * 4, ["d"] * 4, ["c"] * 4, ["d"] * 4]
    mix = [["c", "c", "d", "d"]] * 4
    for x, rows, title in ((1.7, turns, "in turns"), (4.9, mix, "mixed")):
        marks = {
            (r, c): (BLUE, PALE) if kind == "c" else (ORANGE, PALE)
            for r, row in enumerate(rows)
            for c, kind in enumerate(row)
        }
        matrix(ax, x, 1.2, rows, cell=0.42, title=title, marked=marks)
        for r in range(4):
            note(ax, x - 0.95, 1.2 + 0.63 - 0.42 * r, f"step {r + 1}", 9, align="right")
    note(ax, 3.2, 0.12, "c: a captcha, d: a digit; 4 stands for 64 images")
    return fig


def cluster() -> Figure:
    """Draw two workers: who reads which shards, and what they agree on in each step."""
    fig, ax = canvas(7.2, 2.6)
    for n, y in ((0, 1.95), (1, 0.65)):
        shards = box(ax, 0.95, y, f"shards {n}, {n + 2},\n{n + 4}, {n + 6}", 1.3, 0.6)
        name = "worker 0\n(the chief)" if n == 0 else "worker 1"
        worker = box(ax, 3.0, y, f"{name}", 1.3, 0.6, (BLUE, PALE))
        copy = box(ax, 5.0, y, "a copy of\nthe network", 1.3, 0.6, (GREEN, PALE))
        arrow(ax, shards.right, worker.left, "32 images")
        arrow(ax, worker.right, copy.left)
        if n == 0:
            top, saved = copy, box(ax, 6.55, y, "check-\npoint", 0.85, 0.6)
            arrow(ax, copy.right, saved.left)
        else:
            arrow(ax, top.bottom, copy.top, "sums of gradients,\nin every step", RED)
            arrow(ax, copy.top, top.bottom, "", RED)
    return fig


def data_service() -> Figure:
    """Draw a tf.data service: dispatcher, two readers and the trainer."""
    fig, ax = canvas(6.8, 2.2)
    dispatcher = box(ax, 1.0, 1.1, "dispatcher", 1.2, 0.5, (ORANGE, PALE))
    trainer = box(ax, 5.9, 1.1, "training", 1.2, 0.5, (GREEN, PALE))
    for n, y in ((1, 1.8), (2, 0.4)):
        reader = box(ax, 3.4, y, f"reader {n}", 1.2, 0.5, (BLUE, PALE))
        arrow(ax, dispatcher.right, reader.left, "which files" if n == 1 else "")
        arrow(ax, reader.right, trainer.left, "batches" if n == 1 else "")
    return fig
