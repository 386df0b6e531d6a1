"""Week 5's helpers: read-back, projector faults, the server's life cycle, and the exercises."""

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from week02_basics.taught import NOTEBOOKS, taught
from week03_regression.digits import Digits, load_digits
from week05_tensorboard import checks, drawings, events, faulty, plots, projector, server

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import tensorflow as tf
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from tensorboard.plugins import projector as tb_projector

from tests.exercises import assert_exercise

WEEK = "week05_tensorboard"


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


@pytest.fixture(scope="module")
def digits():
    """Made-up digits: ten noisy templates, quick to learn and the same everywhere."""
    rng = np.random.default_rng(0)
    templates = rng.integers(0, 200, [10, 28, 28])

    def draw(count):
        labels = np.arange(count, dtype=np.uint8) % 10
        noise = rng.integers(0, 56, [count, 28, 28])
        return (templates[labels] + noise).astype(np.uint8), labels

    return Digits(*draw(1280), *draw(200), source="scans")


# --- what the lesson writes, read back ---------------------------------------------------------


def test_both_eras_record_the_same(week, digits, tmp_path, capsys):
    order = week.batches(2)[:, :6] % len(digits.x_train)
    accuracies = week.record_then(tmp_path / "then", digits, order)
    said = capsys.readouterr().out
    assert re.findall(r"Iter (\d) Testing Accuracy", said) == ["0", "1"] and len(accuracies) == 2
    W, _ = week.record_now(tmp_path / "now", digits, order)
    then, now = events.read(tmp_path / "then"), events.read(tmp_path / "now")
    assert {tag.removesuffix("_1") for tag in then} == set(now)
    assert then["loss/loss"].steps == now["loss/loss"].steps == [0, 1]
    np.testing.assert_allclose(then["loss/loss"].values, now["loss/loss"].values, atol=1e-6)
    assert 0 < now["layer/weights/summaries/max"].values[0] < W.numpy().max()
    for run in ("then", "now"):
        scopes = events.scopes(events.graph(tmp_path / run))
        assert {"input", "layer", "loss", "train", "accuracy"} < set(scopes)
        assert {"input", "layer"} <= scopes["loss"] and not scopes["input"]


def test_the_loop_of_the_lesson_reads_what_the_helper_reads(week, tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        for step in range(3):
            tf.summary.scalar("a", step / 4, step)
            tf.summary.histogram("b", [0.0, step], step)
    ours, helper = week.read(tmp_path), events.read(tmp_path)
    assert list(ours) == list(helper) == ["a", "b"]
    for tag, series in helper.items():
        assert [step for step, _ in ours[tag]] == series.steps
        for (_, value), other in zip(ours[tag], series.values, strict=True):
            np.testing.assert_array_equal(value, other)


def test_read_finds_what_was_written(tmp_path):
    values = np.float32([0.5, 0.25, -1.0])
    array = np.float32([0, 0, 1, 3])
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
        for step, value in enumerate(values):
            tf.summary.scalar("a/b", value, 10 * step)
        tf.summary.histogram("h", array, 7)
    writer.close()
    found = events.read(tmp_path)
    assert found["a/b"] == events.Series("scalars", [0, 10, 20], values.tolist())
    assert found["h"].steps == [7]
    histogram = found["h"].values[0]
    assert histogram[:, 2].sum() == 4 and (histogram[0, 0], histogram[-1, 1]) == (0, 3)
    assert list(events.scalars(tmp_path)) == ["a/b"]


@pytest.mark.hostile
def test_read_joins_the_files_of_a_folder_and_survives_a_torn_one(tmp_path):
    for value in (1.0, 2.0):
        writer = tf.summary.create_file_writer(str(tmp_path))
        with writer.as_default(step=3):
            tf.summary.scalar("x", value)
            tf.summary.scalar("y", value)
        writer.close()
    first, second = events.files(tmp_path)
    assert events.read(tmp_path)["x"].values == [1.0, 2.0]
    second.write_bytes(second.read_bytes()[:-9])
    found = events.read(tmp_path)
    assert (found["x"].values, found["y"].values) == ([1.0, 2.0], [1.0])
    assert first.stat().st_size > second.stat().st_size


def test_read_says_where_the_files_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="no event file in"):
        events.read(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "events.out.tfevents.1").touch()
    with pytest.raises(FileNotFoundError, match="sub-folders run hold some"):
        events.read(tmp_path)
    for missing in (events.graph, events.hparams):
        with pytest.raises(LookupError, match="recorded no"):
            missing(tmp_path / "run")
    with pytest.raises(FileNotFoundError, match="no profile in"):
        events.profile(tmp_path)


@pytest.fixture(scope="module")
def data(week, digits):
    """Made-up digits, as many as the clinic takes."""
    many = np.arange(12_000) % len(digits.x_train)
    return week.patients_data(
        digits._replace(x_train=digits.x_train[many], y_train=digits.y_train[many])
    )


def test_sweep_keras_metadata_and_profile_are_readable(week, digits, data, tmp_path, capsys):
    week.sweep(tmp_path / "sweep", data, rates=(0.5, 2.0))
    assert events.hparams(tmp_path / "sweep" / "rate_2") == {"learning_rate": 2.0}
    runs = tmp_path / "sweep" / "rate_0.5"
    assert events.scalars(runs / "validation")["loss"].steps == list(range(0, 101, 20))
    own = week.Outputs(tmp_path / "own", "hidden", data[2])
    history = week.record_keras(tmp_path / "keras", data, [own]).history
    losses = events.read(tmp_path / "keras" / "train")["epoch_loss"].values
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-6)
    assert events.read(tmp_path / "own")["output/hidden"].steps == [0, 1]
    order = week.batches(1)[0, :2] % len(digits.x_train)
    week.record_metadata(tmp_path / "metadata", digits, order)
    assert "ValueError: The provided tag was already used" in capsys.readouterr().out
    assert {"step000", "step001"} < set(events.read(tmp_path / "metadata"))
    week.record_profile(tmp_path / "profile", digits, order, wait=0.02)
    spans = [span for thread in events.profile(tmp_path / "profile").values() for span in thread]
    load = [length for name, _, length in spans if name == "load"]
    assert len(load) == 2 and min(load) >= 20
    assert min(start for _, start, _ in spans) == 0


def test_a_patient_differs_from_the_healthy_run_in_one_thing(week, data, tmp_path):
    """First looks of two runs with one seed are equal, whatever the rate."""
    first = {}
    for rate in (0.05, 0.5):
        week.train(tmp_path / str(rate), data, rate=rate, steps=0)
        first[rate] = events.scalars(tmp_path / str(rate) / "train")
    slow, fast = first.values()
    assert slow["loss"].values == fast["loss"].values
    for k in range(1, 7):
        assert slow[f"gradient/layer_{k}"].values == fast[f"gradient/layer_{k}"].values
        ratio = fast[f"ratio/layer_{k}"].values[0] / slow[f"ratio/layer_{k}"].values[0]
        assert ratio == pytest.approx(10, rel=1e-5)


@pytest.mark.parametrize("seed", [6, 7])
def test_the_clinic_shows_the_same_symptoms_with_other_seeds(seed, week, tmp_path):
    """What section 4 says of two more seeds, on the data of the lesson."""
    seen, data = {}, week.patients_data(load_digits())
    for name, setting in week.PATIENTS.items():
        week.train(tmp_path / name, data, seed=seed, **setting)
        train = events.scalars(tmp_path / name / "train")
        held_out = events.scalars(tmp_path / name / "validation")["loss"].values
        values = {
            what: np.array(
                [train[f"{what}/layer_{k}"].values for k in range(1, 7 - (what == "zeros"))]
            )
            for what in ("gradient", "ratio", "zeros")
        }
        gradient = np.median(values["gradient"], axis=1)
        seen[name] = {
            "losses": np.array(train["loss"].values),
            "risen": held_out[-1] / min(held_out),
            "gradient": gradient,
            "ratio": np.median(values["ratio"][:, 0]),
            "zeros": values["zeros"],
        }
    healthy, high, low = (seen[name] for name in ("healthy", "rate too high", "rate too low"))
    assert healthy["losses"][-1] < 0.6 and healthy["zeros"][:, -1].max() < 0.7
    assert high["losses"][-1] > 1.4 * healthy["losses"][-1] and high["zeros"][:, -1].max() > 0.75
    assert high["ratio"] / healthy["ratio"] == pytest.approx(10, rel=0.01)
    assert low["losses"][0] > low["losses"][-1] > 2
    assert low["gradient"][1] / low["gradient"][5] > 0.3 and low["ratio"] < healthy["ratio"] / 300
    dead, sigmoid, few = (seen[name] for name in ("dead layer", "sigmoid", "few digits"))
    for flat in (dead, sigmoid):
        assert np.abs(flat["losses"][2:] - np.log(10)).max() < 0.1
    assert (dead["zeros"][2] == 1).all() and not dead["gradient"][:4].any()
    assert (np.diff(sigmoid["gradient"][1:]) > 0).all()
    assert sigmoid["gradient"][1] < 0.05 * sigmoid["gradient"][5]
    assert few["losses"][-1] < 0.05 and few["risen"] > 1.1


def test_recorded_gradients_are_those_of_a_difference_quotient(week, data):
    x, y = data[0][:50], data[1][:50]
    layers = week.first_layers(3)
    _, grads, outputs = week.look(layers, x, y, tf.nn.relu)
    assert len(outputs) == 5
    for (kernel, _), (grad, _) in zip(layers, grads, strict=True):
        place, h = np.unravel_index(np.abs(grad).argmax(), grad.shape), 1e-2
        change = np.zeros(kernel.shape, np.float32)
        change[place] = h
        losses = []
        for sign in (1, -2, 1):
            kernel.assign_add(sign * change)
            losses.append(float(week.look(layers, x, y, tf.nn.relu)[0]))
        assert (losses[0] - losses[1]) / (2 * h) == pytest.approx(float(grad[place]), rel=0.1)


def test_taught_descent_follows_the_slope(week):
    """Against a difference quotient, and downhill at each step."""
    a, b, h = 2.0, 4.5, 1e-6
    quotient = [
        (week.loss_at(a + h, b) - week.loss_at(a - h, b)) / (2 * h),
        (week.loss_at(a, b + h) - week.loss_at(a, b - h)) / (2 * h),
    ]
    np.testing.assert_allclose(week.slope_at(a, b), quotient, rtol=1e-6)
    path = week.descend([a, b], steps=50)
    assert path.shape == (51, 4) and np.all(np.diff(path[:, 2]) < 0)


def test_taught_principal_components_are_orthogonal_and_ordered(week):
    vectors = np.random.default_rng(0).normal(size=[60, 5]) * [5, 3, 1, 1, 1]
    points, shares = week.principal_components(vectors, 5)
    assert np.all(np.diff(shares) < 0) and shares.sum() == pytest.approx(1)
    covariance = points.T @ points
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-9


# --- the projector -----------------------------------------------------------------------------


def write_points(week, folder: Path, digits: Digits) -> None:
    """Write thirty digits for the projector, as pixels."""
    images = digits.x_test[:30]
    pixels = images.reshape(30, -1) / np.float32(255)
    week.write_projector(folder, images, digits.y_test[:30], {"digits": pixels})


def edited(old: str, new: str, file: str = projector.CONFIG):
    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    return change


def sprite_of(*size: int):
    return lambda folder: Image.new("L", size).save(folder / "sprite.png")


def without(pattern: str):
    return lambda folder: [path.unlink() for path in folder.glob(pattern)]


def flat_tensor(folder: Path) -> None:
    without("vectors.ckpt*")(folder)
    tf.train.Checkpoint(digits=tf.Variable(tf.zeros([30]))).save(str(folder / "vectors.ckpt"))


def one_column(folder: Path) -> None:
    (folder / "metadata.tsv").write_text("digit\n" + "7\n" * 30)


FAULTS = {
    "there is no projector_config.pbtxt": without("*.pbtxt"),
    "cannot be read, line 1": lambda f: (f / projector.CONFIG).write_text("embeddings ["),
    "names no embedding": lambda f: (f / projector.CONFIG).write_text(""),
    "there is no checkpoint": without("checkpoint"),
    "lacks the checkpoint's suffix: digits/.ATTRIBUTES": edited(projector.SUFFIX, ""),
    "'points' is not in the checkpoint, which has: digits/.ATTR": edited(
        "digits/.ATTRIBUTES/VARIABLE_VALUE", "points"
    ),
    "has shape \\[30\\], not \\[points, dimensions\\]": flat_tensor,
    "metadata_path leads to no file; paths start at .*'metadata.tsv'": edited(
        "metadata.tsv", "logs/metadata.tsv"
    ),
    "metadata_path leads out of the log directory": edited("metadata.tsv", "../metadata.tsv"),
    "metadata_path leads to no file$": edited("metadata.tsv", "labels.tsv"),
    "several columns and no header": edited("digit\tname\n", "", "metadata.tsv"),
    "one column and a header": one_column,
    "has labels for 32 points, the tensor has 30": edited(
        "digit\tname\n", "digit\tname\n1\ta\n2\tb\n", "metadata.tsv"
    ),
    "has 2 columns, but 1 in line 2": edited("\tdigit 0", "", "metadata.tsv"),
    "image_path leads to no file$": edited("sprite.png", "picture.png"),
    "image_path leads out": edited("sprite.png", "/elsewhere/sprite.png"),
    "takes a width and a height, not \\[28\\]": edited("    single_image_dim: 28\n", ""),
    "sprite.png is no picture": lambda f: (f / "sprite.png").write_text("no"),
    "is 8204 pixels long, the page takes 8192": sprite_of(28 * 293, 28),
    "168 x 160 pixels, is no grid of 28 x 28": sprite_of(168, 160),
    "holds 25 pictures, the tensor has 30 points": sprite_of(140, 140),
}


@pytest.mark.hostile
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_projector_is_named(fault, week, digits, tmp_path):
    write_points(week, tmp_path, digits)
    assert projector.faults(tmp_path) == []
    FAULTS[fault](tmp_path)
    (found,) = projector.faults(tmp_path)
    assert re.search(fault, found), found


def test_a_projector_below_the_log_directory_needs_an_event_file(week, digits, tmp_path):
    run = tmp_path / "points"
    write_points(week, run, digits)
    assert "lies in the run points" in projector.faults(tmp_path)[0]
    without("*tfevents*")(run)
    assert "holds no event file and so is no run" in projector.faults(tmp_path)[0]
    assert projector.faults(run) == []
    assert projector.faults(tmp_path / "nothing") == ["nothing is no folder"]


def test_tensorboard_itself_refuses_paths_that_lead_out(tmp_path):
    """The rule behind the fault, asked of the plugin that enforces it."""
    from tensorboard.plugins.projector.projector_plugin import _rel_to_abs_asset_path

    config_file = str(tmp_path / projector.CONFIG)
    inside = _rel_to_abs_asset_path("metadata.tsv", config_file)
    assert Path(inside) == (tmp_path / "metadata.tsv").resolve()
    for path in ("../metadata.tsv", "/elsewhere/metadata.tsv"):
        with pytest.raises(ValueError, match="resolves outside the config directory"):
            _rel_to_abs_asset_path(path, config_file)


def test_sprite_holds_every_image_in_its_place(week, digits):
    grid = week.sprite(digits.x_test[:30])
    assert grid.shape == (6 * 28, 6 * 28) and grid.dtype == np.uint8
    row, column = divmod(17, 6)
    tile = grid[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28]
    np.testing.assert_array_equal(tile, 255 - digits.x_test[17])


# --- the server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    writer = tf.summary.create_file_writer(str(folder / "run"))
    with writer.as_default(step=1):
        tf.summary.scalar("x", 0.5)
    writer.close()
    return folder


def gone(pid: int, seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_server_answers_reads_its_runs_and_is_gone_afterwards(logs):
    with pytest.raises(KeyError), server.serving(logs, timeout=300) as url:
        assert url.startswith("http://127.0.0.1:")
        assert server.fetch(url + "data/runs") == ["run"]
        (mine,) = [p for p in psutil.Process().children() if str(logs) in " ".join(p.cmdline())]
        assert {c.laddr.ip for c in mine.net_connections("tcp") if c.status == "LISTEN"} == {
            "127.0.0.1"
        }
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(OSError, match=f"port {port} is in use"):
            server.start(logs, port=port)
        raise KeyError("an error in the body")
    assert gone(mine.pid)
    with pytest.raises(OSError):
        server.fetch(url + "data/runs")


def settled(url: str, enough: int) -> list:
    """Return what TensorBoard answers once it has read so many values."""
    until = time.monotonic() + 60
    while len(found := server.fetch(url)) < enough and time.monotonic() < until:
        time.sleep(0.2)
    return found


def test_the_page_shows_a_sample_and_the_later_of_two_runs(week, tmp_path):
    """What sections 3 and 7 say of TensorBoard as it starts today, and of two options."""
    week.record_twice(tmp_path / "mixed")
    with tf.summary.create_file_writer(str(tmp_path / "long")).as_default():
        for step in range(1500):
            tf.summary.scalar("x", step, step)
        for step in range(60):
            tf.summary.histogram("h", [0.0, step], step)
    for start, stop in ((0, 10), (5, 8)):  # resumed from a checkpoint at step 5
        with tf.summary.create_file_writer(str(tmp_path / "resumed")).as_default():
            for step in range(start, stop):
                tf.summary.scalar("loss", start, step)
    later, both = [[0, 1.0], [1, 1.0], [2, 1.0]], [[0, 0.0], [1, 0.0], [2, 0.0]]
    raised = ["--load_fast=false", "--samples_per_plugin", "scalars=2000"]
    fast = importlib.import_module("tensorboard_data_server").server_binary() is not None
    for options, points, expected in [
        ([], 1000, later if fast else both + later),
        (raised, 1500, both + later),
    ]:
        with server.serving(tmp_path, timeout=300, options=options) as url:
            long = settled(f"{url}data/plugin/scalars/scalars?run=long&tag=x", points)
            mixed = settled(f"{url}data/plugin/scalars/scalars?run=mixed&tag=loss", len(expected))
            resumed = settled(f"{url}data/plugin/scalars/scalars?run=resumed&tag=loss", 8)
            ridges = settled(f"{url}data/plugin/histograms/histograms?run=long&tag=h", 51)
        assert len(long) == points and len(ridges) == 51
        assert [point[1:] for point in mixed] == expected
        steps = [point[1] for point in resumed]
        assert steps == ([*range(8)] if fast and not options else [*range(10), 5, 6, 7])


LOOK = next(
    cell["source"]
    for cell in json.loads((NOTEBOOKS / f"{WEEK}.ipynb").read_text("utf-8"))["cells"]
    if cell["id"] == "three-look"
)


def test_the_line_for_a_terminal_works_as_printed(logs, tmp_path):
    words = shlex.split(re.search(r"```sh\n(.+)\n```", "".join(LOOK))[1])
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / words[0]
    program.write_text(f"#!{sys.executable}\nfrom tensorboard.main import run_main\nrun_main()\n")
    program.chmod(0o755)
    shutil.copytree(logs, tmp_path / words[2])
    process = subprocess.Popen(
        [*words, "--port", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    try:
        said = (re.search(r"http://localhost:\d+/", line) for line in process.stderr)
        url = next(filter(None, said))[0]
        assert settled(url + "data/runs", 1) == ["run"]
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def test_the_lines_for_a_notebook_work_as_printed(logs):
    load, start = re.search(r"```\n(%load.+)\n(%tensor.+)\n```", "".join(LOOK)).groups()
    asked = "from tensorboard import manager\nprint([(i.pid, i.logdir) for i in manager.get_all()])"
    found = "from week05_tensorboard import server\nserver.find()"  # as the lesson's set-up does
    sources = [found, f"logs = {str(logs)!r}", f"{load}\n{start} --port 0", asked]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    running = ast.literal_eval(notebook.cells[-1].outputs[-1].text)
    (mine,) = [pid for pid, logdir in running if logdir == str(logs)]
    os.kill(mine, signal.SIGTERM)


@pytest.mark.hostile
@pytest.mark.parametrize("how", [signal.SIGKILL, "exit"])
def test_no_server_outlives_whoever_started_it(how, tmp_path):
    """Killed or just ending: the child goes as well."""
    fake = tmp_path / "tensorboard"
    fake.mkdir()
    (fake / "__init__.py").touch()
    (fake / "main.py").write_text("import time\ndef run_main(): time.sleep(600)\n")
    (tmp_path / "x.tfevents").touch()
    code = (
        "import sys, time, types; sys.path.insert(0, 'ROOT')\n"
        "import importlib.util\n"
        "spec = importlib.util.spec_from_file_location('server', 'SERVER')\n"
        "server = importlib.util.module_from_spec(spec); sys.modules['server'] = server\n"
        "spec.loader.exec_module(server)\n"
        "server._ready = lambda s, *rest: s\n"
        "print(server.start('LOGS').process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    for word, path in {"ROOT": tmp_path, "SERVER": server.__file__, "LOGS": tmp_path}.items():
        code = code.replace(word, str(path))
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    )
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    if how == "exit":
        parent.stdin.close()
    else:
        parent.send_signal(how)
    parent.wait(30)
    parent.stdout.close()
    assert gone(pid)


def test_server_says_what_is_wrong_with_the_log_directory(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"there is no log directory .*nothing"):
        server.start(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="holds no event file"):
        server.start(tmp_path)
    file = tmp_path / "events.out.tfevents.1"
    file.touch()
    with pytest.raises(NotADirectoryError, match="is a file"):
        server.start(file)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        server.start(tmp_path)


CHILDREN = {
    "slow": ("import time; print('still loading', file=__import__('sys').stderr, flush=True)\n"
             "time.sleep(60)", TimeoutError, "did not answer in time"),
    "ended": ("import sys; sys.exit('a plugin is broken')", RuntimeError, "a plugin is broken"),
    "port taken meanwhile": ("import sys; sys.exit('could not bind to port 1')", OSError, "bind"),
}  # fmt: skip


@pytest.mark.hostile
@pytest.mark.parametrize("child", CHILDREN)
def test_a_start_that_fails_leaves_no_process(child, logs, monkeypatch):
    code, error, message = CHILDREN[child]
    monkeypatch.setattr(server, "CHILD", code)
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **how: started.append(popen(*args, **how)) or started[0]
    )
    with pytest.raises(error, match=message):
        server.start(logs, timeout=1 if child == "slow" else 60)
    assert started[0].poll() is not None


@pytest.mark.hostile
def test_a_taken_port_is_named(logs):
    with socket.create_server((server.HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} is in use: .* or take port 0"):
            server.start(logs, port=port)


# --- exercises and figures ---------------------------------------------------------------------

WRITER = "tf.summary.create_file_writer(str(folder))"
SCHEDULE_WRONG = {
    "no event file in the folder": "lambda folder, rates: 0",
    "holds no scalar": f"lambda folder, rates: {WRITER}.close()",
    "the tag is lr": "lambda folder, rates: record(folder, rates, tag='lr')",
    "all values stand at step 0": "lambda folder, rates: record(folder, rates, every=0)",
    "the steps run from 0 to 48": "lambda folder, rates: record(folder, rates, every=2)",
    "5 values for 25 rates": "lambda folder, rates: record(folder, rates[::5])",
    "other values": "lambda folder, rates: record(folder, rates[::-1])",
}
MEANS = "{s: (lambda m, n: %s)(b[:, :2].mean(axis=1), b[:, 2]) for s, b in read(folder)[tag]}"
MEANS_WRONG = {
    "return a dictionary": "lambda folder, tag: list(means(folder, tag).values())",
    "the steps are [0, 10, 25], not [0, 1, 2]": (
        "lambda folder, tag: dict(enumerate(means(folder, tag).values()))"
    ),
    "must weigh as much": f"lambda folder, tag: {MEANS % 'm.mean()'}",
    "not of buckets": f"lambda folder, tag: {MEANS % '(m * n).sum() / len(n)'}",
    "the middle of each bucket": (
        "lambda folder, tag: {s: (b[:, 0] * b[:, 2]).sum() / b[:, 2].sum()"
        " for s, b in read(folder)[tag]}"
    ),
    "at step 0 it gives": "lambda folder, tag: means(folder, 'other')",
    "gives nothing back": "lambda folder, tag: None",
}
RATE_WRONG = {
    "in *training*": "lambda folder: best(folder, 'train', min)",
    "the lowest last value": "lambda folder: best(folder, 'validation', lambda v: v[-1])",
    "which run's validation": "lambda folder: best(folder, 'validation', lambda v: -v[0])",
    "return the rate, a number": "lambda folder: 'run_1'",
}
CURE_WRONG = {
    "is none of the cures": "lambda folder, floor: 'stuck'",
    "the loss is at the floor": "lambda folder, floor: 'another start'",
    "far above the floor": "lambda folder, floor: 'none'",
    "sinks from record to record": (
        "lambda folder, floor: cure(folder, floor).replace('larger', 'smaller')"
    ),
    "has stopped sinking": "lambda folder, floor: cure(folder, floor).replace('smaller', 'larger')",
    "gives nothing back": "lambda folder, floor: None",
}
DOCTOR_WRONG = {
    "is none of the names": "lambda folder: 'ill'",
    "1 of 6 are right": "lambda folder: 'healthy'",
    "of 6 are right; 'healthy' taken for": "lambda folder: swap.get(diagnose(folder), 'sigmoid')",
}
DEAD_WRONG = {
    "the layer below feeds it zeros": "lambda folder: 'dense_3'",
    "lets no gradient through": "lambda folder: 'dense_1'",
    "does put out other numbers": "lambda folder: 'dense_4'",
    "is a tag": "lambda folder: dead_layer(folder) + '/output'",
    "is not the name": "lambda folder: 'layer 2'",
    "gives nothing back": "lambda folder: None",
}
MEND_WRONG = {
    "nothing is mended": "lambda folder: folder",
    "of 3 faults left": "lambda folder: config(folder, tensor_name='points' + SUFFIX)",
    "without labels or pictures": (
        "lambda folder: config(folder, tensor_name='points' + SUFFIX, bare=True)"
    ),
    "only a header is missing": (
        "lambda folder: [mend(folder), (folder / 'metadata.tsv').write_text("
        "'a\\tb\\n' + '0\\tx\\n' * 12)]"
    ),
}


def record(folder, rates, tag="learning_rate", every=1):
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        for step, rate in enumerate(rates):
            tf.summary.scalar(tag, rate, every * step)
    writer.close()


def config(folder, tensor_name, bare=False):
    fresh = tb_projector.ProjectorConfig()
    embedding = fresh.embeddings.add(tensor_name=tensor_name)
    if not bare:
        embedding.metadata_path = "logs/metadata.tsv"
        embedding.sprite.image_path = "sprite.png"
        embedding.sprite.single_image_dim.append(8)
    tb_projector.visualize_embeddings(str(folder), fresh)


def best(folder, part, score):
    rates = {}
    for run in Path(folder).iterdir():
        value = score(events.read(run / part)["loss"].values)
        rates[events.hparams(run)["learning_rate"]] = value
    return min(rates, key=rates.get)


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_log_schedule, "log_schedule", SCHEDULE_WRONG),
        (checks.check_means, "means", MEANS_WRONG),
        (checks.check_dead_layer, "dead_layer", DEAD_WRONG),
        (checks.check_best_rate, "best_rate", RATE_WRONG),
        (checks.check_cure, "cure", CURE_WRONG),
        (checks.check_mend, "mend", MEND_WRONG),
        (checks.check_diagnose, "diagnose", DOCTOR_WRONG),
    ],
)
def test_exercises(check, name, wrong, week):
    names = {"record": record, "config": config, "SUFFIX": projector.SUFFIX, "best": best}
    swap = {"healthy": "few digits", "few digits": "healthy", "dead layer": "dead layer"}
    assert_exercise(WEEK, check, name, wrong, read=week.read, swap=swap, **names)


@pytest.mark.parametrize("dead", faulty.HIDDEN)
def test_only_the_dead_layer_puts_out_nothing(dead, tmp_path):
    faulty.write_faulty_run(tmp_path, dead)
    found = events.read(tmp_path)
    silent = [tag for tag, s in found.items() if not np.array(s.values)[..., :2].any()]
    assert silent == [f"{dead}/output"]
    kernel = np.array(found[f"{dead}/kernel"].values)
    np.testing.assert_array_equal(kernel[0], kernel[-1])  # it does not learn
    bias = np.array(found["dense_4/bias"].values)
    assert not np.array_equal(bias[0], bias[-1])


@pytest.mark.parametrize("name", ["way_of_a_number", "histogram_rows", "stations"])
def test_drawings_fit_their_canvas(name):
    plt.close(getattr(drawings, name)())


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    series = events.Series("scalars", [0, 1, 2], [3.0, 2.0, 1.0])
    histogram = np.array([[-1.0, 0.0, 3.0], [0.0, 1.0, 5.0]])
    scopes = {"input": set(), "layer": {"input"}, "loss": {"input", "layer"}}
    grid, path = np.linspace(0, 1, 6), rng.random([5, 4])
    images = rng.integers(0, 256, [10, 28, 28, 1], np.uint8)
    norms = {"a": np.array([1.0, 0.0, 0.1]), "b": np.array([0.3, 0.2, 0.1])}
    both = {"loss": series, "gradient_norm": series, "ratio/layer_3": series}
    flat = rng.random([40, 2]), [0.2, 0.1]
    for fig, axes in [
        (plots.losses(dict.fromkeys("abcd", (series, series)), 4), 4),
        (plots.scope_graphs({"then": scopes, "now": scopes}), 2),
        (plots.by_layer({"gradient": norms, "ratio": norms}, ["norm", "ratio"]), 2),
        (plots.outputs({"a": histogram, "b": histogram}, "share"), 2),
        (plots.image_rows({"a": (images, list("0123456789"))}), 10),
        (plots.descents(grid, grid, rng.random([6, 6]), {"a": path}), 3),
        (plots.loss_and_norm({"a": both}, 0.5), 2),
        (plots.walk(path, 0.5), 1),
        (plots.turned(both), 2),
        (plots.spans({"a": [(0.0, 1.0)], "b": [(0.5, 0.2)]}, "Title"), 1),
        (plots.two_maps({"a": flat, "b": flat}, np.arange(40) % 10), 2),
    ]:
        assert len(fig.axes) == axes
        plt.close(fig)
    with pytest.raises(ValueError, match="in a circle"):
        plots.scope_graphs({"then": {"a": {"b"}, "b": {"a"}}, "now": scopes})
