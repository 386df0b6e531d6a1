"""A `tf.Graph` made visible: the operations behind a tensor, and a drawing of them."""

from week02_basics.figures import BLUE, GREY, ORANGE

import matplotlib.pyplot as plt
import tensorflow as tf
from matplotlib.figure import Figure

COLOURS = {"VarHandleOp": BLUE, "Const": GREY, "Placeholder": ORANGE}


def ancestors(tensor: tf.Tensor) -> list[tf.Operation]:
    """Return the operations that a tensor of a graph depends on, its own last, in graph order.

    Args:
        tensor: a symbolic tensor, of a TensorFlow 1 graph or of a traced `tf.function`.
    """
    found, todo = set(), [tensor.op]
    while todo:
        op = todo.pop()
        if op not in found:
            found.add(op)
            todo.extend(source.op for source in op.inputs)
    return [op for op in tensor.graph.get_operations() if op in found]


def _layout(operations: list[tf.Operation]) -> dict[tf.Operation, tuple[int, int]]:
    """Place each operation one row above its users, the longest chain of inputs upright."""
    row, depth, place = {}, {}, {}
    for op in operations:  # inputs stand before their users in graph order
        depth[op] = 1 + max((depth.get(t.op, 0) for t in op.inputs), default=0)
    for op in reversed(operations):
        users = [user for out in op.outputs for user in out.consumers() if user in row]
        row[op] = 1 + max((row[user] for user in users), default=-1)

    def settle(op: tf.Operation, column: int) -> None:
        while (column, row[op]) in place.values():
            column += 1 if column >= 0 else -1
        place[op] = column, row[op]
        above = [t.op for t in op.inputs if row.get(t.op) == row[op] + 1]
        above = sorted(dict.fromkeys(above), key=depth.get, reverse=True)
        for source, offset in zip(above, [0, 1, -1, 2, -2], strict=False):
            if source not in place:
                settle(source, column + offset)

    for op in sorted(operations, key=row.get):
        if op not in place:
            settle(op, 0)
    return place


def draw(operations: list[tf.Operation]) -> Figure:
    """Draw operations as boxes, data flowing downwards along the arrows.

    Args:
        operations: up to about 30 operations of one graph, for instance from `ancestors`.

    Returns:
        A figure: each box says the operation's name and type; blue holds a variable, grey a
        constant, orange is fed from outside.
    """
    place = _layout(operations)
    across = [x for x, _ in place.values()]
    rows = 1 + max(y for _, y in place.values())
    fig, ax = plt.subplots(figsize=(1.7 * (max(across) - min(across) + 1) + 0.6, 0.66 * rows))
    for op, (x, y) in place.items():
        for source in op.inputs:
            if source.op in place:
                ax.annotate(
                    "",
                    xy=(x, y + 0.29),
                    xytext=(place[source.op][0], place[source.op][1] - 0.27),
                    arrowprops={
                        "arrowstyle": "-|>",
                        "color": GREY,
                        "shrinkA": 0,
                        "shrinkB": 0,
                    },
                )
        colour = COLOURS.get(op.type)
        ax.text(
            x,
            y,
            f"{op.name}\n{op.type}",
            ha="center",
            va="center",
            fontsize=8.5,
            color="white" if colour in (BLUE, GREY) else "black",
            bbox={
                "boxstyle": "round,pad=0.35",
                "facecolor": colour or "white",
                "edgecolor": GREY,
            },
        )
    ax.set(xlim=(min(across) - 0.6, max(across) + 0.6), ylim=(-0.5, rows - 0.5))
    ax.axis("off")
    return fig
