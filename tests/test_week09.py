"""Week 9's helpers, exercises and command; photos are tried where they lie beside the repository."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

from week02_basics.taught import taught
from week03_regression.digits import offline_digits
from week06_cnn.models import small_cnn
from week06_cnn.training import accuracy, batches, logits, one_cycle, train
from week08_inception.download import Refused
from week09_transfer import (
    bodies,
    checks,
    classifier,
    drawings,
    drawn,
    flowers,
    gpu,
    photos,
    plots,
    report,
    study,
)
from week09_transfer.__main__ import main

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.exercises import assert_exercise

WEEK = "week09_transfer"
FLOWERS = Path(__file__).resolve().parents[2] / "shared" / "flower_photos"
WEIGHTS = flowers.archive.folder().parent / bodies.WEIGHTS

needs_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason="no MobileNet in Keras' cache")
needs_photos = pytest.mark.skipif(not FLOWERS.is_dir(), reason="no photos beside the repository")

FREEZE_WRONG = {
    "nothing is frozen": "lambda m, n: 7",
    "everything is frozen": "lambda m, n: setattr(m, 'trainable', False) or 7",
    "the wrong layers": "lambda m, n: [setattr(x, 'trainable', False) for x in m.layers[:n + 1]] and 7",
    "all parameters": "lambda m, n: freeze(m, n) and m.count_params()",
    "variables counted": "lambda m, n: freeze(m, n) and len(m.trainable_variables)",
}
GPUS_WRONG = {
    "in the order": "lambda v, n: sorted(which_gpus(v, n))",
    "behind the first": "lambda v, n: [int(k) for k in (v or '0,1,2').split(',') if k.isdigit() and int(k) < n]",
    "unset is not empty": "lambda v, n: which_gpus(v or '', n)",
    "stopped with ValueError": "lambda v, n: [int(k) for k in v.split(',')][:n] if v != '0,7,1' else [0]",
}
SHARES_WRONG = {
    "turn the row round": "lambda n, k, first: rate_shares(n, k, first)[::-1]",
    "are to be frozen": "lambda n, k, first: np.geomspace(first, 1, n)",
    "smallest share": "lambda n, k, first: np.where(np.arange(n) < k, 0, np.geomspace(first, 1, n))",
    "equal steps": "lambda n, k, first: np.r_[np.zeros(k), np.linspace(first, 1, n - k)]",
    "full rate, 1": "lambda n, k, first: np.r_[np.zeros(k), np.full(n - k, first)]",
    "the shape is": "lambda n, k, first: first",
    "single layer": "lambda n, k, first: np.r_[np.zeros(k), np.geomspace(first, 1, n - k)]",
}
STOPPING_WRONG = {
    "never saw": "lambda v, p: (int(np.argmin(v)), len(v) - 1)",
    "two numbers": "lambda v, p: early_stopping(v, p) + (0,)",
    "the epoch after which": "lambda v, p: (early_stopping(v, p)[0],) * 2",
    "not after 4": "lambda v, p: early_stopping(v, p - 1)",
    "not below the lowest": "lambda v, p: early_stopping([x - 1e-9 * k for k, x in enumerate(v)], p)",
}
FAULT_WRONG = {
    "cannot part them": "lambda f, t, v: 'overfitting' if f - v > 0.15 else fault(f, t, v)",
    "compare `fitted`": "lambda f, t, v: 'underfitting' if t < 0.7 else fault(f, t, v)",
    "(0.82, 1.0, 0.98)": "lambda f, t, v: 'batch norm' if abs(f - t) > 0.15 else fault(f, t, v)",
    "(0.5, 0.22, 0.2)": "lambda f, t, v: 'underfitting' if f < 0.7 else fault(f, t, v)",
}
REFRESH_WRONG = {
    "still 0": "lambda m, x: len([l for l in m.layers if 'Batch' in type(l).__name__])",
    "a tenth of the way": "lambda m, x: (m(x, training=True), 2)[1]",
    "are now": "lambda m, x: ([setattr(l, 'momentum', 0.0) for l in m.layers if hasattr(l, 'momentum')], m(x, training=True), 2)[2]",
    "a weight changed": "lambda m, x: (refresh(m, x), m.set_weights([w + 1 for w in m.get_weights()]))[0]",
    "not 1": "lambda m, x: refresh(m, x) - 1",
}
WAY_WRONG = {
    "are right": "lambda x, y: lambda new: np.zeros(len(new))",
    "return a function": "lambda x, y: y",
    "its label is asked": "lambda x, y: lambda new: np.eye(3)[my_way(x, y)(new)]",
}
SPLIT_WRONG = {
    "in both": "lambda g, share, seed: np.split(np.random.default_rng(seed).permutation(len(g)), [11])",
    "masks": "lambda g, share, seed: (g > 3, g <= 3)",
    "exactly one": "lambda g, share, seed: (np.arange(5), np.arange(5))",
    "same split": "lambda g, share, seed: split_groups(g, share, 0)",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_gpus, "which_gpus", GPUS_WRONG),
        (checks.check_freeze, "freeze", FREEZE_WRONG),
        (checks.check_shares, "rate_shares", SHARES_WRONG),
        (checks.check_stopping, "early_stopping", STOPPING_WRONG),
        (checks.check_fault, "fault", FAULT_WRONG),
        (checks.check_refresh, "refresh", REFRESH_WRONG),
        (checks.check_split, "split_groups", SPLIT_WRONG),
        (checks.check_way, "my_way", WAY_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    assert_exercise(WEEK, check, name, wrong)


# --- GPU --------------------------------------------------------------------------------------


def test_messages_are_those_of_this_tensorflow():
    """Each explained message stands in TensorFlow's shared libraries."""
    if sys.platform != "linux":
        pytest.skip("only the Linux build has CUDA's messages")
    left = {message.encode() for message in gpu.MESSAGES}
    for library in Path(tf.__file__).parent.glob("libtensorflow_*.so.2"):
        content = library.read_bytes()
        left = {message for message in left if message not in content}
    assert not left


def test_a_hidden_gpu_is_explained_from_the_real_log():
    """What TensorFlow logs here without a GPU is known to `explain`."""
    if gpu.facts().found:
        pytest.skip("this machine has a GPU")
    done = subprocess.run(
        [sys.executable, "-c", "import tensorflow as tf; tf.config.list_physical_devices('GPU')"],
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
    )
    assert gpu.explain(done.stderr), done.stderr[-500:]


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (gpu.Facts(found=2), "ready: TensorFlow sees 2 GPUs; without a strategy it uses the first"),
        (gpu.Facts(system="win32"), "WSL2"),
        (gpu.Facts(system="darwin"), "CPU only"),
        (gpu.Facts(driver=False, missing=("a",)), "no NVIDIA driver"),
        (gpu.Facts(hidden=True), "CUDA_VISIBLE_DEVICES"),
        (gpu.Facts(built_with_cuda=False), "without CUDA"),
        (gpu.Facts(missing=("nvidia-nccl-cu12",)), "and-cuda.*nvidia-nccl-cu12"),
        (gpu.Facts(), "read TensorFlow's log"),
    ],
)
def test_diagnosis_names_the_first_obstacle(facts, says):
    assert re.search(says, gpu.diagnose(facts))


@pytest.mark.parametrize(("value", "hidden"), [("", True), ("-1", True), ("0", False)])
def test_facts_see_a_hidden_gpu(monkeypatch, value, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert gpu.facts().hidden == hidden


# --- a rate for each layer --------------------------------------------------------------------


def task():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 64).astype(np.int32)
    images = rng.integers(0, 60, [64, 8, 8, 1])
    images[labels == 0, :, :4] += 150
    images[labels == 1, :, 4:] += 150
    return images.astype(np.uint8), labels


def test_layers_move_as_their_shares_say():
    """A share of 0 leaves a layer bit for bit, statistics included; a smaller share moves it less."""
    x, y = task()
    order, rates = batches(64, 16, 2, 0), one_cycle(0.003, 8)
    moved = {}
    for first in (0.0, 0.1, 1.0):
        model = small_cnn(2, (8, 8), filters=(4, 4), padding="same", seed=1)
        layers = [layer for layer in model.layers if layer.weights]
        before = [layer.get_weights() for layer in layers]
        learn = taught(WEEK).by_layer(model, [first, first, *[1] * (len(layers) - 2)])
        learn(x, y, order, rates)
        after = [layer.get_weights() for layer in layers]
        if first == 0:
            for old, new in zip(before[:2], after[:2], strict=True):
                for one, other in zip(old, new, strict=True):
                    np.testing.assert_array_equal(one, other)
        moved[first] = np.abs(after[0][0] - before[0][0]).max()
    assert moved[0.0] == 0 < moved[0.1] < 0.2 * moved[1.0]
    again = model.get_weights()
    model.set_weights([w for layer in before for w in layer])
    learn(x, y, order, rates)
    for one, other in zip(again, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # nothing is left over from the run before


def test_few_are_as_many_as_asked_for():
    week, y = taught(WEEK), np.arange(100) % 5
    chosen = week.few(y, 7, seed=1)
    assert np.bincount(y[chosen]).tolist() == [7] * 5 and len(set(chosen)) == 35
    order, rates = week.plan(7, 0, steps=9, batch=5)
    assert order.shape == (9, 5) and rates.shape == (9,)


# --- features ---------------------------------------------------------------------------------


def little_body(side=32) -> keras.Model:
    """A body for tests: mean colour of a 4 x 4 grid, and a fixed random layer."""
    inputs = keras.Input((side, side, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.AveragePooling2D(side // 4)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(24, "relu", kernel_initializer=keras.initializers.GlorotUniform(1))(x)
    return keras.Model(inputs, x)


def test_features_are_computed_once(tmp_path, monkeypatch):
    body, pixels = (
        little_body(),
        np.random.default_rng(0).integers(0, 256, [9, 32, 32, 3], np.uint8),
    )
    first = bodies.kept(body, pixels, tmp_path / "cache")
    np.testing.assert_allclose(first, logits(body, pixels), rtol=1e-6)
    monkeypatch.setattr(bodies, "logits", lambda *_, **__: pytest.fail("computed again"))
    np.testing.assert_array_equal(bodies.kept(body, pixels, tmp_path / "cache"), first)
    monkeypatch.undo()
    assert len(list((tmp_path / "cache").iterdir())) == 1
    bodies.kept(body, pixels[:5], tmp_path / "cache")
    body.set_weights([w + 1 for w in body.get_weights()])
    bodies.kept(body, pixels, tmp_path / "cache")
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 3  # other pixels, other weights: other files
    for file in files:
        file.write_bytes(b"broken")
    np.testing.assert_array_equal(
        bodies.kept(body, pixels, tmp_path / "cache"), logits(body, pixels)
    )


@needs_weights
def test_mobilenet_at_224_is_keras_own():
    """Our body gives the features of Keras' MobileNet, scaling included."""
    pixels = np.stack([np.asarray(drawn.picture("roses", k).resize((224, 224))) for k in range(2)])
    theirs = keras.applications.MobileNet(
        weights="imagenet", alpha=0.25, include_top=False, pooling="avg", input_shape=(224, 224, 3)
    )
    scaled = keras.applications.mobilenet.preprocess_input(pixels.astype(np.float32))
    ours = logits(bodies.mobilenet(224), pixels)
    np.testing.assert_allclose(ours, theirs(scaled, training=False), atol=1e-4)
    assert logits(bodies.mobilenet(96), pixels[:, ::2, ::2][:, :96, :96]).shape == (2, 256)


def test_without_mobilenet_the_own_body_answers(capsys):
    def fail(side):
        raise ConnectionError("no network")

    digits = small_cnn(5)
    body, source = bodies.choose(fail, digits, 48)
    assert source == "own" and body.output_shape == (None, 576)
    assert "our digits network (no MobileNet: no network)" in capsys.readouterr().out
    assert len(bodies.norms(body)) == 3
    body.set_weights([w + 1 for w in body.get_weights()])  # copies: the digits stay


def test_a_body_from_digits_takes_scaled_colour_and_saves(tmp_path):
    digits = small_cnn(5)
    body = bodies.from_digits(digits, 28)
    body.save(tmp_path / "body.keras")
    grey = np.random.default_rng(0).integers(0, 256, [3, 28, 28, 1]).astype(np.float32)
    colour = np.repeat(grey, 3, axis=3) / 127.5 - 1
    again = keras.saving.load_model(tmp_path / "body.keras")
    np.testing.assert_allclose(logits(again, colour), logits(body, colour), atol=1e-4)
    features = keras.Model(digits.inputs, digits.layers[-2].output)
    np.testing.assert_allclose(logits(body, colour), logits(features, grey), atol=1e-2)


# --- folders ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return drawn.draw_folder(tmp_path / "mine", 8, ["daisy", "roses"])


def test_a_good_folder_is_read(folder):
    (folder / ".hidden").mkdir()
    (folder / "daisy" / ".DS_Store").touch()
    seen = []
    read = photos.read_folder(folder, 40, progress=lambda *at: seen.append(at))
    assert read.classes == ["daisy", "roses"] and read.pixels.shape == (16, 40, 40, 3)
    assert np.bincount(read.labels).tolist() == [8, 8] and not read.notes
    assert seen == [(k, 16) for k in range(1, 17)]
    assert len(photos.read_folder(folder, 40, most=3).files) == 6


def spoil(folder: Path, fault: str) -> None:
    roses = folder / "roses"
    if fault == "empty":
        for file in roses.iterdir():
            file.unlink()
    elif fault == "one class":
        roses.rename(folder / ".roses")
    elif fault == "none":
        roses.rename(folder / ".roses")
        (folder / "daisy").rename(folder / ".daisy")
    elif fault == "damaged":
        (roses / "x.jpg").write_bytes((roses / "roses_000.jpg").read_bytes()[:700])
    elif fault == "no image":
        (roses / "y.png").write_text("hello")
    elif fault == "nothing":
        (roses / "z.png").touch()
    elif fault == "torn":
        (folder / "daisy" / "copy.jpg").write_bytes((roses / "roses_000.jpg").read_bytes())


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("empty", "class 'roses' is empty"),
        ("one class", "only the folder 'daisy'; at least two classes"),
        ("none", "holds no folder"),
        ("damaged", "roses/x.jpg: (the image is )?damaged"),
        ("no image", "roses/y.png: not an image"),
        ("nothing", "roses/z.png: the file is empty"),
        ("torn", "same photo in two classes: daisy/copy.jpg is also roses/roses_000.jpg"),
    ],
)
def test_a_bad_folder_is_refused_by_name(folder, fault, says, tmp_path, capsys):
    spoil(folder, fault)
    with pytest.raises(ValueError, match=says):
        photos.read_folder(folder, 32)
    little_body().save(tmp_path / "body.keras")
    out = tmp_path / "model.keras"
    assert main([str(folder), "--out", str(out), "--body", str(tmp_path / "body.keras")]) == 1
    assert re.search(says, capsys.readouterr().err) and not out.exists()
    assert not out.with_suffix(".html").exists()


def test_unreadable_files_can_be_skipped(folder):
    spoil(folder, "damaged")
    read = photos.read_folder(folder, 32, skip=True)
    assert len(read.files) == 16 and "roses/x.jpg" in read.notes[0]


def test_copies_are_read_once(folder):
    """The same bytes, and a smaller copy saved again."""
    first = folder / "roses" / "roses_000.jpg"
    (folder / "roses" / "same.jpg").write_bytes(first.read_bytes())
    with Image.open(first) as image:
        image.resize((130, 130)).save(folder / "roses" / "smaller.png")
    read = photos.read_folder(folder, 96)
    assert len(read.files) == 16 and len(read.notes) == 2
    assert all("roses/roses_000.jpg" in note for note in read.notes)


def test_what_is_not_read_is_counted_by_ending(folder):
    for name in ("a.heic", "b.HEIC", "c.tiff", "README"):
        (folder / "roses" / name).touch()
    (folder / "daisy" / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    if ".heic" in photos.endings():
        pytest.skip("pillow-heif is installed: .heic is read")
    (note,) = photos.read_folder(folder, 32).notes
    for part in ("2 .heic", "1 .tiff", "1 without an ending", "1 broken link", "pillow-heif"):
        assert part in note


def test_heic_is_read_where_the_package_is(folder, monkeypatch):
    """A stand-in for the package: Pillow tells formats by content, so a PNG called .heic is read."""
    module = type(sys)("pillow_heif")
    module.register_heif_opener = lambda: None
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    drawn.picture("roses", 99).save(folder / "roses" / "phone.heic", format="PNG")
    read = photos.read_folder(folder, 32)
    assert len(read.files) == 17 and not read.notes


def test_noise_and_line_drawings_are_no_copies():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, [6, 224, 224, 3], np.uint8)
    lines = np.full([3, 224, 224, 3], 255, np.uint8)
    y, x = np.mgrid[:224, :224] - 112
    lines[0][(abs(y) < 12) & (abs(x) < 12)] = 0
    lines[1][np.hypot(y, x) < 13] = 0
    lines[2][(abs(y) < 12) & (abs(x) < 12) & (abs(y) + abs(x) < 15)] = 0
    assert not photos.twins(noise) and not photos.twins(lines)
    assert photos.twins(noise[[0, 1, 0]]) == [(0, 2)]
    assert photos.twins(lines[:2], lines[1:]) == [(1, 0)]


def test_a_copy_in_two_classes_can_be_kept(folder):
    spoil(folder, "torn")
    assert len(photos.read_folder(folder, 32, keep_copies=True).files) == 17


def test_a_photo_in_training_and_test_is_refused(folder, tmp_path):
    other = drawn.draw_folder(tmp_path / "test", 3, ["daisy", "roses"])
    train_with, test = photos.read_folder(folder, 32), photos.read_folder(other, 32)
    with pytest.raises(ValueError, match=r"daisy/daisy_000.jpg is also daisy/daisy_000.jpg"):
        photos.apart(train_with, test)
    with pytest.raises(ValueError, match="only in one of the two folders: 'tulips'"):
        photos.apart(train_with, test._replace(classes=["daisy", "roses", "tulips"]))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_split_divides_each_class(share):
    labels = np.repeat([0, 1, 2], [2, 9, 40])
    for_training, for_test = photos.split(labels, share)
    assert sorted([*for_training, *for_test]) == list(range(51))
    for part in (for_training, for_test):
        assert set(labels[part]) == {0, 1, 2}
    with pytest.raises(ValueError, match="class 1 has 1 picture"):
        photos.split(np.array([0, 0, 1]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        photos.split(labels, 1.0)


@needs_photos
def test_no_two_flower_photos_are_taken_for_copies():
    read = photos.read_folder(FLOWERS, 64, most=40)
    assert len(read.files) == 200 and not read.notes


# --- the command ------------------------------------------------------------------------------


def test_the_command_trains_saves_reports_and_is_used_again(folder, tmp_path, capsys):
    """In a fresh process the saved file names flowers that it has not seen."""
    drawn.draw_folder(folder, 30, ["daisy", "roses"])
    little_body(64).save(tmp_path / "body.keras")
    out = tmp_path / "model.keras"
    assert main([str(folder), "--out", str(out), "--body", str(tmp_path / "body.keras")]) == 0
    said = capsys.readouterr().out
    assert "reading: 60 of 60" in said and "saved model.keras, report in model.html" in said
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and 'src="http' not in page
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "body.keras",
        "mine",
        "model.html",
        "model.keras",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "week09_transfer", str(folder / "daisy"), "--use", str(out)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 30
    assert all(re.fullmatch(r"daisy_\d+\.jpg: (daisy|roses) \(\d+%\)", line) for line in lines)
    assert classifier.names(classifier.load(out)) == ["daisy", "roses"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a folder of photos"),
        (["nowhere", "--out", "x/y.keras"], "folder that is there"),
        (["nowhere", "--out", "model.h5"], "ending with .keras"),
        (["nowhere", "--use", "no.keras"], "no.keras is not there"),
    ],
)
def test_the_command_refuses_with_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_fine_tuning_leaves_statistics_alone_and_keeps_the_best(folder, tmp_path, capsys):
    keras.utils.set_random_seed(0)
    body = little_body(32)
    normed = keras.Model(body.inputs, keras.layers.BatchNormalization()(body.output))
    normed.save(tmp_path / "body.keras")
    arguments = [
        str(folder),
        "--out",
        str(tmp_path / "m.keras"),
        "--body",
        str(tmp_path / "body.keras"),
    ]
    assert main([*arguments, "--fine-tune"]) == 0
    assert re.search("the weights after epoch \\d+ are kept", capsys.readouterr().out)
    tuned = bodies.norms(classifier.load(tmp_path / "m.keras"))
    assert not tuned[0].moving_mean.numpy().any()  # as in the file
    read = photos.read_folder(folder, 32)
    head = classifier.fit_head(logits(normed, read.pixels), read.labels, 2)
    model, best = classifier.fine_tune(normed, head, read.pixels, read.labels, rate=1000.0)
    assert best == 0  # at such a rate the start was better
    np.testing.assert_array_equal(
        model.layers[-1].get_weights()[0], head.layers[-1].get_weights()[0]
    )


def test_a_strange_model_is_no_classifier(tmp_path):
    little_body().save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match=r"other\.keras is no classifier"):
        classifier.load(tmp_path / "other.keras")


# --- report and figures -----------------------------------------------------------------------


def test_the_report_counts_escapes_and_shows_the_worst():
    pixels = np.zeros([4, 8, 8, 3], np.uint8)
    files = [Path(f"{k}<b>.jpg") for k in range(4)]
    test = photos.Photos(files, pixels, np.array([0, 0, 1, 1], np.int32), ["a<script>", "猫"])
    probability = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    assert report.worst(test.labels, probability) == [1, 2]
    page = report.page(test, probability, ["left out: <i>"])
    assert "50.0% of 4 test pictures" in page and "猫" in page and "80% sure" in page
    assert "<script>" not in page and "<b>.jpg" not in page and "&lt;i&gt;" in page
    assert page.count("<figure>") == 2
    assert "None." in report.page(test, np.eye(2)[test.labels])


def test_figures_draw_what_they_are_given():
    scores = {"a": np.array([[0.1, 0.2], [0.3, 0.4]]), "b": np.array([[0.2, 0.3], [0.5, 0.6]])}
    for fig in (
        plots.learning_curves([10, 50], scores, "right"),
        plots.moves(["x", "y"], {"equal": np.array([1.0, 2]), "none": np.zeros(2)}),
        plots.losses({"loss": [2.0, 1], "val_loss": [2.0, 1.5]}, 1),
        plots.lag(np.arange(5), np.arange(5) / 5, 3),
        plots.confusion(np.eye(2, dtype=int), ["a", "b"]),
        plots.grid([[np.zeros([4, 4, 3])] * 2] * 2, ["a", "b"]),
        drawings.gpu_chain(),
        drawings.three_ways(),
        drawings.batch_norm(),
    ):
        assert fig.axes
        plt.close(fig)


def test_drawn_flowers_repeat_and_differ():
    for kind in drawn.KINDS:
        first = np.asarray(drawn.picture(kind, 0))
        np.testing.assert_array_equal(first, np.asarray(drawn.picture(kind, 0)))
        assert np.abs(first.astype(int) - np.asarray(drawn.picture(kind, 1))).mean() > 10


# --- the flowers ------------------------------------------------------------------------------


def test_without_photos_flowers_are_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(flowers, "folder", lambda: tmp_path / "none")
    found = flowers.load_flowers(32, per_class=4)
    assert found.source == "drawn" and found.photos.pixels.shape == (20, 32, 32, 3)
    assert "drawn by code (no photos" in capsys.readouterr().out


def packed(members: dict[str, bytes], link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name == link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def served(monkeypatch, tmp_path, content: bytes):
    """Let the download bring these bytes, and return their facts."""
    import hashlib

    monkeypatch.setattr(flowers, "folder", lambda: tmp_path / "datasets" / "flower_photos")
    (tmp_path / "datasets").mkdir()

    def fetch(url, target, **_):
        Path(target).write_bytes(content)

    monkeypatch.setattr(flowers.download, "fetch", fetch)
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_the_archive_is_checked_and_unpacked(monkeypatch, tmp_path):
    members = {f"flower_photos/{c}/1.jpg": c.encode() for c in flowers.CLASSES}
    facts = served(monkeypatch, tmp_path, packed(members))
    target = flowers.install(**facts)
    assert (target / "roses" / "1.jpg").read_bytes() == b"roses"
    assert [p.name for p in target.parent.iterdir()] == ["flower_photos"]
    monkeypatch.setattr(flowers.download, "fetch", lambda *_, **__: pytest.fail("fetched again"))
    assert flowers.install(**facts) == target


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("members", "link", "says"),
    [
        ({"flower_photos/../../x": b"1"}, "", "outside its folder"),
        ({"/flower_photos/x": b"1"}, "", "outside its folder"),
        ({"flower_photos/l": b""}, "flower_photos/l", "link or a device"),
    ],
)
def test_a_hostile_archive_is_refused(monkeypatch, tmp_path, members, link, says):
    facts = served(monkeypatch, tmp_path, packed(members, link))
    with pytest.raises(Refused, match=says):
        flowers.install(**facts)
    assert not (tmp_path / "datasets" / "flower_photos").exists()


@pytest.mark.hostile
def test_another_archive_is_refused(monkeypatch, tmp_path):
    facts = served(monkeypatch, tmp_path, b"something else")
    with pytest.raises(Refused, match="SHA-256"):
        flowers.install(**facts | {"sha256": "0" * 64})


@needs_weights
@needs_photos
def test_160_photos_a_frozen_body_beats_training_from_scratch_by_far():
    """Three draws of 160 training photos; the others of the 400 are the test."""
    read = photos.read_folder(FLOWERS, 224)
    features = logits(bodies.mobilenet(224), read.pixels, batch=64)
    small = read.pixels[:, ::4, ::4]  # for the network from scratch, which is slow on large ones
    gains, frozen = [], []
    for seed in range(3):
        chosen = taught(WEEK).few(read.labels, 32, seed)
        test = np.setdiff1d(np.arange(len(read.labels)), chosen)
        head = classifier.fit_head(features[chosen], read.labels[chosen], 5, steps=200, seed=seed)
        frozen.append(accuracy(head, features[test], read.labels[test]))
        model = small_cnn(5, (56, 56), 3, seed=seed)
        train(model, small[chosen], read.labels[chosen], peak=0.003, epochs=12, batch=32, seed=seed)
        gains.append(frozen[-1] - accuracy(model, small[test], read.labels[test], batch=80))
    print("frozen", np.round(frozen, 3), "ahead by", np.round(gains, 3))
    assert np.mean(frozen) > 0.65 and np.mean(gains) > 0.18 and min(gains) > 0.1


@needs_weights
@needs_photos
def test_photos_fine_tuned_are_not_worse_than_the_frozen_head():
    """What `--fine-tune` does, on two splits of the photos at 96 pixels."""
    read = photos.read_folder(FLOWERS, 96)
    gains = []
    for seed in range(2):
        for_training, for_test = photos.split(read.labels, seed=seed)
        training, test = read.only(for_training), read.only(for_test)
        body = bodies.mobilenet(96)
        head = classifier.fit_head(logits(body, training.pixels, 64), training.labels, 5)
        frozen = accuracy(head, logits(body, test.pixels, 64), test.labels)
        model, best = classifier.fine_tune(body, head, training.pixels, training.labels, epochs=4)
        gains.append(accuracy(model, test.pixels, test.labels, batch=64) - frozen)
        print(f"frozen {frozen:.2f}, fine-tuned {gains[-1]:+.2f}, epoch {best}")
    assert np.mean(gains) > -0.05  # one split of 100 photos varies by about that


def test_the_studies_hold_what_they_promise():
    """Each table has its rows, three draws of each, and the parts of a split are disjoint."""
    for name in study.STUDIES:
        rows = study.load(name)
        assert {row["seed"] for row in rows} == {0, 1, 2}
    labels = np.repeat(np.arange(5), 80)
    parts = study.divided(labels, 1)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(400))
    assert np.bincount(labels[parts["train"][:160]]).tolist() == [32] * 5
    order = study.ordered(25, 30, 0)
    assert order.shape == (30, 32) and np.bincount(order.ravel()).min() >= 38


def test_a_body_that_knows_other_digits_helps_with_new_ones():
    """On the scans, features from 0-4 tell 5-9 apart far better than chance."""
    digits = offline_digits()
    low = digits.y_train[:12000] < 5
    model = small_cnn(5)
    train(model, digits.x_train[:12000][low], digits.y_train[:12000][low], peak=0.01)
    body = keras.Model(model.inputs, model.layers[-2].output)
    high = digits.y_train[:4000] >= 5
    x, y = digits.x_train[:4000][high], digits.y_train[:4000][high].astype(np.int32) - 5
    chosen = taught(WEEK).few(y, 20, 0)
    head = classifier.fit_head(logits(body, x[chosen]), y[chosen], 5)
    test = digits.y_test >= 5
    assert accuracy(head, logits(body, digits.x_test[test]), digits.y_test[test] - 5) > 0.7
