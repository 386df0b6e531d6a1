"""Functions of two numbers that the update rules walk down, each with its gradient by hand."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Window = tuple[tuple[float, float], tuple[float, float]]


class Surface(NamedTuple):
    """A function of x and y; `gradient` takes and returns float64 [2], or [..., 2] for many points."""

    name: str
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]  # arrays of one shape, or numbers
    gradient: Callable[[np.ndarray], np.ndarray]
    minimum: tuple[float, float] | None  # None: there is none
    window: Window  # the part worth drawing: (left, right), (bottom, top)
    source: str


def _parts(w: np.ndarray) -> tuple:
    """Return x and y of a point [2] as plain numbers, which is faster, or of many [..., 2]."""
    return tuple(w.tolist()) if w.ndim == 1 else (w[..., 0], w[..., 1])


def _joined(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.array([x, y]) if isinstance(x, float) else np.stack([x, y], axis=-1)


def _beale(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
    return a * a + b * b + c * c  # not **: numbers and arrays must give the same last bit


def _beale_gradient(w: np.ndarray) -> np.ndarray:
    x, y = _parts(w)
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
    return _joined(
        2 * (a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1)),
        2 * x * (a + 2 * b * y + 3 * c * y * y),
    )


def _saddle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x * x - y * y


def _saddle_gradient(w: np.ndarray) -> np.ndarray:
    x, y = _parts(w)
    return _joined(2 * x, -2 * y)


def ellipse(flat: float, steep: float, turned: float = 0.0) -> Surface:
    """Return a bowl with two curvatures, along x and y or turned from them by so many degrees."""
    cos, sin = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    xx, yy = flat * cos**2 + steep * sin**2, flat * sin**2 + steep * cos**2
    xy = (flat - steep) * cos * sin

    def value(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (xx * x * x + yy * y * y) / 2 + xy * x * y

    def gradient(w: np.ndarray) -> np.ndarray:
        x, y = _parts(w)
        return _joined(xx * x + xy * y, xy * x + yy * y)

    name = f"curvatures {flat:g} and {steep:g}" + (f", at {turned:g} deg" if turned else "")
    window = (-1.3, 1.3), (-1.3, 1.3)
    return Surface(name, value, gradient, (0.0, 0.0), window, "a quadratic form")


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


def curvatures(surface: Surface, at: tuple[float, float], h: float = 1e-6) -> np.ndarray:
    """Return the eigenvalues of the Hessian at a point, rising, float64 [2], from central differences."""
    near = [
        surface.gradient(np.array(at) + d) - surface.gradient(np.array(at) - d)
        for d in h * np.eye(2)
    ]
    return np.linalg.eigvalsh(np.array(near) / (2 * h))
