"""Sliders in a live notebook, and the one figure wherever outputs are stored or compared."""

import sys
from types import SimpleNamespace

from week02_basics import play as module
from week02_basics.play import play

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook


@pytest.fixture(autouse=True)
def _no_figure_of_an_earlier_test():
    plt.close("all")


SETUP = """
import os
os.environ.pop("COURSE_STILL", None)
import ipywidgets, matplotlib.pyplot as plt
from week02_basics.play import play

def draw(rate=0.1, steps=10):
    fig, ax = plt.subplots()
    if steps > 20:
        raise ArithmeticError("too many steps")
    ax.plot([0, rate])
    return fig, f"A line that climbs to {rate} in {steps} steps."

def turn(kind, value):
    made = [w for w in ipywidgets.widgets.widget._instances.values() if type(w).__name__ == kind]
    made[-1].value = value
"""
VIEW = "application/vnd.jupyter.widget-view+json"


def draw(rate=0.1, steps=10, rule="sgd", *, size=2, needed=None):
    """Draw a line; the words say with what."""
    fig, ax = plt.subplots()
    ax.plot([0, rate])
    return fig, f"A line: rate {rate}, steps {steps}, rule {rule}, size {size}."


@pytest.fixture
def live(monkeypatch):
    """Pretend that a notebook runs; gives the list of what is displayed."""
    displayed = []
    monkeypatch.delenv("COURSE_STILL", raising=False)
    monkeypatch.setattr(module, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(module, "display", displayed.append)
    return displayed


def sliders(live, **knobs):
    """Return the sliders that `play` shows."""
    play(draw, **knobs)
    (shown,) = live
    *made, output = shown.children
    assert isinstance(output, ipywidgets.Output)
    assert not plt.get_fignums()
    return made


# --- in a kernel ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def executed():
    """Execute cells in one kernel; gives each cell's outputs, and what the output widgets hold."""
    cells = [
        SETUP,
        "play(draw, rate=(0.001, 1.0), steps=(1, 30))",
        "turn('FloatLogSlider', 0.5)\nprint(plt.get_fignums())",
        "play(draw, steps=(1, 30))",
        "turn('IntSlider', 25)\nprint(plt.get_fignums())",
        "os.environ['COURSE_STILL'] = '1'\nplay(draw, rate=(0.001, 1.0), steps=(1, 30))",
    ]
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    held = [w["state"]["outputs"] for w in state.values() if w["model_name"] == "OutputModel"]
    return [cell.outputs for cell in notebook.cells], held


def test_a_still_notebook_gets_one_picture_with_its_words_and_no_widget(executed):
    (output,) = executed[0][-1]
    words = "A line that climbs to 0.1 in 10 steps."
    assert output.output_type == "display_data"
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == words
    assert output.metadata == {"image/png": {"alt": words}}


def test_a_live_notebook_gets_sliders_and_a_figure_that_follows_them(executed):
    outputs, held = executed
    assert outputs[0] == []
    (widget,) = outputs[1]
    assert VIEW in widget.data
    (figure,) = held[0]  # as it is after the slider was moved: replaced, not added
    assert set(figure["data"]) == {"image/png", "text/plain"}
    assert figure["data"]["text/plain"] == "A line that climbs to 0.5 in 10 steps."
    assert figure["metadata"] == {"image/png": {"alt": figure["data"]["text/plain"]}}


def test_an_error_stands_in_place_of_the_figure_and_leaves_none_open(executed):
    outputs, held = executed
    assert VIEW in outputs[3][0].data
    (said,) = held[1]
    assert (said["output_type"], said["name"]) == ("stream", "stdout")
    assert said["text"] == "ArithmeticError: too many steps\n"
    for cell in (2, 4):
        assert [output.text for output in outputs[cell]] == ["[]\n"]


# --- still ---------------------------------------------------------------------------------------


def test_without_a_kernel_or_widgets_the_words_are_shown_alone(monkeypatch, live, capsys):
    words = "A line: rate 0.1, steps 10, rule sgd, size 2.\n"
    with monkeypatch.context() as patch:
        patch.setattr(module, "get_ipython", lambda: None)
        play(draw, rate=(0.01, 0.8))
        assert capsys.readouterr().out == words
        patch.setattr(module, "get_ipython", lambda: SimpleNamespace())  # IPython in a terminal
        play(draw, rate=(0.01, 0.8))
        assert capsys.readouterr().out == words
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "ipywidgets", None)
        play(draw, rate=(0.01, 0.8))
        assert capsys.readouterr().out == words
    with monkeypatch.context() as patch:
        patch.setenv("COURSE_STILL", "1")
        play(draw, rate=(0.01, 0.8))
        assert capsys.readouterr().out == words
    assert live == []
    play(draw, rate=(0.01, 0.8))
    assert len(live) == 1


# --- sliders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("knobs", "kind", "expected"),
    [
        ({"steps": (1, 30)}, ipywidgets.IntSlider, {"min": 1, "max": 30, "value": 10}),
        ({"steps": (np.int64(1), 1000)}, ipywidgets.IntSlider, {"max": 1000, "value": 10}),
        ({"steps": (0.5, 40)}, ipywidgets.FloatSlider, {"min": 0.5, "value": 10, "step": 0.395}),
        (
            {"rate": (0.01, 0.8)},
            ipywidgets.FloatSlider,
            {"min": 0.01, "max": 0.8, "value": 0.1, "step": 0.0079},
        ),
        ({"rate": (0, 1)}, ipywidgets.FloatSlider, {"min": 0, "max": 1, "value": 0.1}),
        (
            {"rate": (0.001, 1.0)},
            ipywidgets.FloatLogSlider,
            {"base": 10, "min": -3, "max": 0, "value": 0.1, "step": 0.03},
        ),
        ({"rate": (0.1, 10)}, ipywidgets.FloatLogSlider, {"value": 0.1, "min": -1, "max": 1}),
        ({"rule": ["sgd", "adam"]}, ipywidgets.SelectionSlider, {"value": "sgd"}),
        ({"rule": ("adam", "sgd")}, ipywidgets.SelectionSlider, {"options": ("adam", "sgd")}),
        ({"size": (1, 2, 4, 8)}, ipywidgets.SelectionSlider, {"value": 2, "index": 1}),
        ({"size": [2, 4]}, ipywidgets.SelectionSlider, {"value": 2, "options": (2, 4)}),
    ],
)
def test_each_knob_gets_the_slider_that_suits_it(live, knobs, kind, expected):
    (slider,) = sliders(live, **knobs)
    assert type(slider) is kind
    assert slider.continuous_update is False
    assert [slider.description] == list(knobs)
    for name, value in expected.items():
        found = getattr(slider, name)
        assert found == (value if isinstance(value, str | tuple) else pytest.approx(value)), name


def test_the_figure_is_drawn_at_the_start_and_after_each_move(live, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "show", lambda fig, alt: seen.append(alt))
    rate, steps = sliders(live, rate=(0.01, 0.8), steps=(1, 30))
    rate.value = 0.2
    steps.value = 11
    assert seen == [
        f"A line: rate {r}, steps {s}, rule sgd, size 2."
        for r, s in [(0.1, 10), (0.2, 10), (0.2, 11)]
    ]


def test_a_knob_may_have_any_name(live):
    def drawn(draw=1, widgets=2):
        return plt.figure(), f"{draw} and {widgets} make a figure."

    play(drawn, draw=(0, 3), widgets=(0, 3))
    assert len(live) == 1


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["still", "live"])
@pytest.mark.parametrize(
    ("knobs", "complaint"),
    [
        ({"speed": (0, 1)}, "no parameter 'speed'"),
        ({"rate": (0.2, 0.8)}, "'rate' starts at 0.1, outside its range from 0.2 to 0.8"),
        ({"steps": (1, 9)}, "'steps' starts at 10, outside"),
        ({"rate": (0.8, 0.01)}, "the range of 'rate' must go up"),
        ({"rate": (0.1, 0.1)}, "the range of 'rate' must go up"),
        ({"needed": (0, 1)}, "'needed' starts at None, outside"),
        ({"rule": (0, 1)}, "'rule' starts at 'sgd', outside"),
        ({"rule": ["adam", "rmsprop"]}, "'rule' starts at 'sgd', which is not in"),
        ({"size": (1, 4, 8)}, "'size' starts at 2, which is not in"),
        ({"rate": 0.5}, "'rate' needs a range"),
        ({"rule": "sgd"}, "'rule' needs a range"),
        ({"rate": [0.1]}, "'rate' needs a range"),
    ],
)
def test_a_knob_that_does_not_suit_is_named(live, monkeypatch, knobs, complaint, mode):
    if mode == "still":
        monkeypatch.setenv("COURSE_STILL", "1")
    with pytest.raises(ValueError, match=complaint):
        play(draw, **knobs)
    assert live == [] and not plt.get_fignums()


def test_a_parameter_without_a_default_is_no_knob():
    with pytest.raises(ValueError, match="no parameter 'rate' with a default"):
        play(lambda rate: (plt.figure(), ""), rate=(0, 1))
