"""Week 5's helpers: read-back, projector faults, the server's life cycle, and the exercises."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from week02_basics.taught import taught
from week03_regression.digits import Digits
from week05_tensorboard import checks, events, faulty, plots, projector, server

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import tensorflow as tf
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


def test_both_eras_record_the_same(week, digits, tmp_path):
    order = week.batches(digits, epochs=5)
    week.record_then(tmp_path / "then", digits, order)
    W, b = week.record_now(tmp_path / "now", digits, order)
    then, now = events.read(tmp_path / "then"), events.read(tmp_path / "now")
    assert {tag.removesuffix("_1") for tag in then} == set(now)
    assert then["loss/loss"].steps == now["loss/loss"].steps == list(range(0, 50, 20))
    np.testing.assert_allclose(then["loss/loss"].values, now["loss/loss"].values, atol=1e-6)
    assert now["loss/loss"].values[0] == pytest.approx(0.09, abs=1e-6)  # all p = 0.1
    assert now["layer/weights/summaries/max"].values[0] == 0
    for run in ("then", "now"):
        scopes = events.scopes(events.graph(tmp_path / run))
        assert {"input", "layer", "loss", "train", "accuracy"} < set(scopes)
        assert {"input", "layer"} <= scopes["loss"] and not scopes["input"]
    mistakes = week.record_extras(tmp_path / "extras", digits, tf.random.normal([784, 10]), b)
    extras = events.read(tmp_path / "extras")
    np.testing.assert_array_equal(events.images(extras["mistakes"])[0], mistakes)
    assert {s.plugin for s in extras.values()} == {"images", "text"}
    assert W.shape == (784, 10)


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
        events.profiled(tmp_path)


def test_sweep_keras_metadata_and_profile_are_readable(week, digits, tmp_path, capsys):
    week.sweep(tmp_path / "sweep", digits, rates=(0.5, 2.0))
    assert events.hparams(tmp_path / "sweep" / "rate_2") == {"learning_rate": 2.0}
    assert events.scalars(tmp_path / "sweep" / "rate_0.5")["test_accuracy"].steps == [1]
    history = week.record_keras(tmp_path / "keras", digits, images=640)
    losses = events.read(tmp_path / "keras" / "train")["epoch_loss"].values
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-6)
    order = week.batches(digits)[:2]
    week.record_metadata(tmp_path / "metadata", digits, order)
    assert "ValueError: The provided tag was already used" in capsys.readouterr().out
    assert {"step000", "step001"} < set(events.read(tmp_path / "metadata"))
    week.record_profile(tmp_path / "profile", digits, order)
    assert events.profiled(tmp_path / "profile").count("train") == 2


def test_taught_descent_follows_the_gradient(week):
    """Against NumPy's closed form for a line, step by step."""
    y = (0.5 * week.x_data - 1).astype(np.float32)
    path = week.descend(week.line, y, tf.constant([[2.0, 3.0]]), 0.1, tf.constant(20)).numpy()
    a, b = 2.0, 3.0
    for step in path[:, 0]:
        error = a * week.x_data + b - y
        np.testing.assert_allclose(step, [a, b, np.mean(error**2)], rtol=1e-4)
        a, b = a - 0.2 * np.mean(error * week.x_data), b - 0.2 * np.mean(error)


def test_taught_principal_components_are_orthogonal_and_ordered(week):
    vectors = np.random.default_rng(0).normal(size=[60, 5]) * [5, 3, 1, 1, 1]
    points, shares = week.principal_components(vectors, 5)
    assert np.all(np.diff(shares) < 0) and shares.sum() == pytest.approx(1)
    covariance = points.T @ points
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-9


# --- the projector -----------------------------------------------------------------------------


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
    without("digits.ckpt*")(folder)
    tf.train.Checkpoint(digits=tf.Variable(tf.zeros([30]))).save(str(folder / "digits.ckpt"))


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
    "has 2 columns, but 1 in line 2": edited("\ttest image 0", "", "metadata.tsv"),
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
    week.write_projector(tmp_path, digits.x_test[:30], digits.y_test[:30])
    assert projector.faults(tmp_path) == []
    FAULTS[fault](tmp_path)
    (found,) = projector.faults(tmp_path)
    assert re.search(fault, found), found


def test_a_projector_below_the_log_directory_needs_an_event_file(week, digits, tmp_path):
    run = tmp_path / "points"
    week.write_projector(run, digits.x_test[:30], digits.y_test[:30])
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
DEAD_WRONG = {
    "lets no gradient through": "lambda folder: 'dense_1'",
    "does put out other numbers": "lambda folder: 'dense_3'",
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


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_log_schedule, "log_schedule", SCHEDULE_WRONG),
        (checks.check_dead_layer, "dead_layer", DEAD_WRONG),
        (checks.check_mend, "mend", MEND_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong, record=record, config=config, SUFFIX=projector.SUFFIX)


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


def test_figures_draw_what_they_are_given():
    rng = np.random.default_rng(0)
    series = events.Series("scalars", [0, 1, 2], [3.0, 2.0, 1.0])
    histogram = np.array([[-1.0, 0.0, 3.0], [0.0, 1.0, 5.0]])
    ridges = events.Series("histograms", [0, 1, 2, 3], [histogram] * 4)
    scopes = {"input": set(), "layer": {"input"}, "loss": {"input", "layer"}}
    paths = rng.random([5, 2, 3])
    grid = np.linspace(0, 1, 6)
    images = rng.integers(0, 256, [10, 28, 28, 1], np.uint8)
    for fig, axes in [
        (plots.curves({"Loss": {"a": series, "b": series}, "Accuracy": {"a": series}}), 2),
        (plots.scope_graphs({"then": scopes, "now": scopes}), 2),
        (plots.ridges({"Weights": ridges, "Biases": ridges}), 2),
        (plots.image_rows({"a": images, "b": images}), 20),
        (plots.digits_map(rng.random([40, 2]), np.arange(40) % 10, [0.2, 0.1]), 1),
        (plots.landscape(grid, grid, rng.random([6, 6]), paths, "Title"), 3),
        (plots.loss_curves({"a": series}, 0.5), 1),
    ]:
        assert len(fig.axes) == axes
        plt.close(fig)
    with pytest.raises(ValueError, match="in a circle"):
        plots.scope_graphs({"then": {"a": {"b"}, "b": {"a"}}, "now": scopes})
