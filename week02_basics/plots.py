"""The figures of week 2."""

from week02_basics.figures import BLUE, GREY, ORANGE, RED

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure


def fit_figure(x: np.ndarray, y: np.ndarray, path: np.ndarray) -> Figure:
    """Draw a line fit as it forms, and its path over the loss surface.

    Args:
        x, y: the data, each of shape [n].
        path: slope and intercept after each step, shape [steps, 2]; it starts from (0, 0).
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8))
    left.scatter(x, y, s=12, color=GREY, label="data")
    for step, colour, style in [
        (1, RED, "--"),
        (2, ORANGE, "-."),
        (len(path), BLUE, "-"),
    ]:
        k, b = path[step - 1]
        left.plot([0, 1], [b, k + b], color=colour, ls=style, label=f"after step {step}")
    left.set(title="The line as it forms", xlabel="x", ylabel="y", xlim=(0, 1))
    left.legend(loc="upper left")

    k, b = np.meshgrid(np.linspace(-0.05, 0.25, 120), np.linspace(-0.05, 0.3, 120))
    loss = np.mean((y - (k[..., None] * x + b[..., None])) ** 2, axis=-1)
    filled = right.contourf(k, b, np.log10(loss + 1e-6), levels=16, cmap="Blues_r")
    fig.colorbar(filled, ax=right, label="log10 of the loss")
    right.plot(*path[-1], "*", color=ORANGE, ms=16, label=f"after step {len(path)}")
    right.plot(*np.vstack([[0, 0], path]).T, "o-", color=RED, ms=3, lw=1.2, label="path")
    right.set(title="The path on the loss surface", xlabel="slope k", ylabel="intercept b")
    right.legend(loc="lower right")
    right.grid(False)
    return fig
