"""Functions of two numbers that the update rules walk down, each with its gradient by hand."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Window = tuple[tuple[float, float], tuple[float, float]]


class Surface(NamedTuple):
    """A function of x and y; `gradient` takes and returns float64 [2]."""

    name: str
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]  # arrays of one shape, or numbers
    gradient: Callable[[np.ndarray], np.ndarray]
    minimum: tuple[float, float] | None  # None: there is none
    window: Window  # the part worth drawing: (left, right), (bottom, top)
    source: str


def _beale(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
    return a * a + b * b + c * c  # not **: numbers and arrays must give the same last bit


def _beale_gradient(w: np.ndarray) -> np.ndarray:
    x, y = w.tolist()  # plain numbers: for two of them faster than an array
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
    return np.array(
        [
            2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1)),
            2 * x * (a + 2 * b * y + 3 * c * y * y),
        ]
    )


def _saddle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x * x - y * y


def _saddle_gradient(w: np.ndarray) -> np.ndarray:
    x, y = w.tolist()
    return np.array([2 * x, -2 * y])


BEALE = Surface(
    name="Beale's valley",
    value=_beale,
    gradient=_beale_gradient,
    minimum=(3.0, 0.5),
    window=((0.4, 4.2), (-1.2, 1.3)),
    source="E. M. L. Beale, On an iterative method for finding a local minimum, 1958",
)
SADDLE = Surface(
    name="Saddle",
    value=_saddle,
    gradient=_saddle_gradient,
    minimum=None,
    window=((-1.3, 1.3), (-1.3, 1.3)),
    source="the hyperbolic paraboloid x^2 - y^2; its ridge is the line y = 0",
)
