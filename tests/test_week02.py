"""Week 2's helpers: what they promise, and what they refuse."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from week02_basics import checks, figures, graphs, plots, start, tables, taught, timing
from week02_basics.exercises import exercise, expect

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

from tests.exercises import assert_exercise

WEEK = "week02_basics"
ROOT = Path(__file__).resolve().parents[1]


def python(code: str, **env: str) -> subprocess.CompletedProcess:
    """Run code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | env,
    )


# --- quiet start ------------------------------------------------------------------------------


PACKAGES = sorted(path.parent.name for path in ROOT.glob("week*/__init__.py"))


@pytest.fixture(scope="module")
def imported() -> dict[str, subprocess.CompletedProcess]:
    """Each week imported first in an interpreter of its own, several of them at a time."""
    code = "import {}, tensorflow as tf; tf.zeros(2) + 1"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(PACKAGES, pool.map(python, map(code.format, PACKAGES)), strict=True))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_week_imports_silently(package, imported):
    """Whichever week a notebook imports first, TensorFlow loads without a word."""
    done = imported[package]
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_tensorflow_1_runs_without_deprecation_notices():
    done = python(
        "import week02_basics, tensorflow as tf; tf1 = tf.compat.v1\n"
        "with tf.Graph().as_default(), tf1.Session() as sess:\n"
        "    sess.run(tf1.global_variables_initializer())\n"
        "    v = tf1.get_variable('v', [2]); tf1.train.Saver([v])\n"
        "    tf1.train.start_queue_runners(sess)\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failing_import_shows_its_messages(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os; os.write(2, b'libcudart.so.12: cannot open shared object file\\n')\n"
        "raise ImportError('broken installation')\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = python("import week02_basics", PYTHONPATH=path)
    assert done.returncode != 0
    assert "libcudart.so.12: cannot open" in done.stderr
    assert "broken installation" in done.stderr


def test_stderr_is_given_back_after_the_import():
    done = python("import week02_basics, os; os.write(2, b'still here')")
    assert done.stderr == "still here"


# --- what the code runs on --------------------------------------------------------------------


def pretend(monkeypatch, *names: str) -> None:
    """Replace TensorFlow's device list by GPUs of these names."""
    gpus = [SimpleNamespace(name=f"/physical_device:GPU:{i}", label=n) for i, n in enumerate(names)]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: gpus)
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"device_name": gpu.label},
    )


def test_devices_names_what_there_is(monkeypatch):
    assert start.devices().startswith("CPU (") and "core" in start.devices()
    pretend(monkeypatch, "NVIDIA L4")
    assert start.devices() == "GPU: NVIDIA L4"
    pretend(monkeypatch, "NVIDIA L4", "NVIDIA T4")
    assert start.devices() == "2 GPUs: NVIDIA L4, NVIDIA T4"


def test_memory_growth_is_set_on_gpus():
    done = python(
        "import tensorflow as tf\n"
        "grown = []\n"
        "tf.config.list_physical_devices = lambda kind=None: ['GPU:0', 'GPU:1']\n"
        "tf.config.experimental.set_memory_growth = lambda gpu, on: grown.append((gpu, on))\n"
        "import week02_basics\n"
        "print(grown)"
    )
    assert done.stdout == "[('GPU:0', True), ('GPU:1', True)]\n"


def test_strategy_with_one_device_is_the_default():
    assert start.strategy() is tf.distribute.get_strategy()
    assert start.strategy(["CPU:0"]) is tf.distribute.get_strategy()


def test_strategy_mirrors_over_several_gpus(monkeypatch):
    gpus = [SimpleNamespace(name=f"/device:GPU:{i}") for i in range(2)]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: gpus)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda devices: devices)
    assert start.strategy() == ["GPU:0", "GPU:1"]


def test_strategy_trains_on_two_logical_devices_as_on_one():
    """Two logical CPU devices, really used: the loss of each step equals that of one device."""
    done = python(
        "import tensorflow as tf, numpy as np\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "from week02_basics.start import strategy\n"
        "x = np.random.default_rng(0).normal(size=(64, 3)).astype('float32'); y = x @ [[1.], [2.], [3.]]\n"
        "def losses(where):\n"
        "    with where.scope():\n"
        "        layer = tf.keras.layers.Dense(1, kernel_initializer='zeros')\n"
        "        model = tf.keras.Sequential([tf.keras.Input([3]), layer])\n"
        "        model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss='mse')\n"
        "    return model.fit(x, y, batch_size=64, epochs=5, shuffle=False, verbose=0).history['loss']\n"
        "two = strategy(['CPU:0', 'CPU:1'])\n"
        "print(two.num_replicas_in_sync, np.abs(np.subtract(losses(two), losses(strategy()))).max() < 1e-5)"
    )
    assert done.stdout.split() == ["2", "True"], done.stderr


def test_setup_repeats_random_numbers_and_says_what_runs(capsys):
    drawn = []
    for _ in range(2):
        start.setup(seed=7)
        drawn.append((np.random.rand(), float(tf.random.normal([])), plt.rcParams["figure.dpi"]))
    assert drawn[0] == drawn[1]
    line, *_ = capsys.readouterr().out.splitlines()
    assert line.startswith(f"≋ TensorFlow {tf.__version__} on ")


# --- tables -----------------------------------------------------------------------------------


def test_marked_columns_keep_their_shape_whatever_is_measured(capsys):
    def print_table(value) -> str:
        rows = [["a", value, 10], ["bb", "", 2]]
        tables.table(["way", "times faster ≈", "n"], rows)
        return capsys.readouterr().out

    short, long, text = print_table(3), print_table(0.0001235), print_table("0.50")
    for other in (long, text):
        assert [len(line) for line in short.splitlines()] == [
            len(line) for line in other.splitlines()
        ]
    assert short.splitlines()[0] == "way  times faster   n"
    assert re.search(r"^a +≈ +3  10$", short, re.MULTILINE) and "≈     0.50" in text
    assert short.splitlines()[-1].split() == ["bb", "2"]
    with pytest.raises(ValueError, match="has 1 cells, the header has 2"):
        tables.table(["a", "b"], [["only one"]])


def test_figures_draw_what_they_are_given():
    x = np.random.default_rng(0).random(30)
    y, path = 0.1 * x + 0.2, np.linspace([0.01, 0.02], [0.1, 0.2], 40)
    for fig, axes in [
        (plots.ranks(), 1),
        (plots.axes_of(np.arange(6).reshape(2, 3)), 1),
        (plots.described_then_run(), 1),
        (plots.one_step(x, y), 2),
        (plots.fit_figure(x, y, path), 3),
        (plots.path_figure(x, y, path, "rate"), 2),
        (plots.path_figure(x, y, path * 1e30, "diverged"), 2),
        (plots.payback({"eager": np.arange(5), "graph": np.arange(5)}), 1),
    ]:
        assert len(fig.axes) == axes
        fig.canvas.draw()
        plt.close(fig)


def test_situation_needs_a_claim_and_one_line(capsys):
    tables.situation("runs on a toaster", holds=True)
    assert capsys.readouterr().out == "≋ runs on a toaster\n"
    with pytest.raises(AssertionError, match="does not hold: nonsense"):
        tables.situation("nonsense", holds=False)
    with pytest.raises(ValueError, match="one line"):
        tables.situation("two\nlines", holds=True)


# --- figures ----------------------------------------------------------------------------------


def test_show_says_what_the_figure_shows_and_closes_it(capsys):
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    figures.show(fig, "A line that rises from one to two.")
    assert capsys.readouterr().out == "A line that rises from one to two.\n"
    assert fig.number not in plt.get_fignums()


def test_show_refuses_figures_that_some_reader_cannot_read():
    fig, ax = plt.subplots()
    with pytest.raises(ValueError, match="describe the figure"):
        figures.show(fig, "A plot.")
    ax.set_title("Verlust über Zeit")
    with pytest.raises(ValueError, match="must be ASCII"):
        figures.show(fig, "The loss over time falls in every epoch.")
    plt.close(fig)


def test_lines_differ_by_more_than_colour():
    figures.use_style()
    cycle = list(plt.rcParams["axes.prop_cycle"])
    assert len({str(style["linestyle"]) for style in cycle}) == len(cycle)


# --- exercises --------------------------------------------------------------------------------


def test_a_check_never_raises(capsys):
    @exercise("Doubling")
    def check(double):
        expect(double(2) == 4, "twice two is four")

    assert check(lambda x: 2 * x)
    for wrong, hint in [
        (lambda x: x, "✗ Doubling: twice two is four"),
        (
            lambda x: 1 / 0,
            "✗ Doubling: your code stopped with ZeroDivisionError (division by zero)",
        ),
        (lambda x: sys.exit(3), "✗ Doubling: your code stopped with SystemExit (3)"),
        (lambda: 4, "✗ Doubling: your code stopped with TypeError"),
        (..., "✎ Doubling: your turn"),
        (None, "✗ Doubling: it gives nothing back"),
        (
            tf.function(lambda x: tf.constant([x, x, x]) + tf.constant([1, 2])),
            "✗ Doubling: your code stopped with ValueError (Dimensions must be equal",
        ),
    ]:
        verdict = check(wrong)
        assert not verdict and verdict.message.startswith(hint)
    assert capsys.readouterr().out.count("\n") == 8


STANDARDISE_WRONG = {
    "one mean for the whole tensor": "lambda x: (x - tf.reduce_mean(x)) / tf.math.reduce_std(x)",
    "variance": "lambda x: (x - tf.reduce_mean(x, 0)) / tf.math.reduce_variance(x, 0)",
    "means are not 0": "lambda x: x / tf.math.reduce_std(x, axis=0)",
    "standard deviations are not 1": "lambda x: x - tf.reduce_mean(x, axis=0)",
    "has shape": "lambda x: tf.reduce_mean(x, axis=0)",
}
ACCUMULATE_WRONG = {
    "makes a new tensor": "lambda total, x: total + x",
    "`assign` replaces": "lambda total, x: total.assign(x)",
    "gives nothing back": "lambda total, x: total.assign_add(x) and None",
    "returned 1": "lambda total, x: [float(total), total.assign_add(x)][0]",
}
GRADIENT_WRONG = {
    "factor 2": "lambda k, b, x, y: [t / 2 for t in gradient(k, b, x, y)]",
    "sign is turned:": "lambda k, b, x, y: [-t for t in gradient(k, b, x, y)]",
    "sign is turned and": "lambda k, b, x, y: [-t / 2 for t in gradient(k, b, x, y)]",
    "swapped": "lambda k, b, x, y: gradient(k, b, x, y)[::-1]",
    "a sum where": "lambda k, b, x, y: [t * len(x) for t in gradient(k, b, x, y)]",
    "is a mean missing": "lambda k, b, x, y: (-2 * (y - k * x - b) * x, -2 * (y - k * x - b))",
}


COUNT_WRONG = {
    "use Python's range": "lambda op, n: 0 if op == 'Sin' else count(op, n)",
    "operations of type Sin": "lambda op, n: count(op, n) + 1",
    "does not change the count": "lambda op, n: count(op, 5)",
    "Mul is not": "lambda op, n: n if op == 'Sin' else 0",
    "does the traced function take x": "lambda op, n: 0 if op == 'Placeholder' else count(op, n)",
    "no Cos": "lambda op, n: 3 if op == 'Cos' else count(op, n)",
}
POWER_WRONG = {
    "no `tf.function`": "lambda x, n: power_once(x, n)",
    "traced 4 times": "tf.function(lambda x, n: x ** tf.cast(n, tf.float32))",
    "not [1.0, 8.0, 27.0]": "lambda x, n: x",
    "for x of shape (3,)": "lambda x, n: tf.reduce_sum(x)",
}
SLOPE_WRONG = {
    "it returned None": "lambda x: None",
    "x**3 itself": "lambda x: x**3",
    "it returned 4": "lambda x: 2 * x",
    "but not at -1": "lambda x: 6 * x",
    "which is a tensor": "lambda x: 12.0",
}
FASTER_WRONG = {
    "it diverges": "lambda gradient, x, steps: (np.inf, np.inf)",
    "as close as rate 0.2": "lambda gradient, x, steps: (0.0, 0.0)",
    "return two numbers": "lambda gradient, x, steps: [1.0, 2.0, 3.0]",
    "40 are allowed": "lambda gradient, x, steps: faster(gradient, x, 2 * steps)",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_standardise, "standardise", STANDARDISE_WRONG),
        (checks.check_accumulate, "accumulate", ACCUMULATE_WRONG),
        (checks.check_count, "count", COUNT_WRONG),
        (checks.check_slope, "slope", SLOPE_WRONG),
        (checks.check_gradient, "gradient", GRADIENT_WRONG),
        (checks.check_power_once, "power_once", POWER_WRONG),
        (checks.check_faster, "faster", FASTER_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


# --- taught, timing, graphs -------------------------------------------------------------------


def test_another_way_out_of_the_valley_passes_and_a_larger_rate_alone_does_not():
    def larger(gradient, x, steps, rate, momentum=0.0):
        v, w = np.zeros(2), np.zeros(2)
        for _ in range(steps):
            v = momentum * v - rate * np.array(gradient(*w))
            w = w + v
        return w

    assert checks.check_faster(lambda *given: larger(*given, 0.9, 0.5))
    for rate in (0.2, 0.5, 0.6, 0.65, 0.7, 0.85):
        assert not checks.check_faster(lambda *given, rate=rate: larger(*given, rate))


def test_taught_runs_the_exported_cells_alone():
    week = taught.taught(WEEK)
    assert len(week.fit(week.graph_step)) == week.STEPS == 201
    assert not hasattr(week, "session_path")


def test_taught_says_what_is_missing(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no notebook week99_none\.ipynb .* week02_basics"):
        taught.taught("week99_none")
    monkeypatch.setattr(taught, "NOTEBOOKS", tmp_path)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "week98_empty.ipynb").write_text(json.dumps(empty))
    with pytest.raises(LookupError, match="no cell with the tag 'export'"):
        taught.taught("week98_empty")


def test_interleaved_takes_turns():
    turns = []
    ways = {
        "a": lambda: turns.append("a") or time.sleep(0.02),
        "b": lambda: turns.append("b"),
    }
    seconds = timing.interleaved(ways, rounds=3)
    assert "".join(turns) == "ababab"
    assert timing.ratio(seconds, "a", "b") > 2
    with pytest.raises(ValueError, match="rounds must be at least 1"):
        timing.interleaved(ways, rounds=0)


def test_ancestors_follow_the_inputs_only():
    with tf.Graph().as_default():
        a, b = tf.constant(1.0, name="a"), tf.constant(2.0, name="b")
        both = tf.add(a, b, name="both")
        tf.multiply(both, b, name="unused")
        double = tf.add(both, both, name="double")
    operations = graphs.ancestors(double)
    assert [op.name for op in operations] == ["a", "b", "both", "double"]
    fig = graphs.draw(operations)
    names = {text.get_text().split("\n")[0] for text in fig.axes[0].texts}
    assert names - {""} == {"a", "b", "both", "double"}
    plt.close(fig)


def test_drawn_boxes_never_share_a_place():
    @tf.function
    def busy(x, y):
        z = [tf.sin(x) * tf.cos(y) + n for n in range(3)]
        return tf.add_n(z) / (tf.exp(x) + tf.exp(y))

    graph = busy.get_concrete_function(tf.constant(1.0), tf.constant(2.0)).graph
    place = graphs._layout(graphs.ancestors(graph.outputs[0]))
    assert len(set(place.values())) == len(place) > 10
