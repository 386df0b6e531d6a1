"""Something to turn: sliders above a figure in a live notebook, elsewhere the figure alone.

Where outputs are stored or compared, the kernel's environment sets `COURSE_STILL`: there `play` shows
the one figure that a reader of the page sees, and no widget.
"""

import inspect
import math
import os
from collections.abc import Callable
from numbers import Integral, Real
from types import ModuleType

from week02_basics.figures import show

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

STEPS = 100  # of a slider over floats
LOG = 100  # a range whose ends have at least this ratio gets a logarithmic slider


def play(draw: Callable[..., tuple[Figure, str]], /, **knobs: tuple | list) -> None:
    """Show what `draw` draws, with a slider for each knob; each starts at the default of `draw`.

    Args:
        draw: returns a figure and what it shows in words, as `figures.show` takes them.
        knobs: by the name of a parameter of `draw`: a range (low, high), both ends included, or the
            values to choose from, a list or more than two. A range of integers has integer steps;
            other ranges have 100 steps, of equal ratio if high / low is 100 or more.

    Raises:
        ValueError: a knob is neither; or `draw` has no such parameter with a default, or one that
            the knob cannot be turned to.
    """
    start = {name: _start(draw, name, knob) for name, knob in knobs.items()}
    widgets = _widgets()
    if widgets is None:
        show(*draw(**start))
        return
    sliders = {name: _slider(widgets, name, knobs[name], start[name]) for name in knobs}
    for slider in sliders.values():
        slider.style.description_width = (
            f"{max(map(len, knobs)) + 1}ch"  # they begin below each other
        )
    shown = widgets.interactive_output(lambda **values: _redraw(draw, values), sliders)
    display(widgets.VBox([*sliders.values(), shown]))


def _widgets() -> ModuleType | None:
    """Return ipywidgets if a live notebook can show them."""
    if os.environ.get("COURSE_STILL") or getattr(get_ipython(), "kernel", None) is None:
        return None
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def _is_range(knob: tuple | list) -> bool:
    """Whether a knob is a pair of numbers; True and False are choices."""
    return (
        isinstance(knob, tuple)
        and len(knob) == 2
        and all(isinstance(end, Real) and not isinstance(end, bool) for end in knob)
    )


def _start(draw: Callable, name: str, knob: tuple | list) -> object:
    """Return the default of a parameter of `draw`, or raise ValueError if the knob does not suit it."""
    parameter = inspect.signature(draw).parameters.get(name)
    if parameter is None or parameter.default is parameter.empty:
        raise ValueError(f"the function has no parameter {name!r} with a default value")
    value = parameter.default
    if not isinstance(knob, tuple | list) or len(knob) < 2:
        raise ValueError(f"{name!r} needs a range (low, high) or a list of values, not {knob!r}")
    if not _is_range(knob):
        if value not in knob:
            raise ValueError(f"{name!r} starts at {value!r}, which is not in {list(knob)}")
        return value
    low, high = knob
    if not low < high:
        raise ValueError(f"the range of {name!r} must go up, not from {low} to {high}")
    if not isinstance(value, Real) or not low <= value <= high:
        raise ValueError(f"{name!r} starts at {value!r}, outside its range from {low} to {high}")
    return value


def _slider(widgets: ModuleType, name: str, knob: tuple | list, value: object) -> object:
    """Return the ipywidgets slider for a knob."""
    how = {
        "description": name,
        "continuous_update": False,  # a drawing takes longer than a finger
        "layout": {"width": "400px", "max_width": "100%"},
    }
    if not _is_range(knob):
        return widgets.SelectionSlider(options=list(knob), value=value, **how)
    low, high = knob
    if all(isinstance(number, Integral) for number in (low, high, value)):
        return widgets.IntSlider(int(value), int(low), int(high), **how)
    how["readout_format"] = ".3g"
    if low > 0 and high / low >= LOG:
        ends = {"min": math.log10(low), "max": math.log10(high)}
        step = (ends["max"] - ends["min"]) / STEPS
        return widgets.FloatLogSlider(value=float(value), base=10, step=step, **ends, **how)
    step = (high - low) / STEPS
    return widgets.FloatSlider(value=float(value), min=low, max=high, step=step, **how)


def _redraw(draw: Callable[..., tuple[Figure, str]], values: dict[str, object]) -> None:
    """Show the figure for these values, or in its place what went wrong; leave no figure open."""
    before = set(plt.get_fignums())
    try:
        show(*draw(**values))
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
