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
from week09_transfer import bodies, checks, classifier, drawn, flowers, gpu, photos, plots, report
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
SHARES_WRONG = {
    "turn the row round": "lambda n, first: np.geomspace(1, first, n)",
    "equal steps": "lambda n, first: np.linspace(first, 1, n)",
    "full rate, 1": "lambda n, first: np.full(n, first)",
    "the shape is": "lambda n, first: first",
    "single layer": "lambda n, first: np.geomspace(first, 1, n)",
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
        (checks.check_freeze, "freeze", FREEZE_WRONG),
        (checks.check_shares, "rate_shares", SHARES_WRONG),
        (checks.check_split, "split_groups", SPLIT_WRONG),
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
        (gpu.Facts(found=2), "ready: TensorFlow uses 2 GPUs"),
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


def test_products_of_all_devices_agree():
    values = [run() for run in gpu.products(64).values()]
    np.testing.assert_allclose(values, values[0], rtol=1e-4)


# --- a rate for each layer --------------------------------------------------------------------


def task():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 64).astype(np.int32)
    images = rng.integers(0, 60, [64, 8, 8, 1])
    images[labels == 0, :, :4] += 150
    images[labels == 1, :, 4:] += 150
    return images.astype(np.uint8), labels


def test_layers_move_as_their_shares_say():
    """A share of 0 leaves a layer bit for bit as it was; a smaller share moves it less."""
    x, y = task()
    model = small_cnn(2, (8, 8), filters=(4, 4), padding="same")
    start = model.get_weights()
    learn, layers = taught(WEEK).by_layer(model)
    order, rates = batches(64, 16, 2, 0), one_cycle(0.003, 8)
    moved = {}
    for first in (0.0, 0.1, 1.0):
        model.set_weights(start)
        before = layers[0].trainable_variables[0].numpy()
        learn(x, y, order, rates, [first, *[1] * (len(layers) - 1)])
        moved[first] = np.abs(layers[0].trainable_variables[0].numpy() - before).max()
    assert moved[0.0] == 0 < moved[0.1] < 0.2 * moved[1.0]
    again = model.get_weights()
    model.set_weights(start)
    learn(x, y, order, rates, np.ones(len(layers)))
    for one, other in zip(again, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # nothing is left over from the run before


def test_few_are_as_many_as_asked_for():
    week, y = taught(WEEK), np.arange(100) % 5
    x, labels = week.few(np.arange(100), y, 7, seed=1)
    assert np.bincount(labels).tolist() == [7] * 5 and len(set(x)) == 35
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


def test_without_mobilenet_the_own_body_answers(monkeypatch, capsys):
    def fail(side):
        raise ConnectionError("no network")

    monkeypatch.setattr(bodies, "mobilenet", fail)
    body = bodies.choose(little_body, 32)
    assert body.source == "own" and body.pick(mobilenet=1, own=2) == 2
    assert "our digits network (no MobileNet: no network)" in capsys.readouterr().out


def test_a_body_from_digits_takes_colour_and_saves(tmp_path):
    body = bodies.from_digits(small_cnn(5), 48)
    body.save(tmp_path / "body.keras")
    pixels = np.random.default_rng(0).integers(0, 256, [3, 48, 48, 3], np.uint8)
    again = keras.saving.load_model(tmp_path / "body.keras")
    np.testing.assert_allclose(logits(again, pixels), logits(body, pixels), atol=1e-4)


# --- folders ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return drawn.draw_folder(tmp_path / "mine", 8, ["daisy", "roses"])


def test_a_good_folder_is_read(folder):
    (folder / ".hidden").mkdir()
    (folder / "daisy" / "notes.txt").write_text("no image")
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
        image.resize((100, 100)).save(folder / "roses" / "smaller.png")
    read = photos.read_folder(folder, 64)
    assert len(read.files) == 16 and len(read.notes) == 2
    assert all("roses/roses_000.jpg" in note for note in read.notes)


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


def test_fine_tuning_changes_the_body_and_its_early_layers_least(folder, tmp_path):
    keras.utils.set_random_seed(0)
    body = bodies.from_digits(small_cnn(5), 32)
    body.save(tmp_path / "body.keras")
    out = tmp_path / "m.keras"
    assert (
        main(
            [str(folder), "--out", str(out), "--body", str(tmp_path / "body.keras"), "--fine-tune"]
        )
        == 0
    )
    trained = classifier.load(out).trainable_variables
    before = body.trainable_variables
    assert max(np.abs(a - b).max() for a, b in zip(before, trained, strict=False)) > 1e-6


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
        plots.learning_curves([10, 50], scores),
        plots.moves(["x", "y"], np.array([1.0, 2]), np.array([0.1, 2])),
        plots.ranges({"a": [0.2, 0.3], "b": [0.5]}, 0.2, "Title"),
    ):
        assert len(fig.axes) == 1 and fig.axes[0].has_data()
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
        chosen, _ = taught(WEEK).few(np.arange(len(read.labels)), read.labels, 32, seed)
        test = np.setdiff1d(np.arange(len(read.labels)), chosen)
        head = classifier.fit_head(features[chosen], read.labels[chosen], 5, steps=200, seed=seed)
        frozen.append(accuracy(head, features[test], read.labels[test]))
        model = small_cnn(5, (56, 56), 3, seed=seed)
        train(model, small[chosen], read.labels[chosen], peak=0.003, epochs=12, batch=32, seed=seed)
        gains.append(frozen[-1] - accuracy(model, small[test], read.labels[test], batch=80))
    print("frozen", np.round(frozen, 3), "ahead by", np.round(gains, 3))
    assert np.mean(frozen) > 0.65 and np.mean(gains) > 0.18 and min(gains) > 0.1


def test_a_body_that_knows_other_digits_helps_with_new_ones():
    """On the scans, features from 0-4 tell 5-9 apart far better than chance."""
    digits = offline_digits()
    low = digits.y_train[:12000] < 5
    model = small_cnn(5)
    train(model, digits.x_train[:12000][low], digits.y_train[:12000][low], peak=0.01)
    body = keras.Model(model.inputs, model.layers[-2].output)
    high = digits.y_train[:4000] >= 5
    x, y = taught(WEEK).few(digits.x_train[:4000][high], digits.y_train[:4000][high] - 5, 20, 0)
    head = classifier.fit_head(logits(body, x), y.astype(np.int32), 5)
    test = digits.y_test >= 5
    assert accuracy(head, logits(body, digits.x_test[test]), digits.y_test[test] - 5) > 0.7
