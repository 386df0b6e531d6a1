"""Week 8's saving, frozen graphs, recognisers, pictures and exercises."""

import gzip
import io
import json
import os
import re
import signal
import tarfile
from pathlib import Path

from week02_basics.taught import taught
from week06_cnn.models import small_cnn
from week08_inception import (
    archive,
    checks,
    download,
    drawings,
    fresh,
    frozen,
    images,
    kinds,
    labels,
    naughty,
    panda,
    pictures,
    plots,
    recogniser,
    saving,
    standin,
    study,
)

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.exercises import assert_exercise, solution, stub

WEEK = "week08_inception"
ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("COURSE_SHARED", ROOT.parent / "shared"))
MOBILENET = archive.folder().parent / recogniser.WEIGHTS

genuine = pytest.mark.skipif(not (SHARED / "inception").is_dir(), reason="no ../shared/inception")
weights = pytest.mark.skipif(not MOBILENET.is_file(), reason="MobileNet is not in Keras' cache")


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


def tiny(side: int = 8, classes: int = 3, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([side, side, 1]),
            layers.Conv2D(4, 3, name=f"convolution_{seed}"),
            layers.Flatten(),
            layers.Dense(classes, name=f"classifier_{seed}"),
        ]
    )


def jpeg(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def values(model: keras.Model) -> list[np.ndarray]:
    return [value.copy() for value in model.get_weights()]


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# --- saving -------------------------------------------------------------------------------------


def test_parts_have_the_same_names_for_every_model_of_an_architecture():
    first, second = saving.parts(small_cnn()), saving.parts(small_cnn())
    assert list(first) == list(second)
    assert {"conv2d", "conv2d_2", "batch_normalization_1", "dense"} <= set(first)
    assert "flatten" not in first


def test_restore_fills_a_model_or_leaves_it_alone(tmp_path):
    source, model = tiny(seed=1), tiny(seed=2)
    prefix = tf.train.Checkpoint(**saving.parts(source)).save(str(tmp_path / "c"))
    into = tf.train.Checkpoint(**saving.parts(model))
    saving.restore(into, prefix)
    assert same(values(model), values(source))

    for suffix, keep in [
        (".index", 0.5),
        (".index", 0),
        *((saving.SUFFIXES[1], k) for k in (0, 0.6, 0.99)),
    ]:
        file = Path(prefix + suffix)
        whole, before = file.read_bytes(), values(model)
        file.write_bytes(whole[: int(keep * len(whole))])
        with pytest.raises(ValueError, match=rf"c-1{suffix}.* damaged or broken off"):
            saving.restore(into, prefix)
        assert same(values(model), before) and file.stat().st_size == int(keep * len(whole))
        file.write_bytes(whole)
    saving.restore(into, prefix)


@pytest.mark.hostile
@pytest.mark.parametrize("which", saving.SUFFIXES)
def test_a_missing_file_of_a_checkpoint_is_named(tmp_path, which):
    into = tf.train.Checkpoint(v=tf.Variable(1.0))
    prefix = into.save(str(tmp_path / "c"))
    Path(prefix + which).unlink()
    with pytest.raises(FileNotFoundError, match=rf"c-1{which} is not there"):
        saving.restore(into, prefix)


def test_shapes_and_names_that_do_not_match_are_named(tmp_path):
    source = tiny(seed=1)
    prefix = tf.train.Checkpoint(**saving.parts(source)).save(str(tmp_path / "c"))
    wider = tiny(classes=5)
    before = values(wider)
    with pytest.raises(
        ValueError, match=r"c-1 .*dense/kernel has shape \(144, 3\) in the file, \(144, 5\)"
    ):
        saving.restore(tf.train.Checkpoint(**saving.parts(wider)), prefix)
    assert same(values(wider), before)
    layers = saving.parts(tiny())
    layers["head"] = layers.pop("dense")
    with pytest.raises(
        ValueError, match=r"head/kernel .* not in the file; renamed from dense/kernel\?"
    ):
        saving.restore(tf.train.Checkpoint(**layers), prefix)
    layers.pop("head")
    with pytest.raises(ValueError, match=r"dense/bias \(3,\) is in the file, not in the model"):
        saving.restore(tf.train.Checkpoint(**layers), prefix)
    saving.restore(tf.train.Checkpoint(**layers), prefix, partial=True)


@pytest.mark.hostile
def test_weight_files_are_checked_before_they_are_loaded(tmp_path):
    source, model = tiny(seed=1), tiny(seed=2)
    file = tmp_path / "m.weights.h5"
    source.save_weights(file)
    saving.load_weights(model, file)
    assert same(values(model), values(source))
    wider = tiny(classes=5)
    before = values(wider)
    with pytest.raises(
        ValueError, match=r"m\.weights\.h5 does not fit: layers/dense/vars/0 has shape"
    ):
        saving.load_weights(wider, file)
    assert same(values(wider), before)
    whole = file.read_bytes()
    for keep in (0, 10, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:keep])
        with pytest.raises(ValueError, match=r"m\.weights\.h5 is damaged or broken off"):
            saving.load_weights(wider, file)
    assert same(values(wider), before)
    with pytest.raises(
        FileNotFoundError, match=r"other\.weights\.h5 is not there; in .*m\.weights\.h5"
    ):
        saving.load_weights(wider, tmp_path / "other.weights.h5")


@pytest.mark.hostile
def test_keras_files_are_checked_and_their_code_refused(tmp_path):
    model, file = tiny(), tmp_path / "m.keras"
    model.save(file)
    assert same(values(saving.load_model(file)), values(model))
    whole = file.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 255
    for content in (whole[:-50], whole[: len(whole) // 2], b"", bytes(damaged)):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"m\.keras is damaged or broken off"):
            saving.load_model(file)
    with pytest.raises(FileNotFoundError, match=r"gone\.keras is not there"):
        saving.load_model(tmp_path / "gone.keras")
    evil = keras.Sequential([keras.Input([1]), keras.layers.Lambda(lambda x: x)])
    evil.save(file)
    with pytest.raises(ValueError, match=r"m\.keras holds a Lambda layer.* refused"):
        saving.load_model(file)


def test_a_layer_of_ones_own_that_is_not_imported_is_named_with_keras_remedy(tmp_path):
    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    file = tmp_path / "own.keras"
    keras.Sequential([keras.Input([4]), Own()]).save(file)
    with pytest.raises(
        ValueError, match=r"^own\.keras: Could not locate class 'Own'.*register_keras"
    ):
        saving.load_model(file)


def test_trained_graphs_do_not_get_into_weight_files(tmp_path):
    """What week 6 keeps with a model is not saved with it."""
    from week06_cnn.training import train

    model = tiny()
    train(model, noise(32, 8, 8), np.arange(32) % 3, peak=0.01, batch=16)
    model.save_weights(tmp_path / "m.weights.h5")
    assert all(name.startswith("layers/") for name in saving.datasets(tmp_path / "m.weights.h5"))


def test_atomic_saving_leaves_the_old_file_or_the_new_one(tmp_path, week):
    file = tmp_path / "m.bin"
    file.write_bytes(b"old")

    def fails(path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        week.save_atomically(fails, file)
    assert file.read_bytes() == b"old" and list(tmp_path.iterdir()) == [file]
    week.save_atomically(lambda path: path.write_bytes(b"new"), file)
    assert file.read_bytes() == b"new" and list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_kill_leaves_the_old_file_and_a_draft_that_is_swept_later(tmp_path, week):
    file = tmp_path / "m.bin"
    file.write_bytes(b"old")

    def dies(draft):
        draft.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)

    def go():
        save_atomically(dies, Path("m.bin"))  # noqa: F821  (goes along as text)

    assert fresh.alone(tmp_path, go, week.save_atomically, dies) == "killed by signal 9"
    (draft,) = set(tmp_path.iterdir()) - {file}
    assert file.read_bytes() == b"old" and draft.name.endswith("-m.bin")
    os.utime(draft, (0, 0))
    saving.atomically(lambda path: path.write_bytes(b"new"), file)
    assert file.read_bytes() == b"new" and list(tmp_path.iterdir()) == [file]


def test_atomic_saving_syncs_before_it_renames(tmp_path, week, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda fd: done.append("fsync"))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b)))
    week.save_atomically(lambda path: path.write_bytes(b"x"), tmp_path / "m.bin")
    assert done == ["fsync", "replace"]
    done.clear()
    saving.atomically(lambda path: path.write_bytes(b"y"), tmp_path / "m.bin")
    assert done[:2] == ["fsync", "replace"] and len(done) == (3 if os.name == "posix" else 2)


# --- what a file is -----------------------------------------------------------------------------


@pytest.fixture
def zoo(tmp_path) -> Path:
    """A folder with a model in many forms, some under a wrong name."""
    model = tiny()
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    model.export(tmp_path / "exported", verbose=False)
    (tmp_path / "packed.keras").write_bytes(gzip.compress((tmp_path / "m.keras").read_bytes()))
    (tmp_path / "h5.keras").write_bytes((tmp_path / "m.weights.h5").read_bytes())
    (tmp_path / "zip.weights.h5").write_bytes((tmp_path / "m.keras").read_bytes())
    (tmp_path / "page.keras").write_bytes(b"<html>please log in</html>")
    (tmp_path / "rest.keras").write_bytes(bytes(100))
    tf.train.Checkpoint(v=tf.Variable([1.0, 2.0])).write(str(tmp_path / "c"))
    with tf.Graph().as_default(), tf.compat.v1.Session() as sess:
        tf.Variable([1.0, 2.0], name="v")
        sess.run(tf.compat.v1.global_variables_initializer())
        saver, v1 = tf.compat.v1.train.Saver, tf.compat.v1.train.SaverDef.V1
        saver(write_version=v1).save(sess, str(tmp_path / "v1"), write_meta_graph=False)
        saver(sharded=True).save(sess, str(tmp_path / "s"), write_meta_graph=False)
    return tmp_path


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("packed.keras", "a GZIP file"),
        ("h5.keras", "an HDF5 file"),
        ("page.keras", "a page of the web"),
        ("exported", "a folder with a SavedModel"),
        ("v1", "a checkpoint of TensorFlow's version 1"),
        ("c", "the prefix of a checkpoint"),
    ],
)
def test_readers_name_what_they_see(zoo, name, words):
    for read in (saving.load_model, lambda file: saving.load_weights(tiny(), file)):
        if name == "h5.keras" and read is not saving.load_model:
            continue
        with pytest.raises(ValueError, match=rf"{name} .*it is {words}") as caught:
            read(zoo / name)
        assert "damaged" not in str(caught.value) and "not there" not in str(caught.value)


@pytest.mark.hostile
def test_readers_of_checkpoints_and_graphs_name_what_they_see(zoo):
    for name, words in [
        ("m.keras", "m.keras is no checkpoint; it is a ZIP file"),
        ("m.weights.h5", "is no checkpoint; it is an HDF5 file"),
        ("exported", "exported is a folder with a SavedModel; checkpoints in it: none"),
        ("rest.keras", "damaged, or of a kind"),
    ]:
        with pytest.raises(ValueError, match=words):
            saving.stored(zoo / name)
    with pytest.raises(ValueError, match="is a folder; checkpoints in it: c, s"):
        saving.stored(zoo)
    (zoo / "c.index").write_bytes(gzip.compress((zoo / "c.index").read_bytes()))
    with pytest.raises(ValueError, match=r"c.index is no index of a checkpoint; it is a GZIP file"):
        saving.stored(zoo / "c")
    with pytest.raises(ValueError, match="not a GraphDef; it is an HDF5 file"):
        frozen.read_graph(zoo / "m.weights.h5")
    with pytest.raises(ValueError, match="not a GraphDef; it is a folder with a SavedModel"):
        frozen.read_graph(zoo / "exported")
    with pytest.raises(ValueError, match="not an image; it is an HDF5"):
        images.jpeg_bytes(zoo / "m.weights.h5")
    (zoo / labels.WORDS).write_bytes(gzip.compress(b"n00000005\tx\n"))
    with pytest.raises(ValueError, match=r"not a text file .*; it is a GZIP file"):
        labels.read_words(zoo / labels.WORDS)


def test_sharded_and_old_checkpoints_are_read(zoo):
    assert saving.stored(zoo / "s") == saving.stored(zoo / "v1") == {"v": (2,)}
    for count, shard in enumerate(sorted(zoo.glob("s.data*"))):
        shard.rename(zoo / f"s.data-{count:05}-of-00002")
    with pytest.raises(FileNotFoundError, match=r"s.data-00001-of-00002 is not there"):
        saving.stored(zoo / "s")
    (zoo / "v1").write_bytes((zoo / "v1").read_bytes()[:-20])
    with pytest.raises(ValueError, match="v1 is no checkpoint; damaged"):
        saving.stored(zoo / "v1")


def test_kinds_are_told_by_their_first_bytes(tmp_path):
    for begins, words in kinds.MAGIC.items():
        (tmp_path / "file").write_bytes(begins + bytes(8))
        assert kinds.kind(tmp_path / "file") == words
    assert kinds.kind(tmp_path / "gone") == ""
    (tmp_path / "file").write_bytes(b"")
    assert kinds.kind(tmp_path / "file") == "an empty file"


def test_weights_fit_whether_or_not_the_file_has_an_optimizer(tmp_path):
    source, plain = tiny(seed=1), tiny(seed=2)
    source.compile("adam", "mse")
    source.optimizer.build(source.trainable_variables)
    source.save_weights(tmp_path / "m.weights.h5")
    saving.load_weights(plain, tmp_path / "m.weights.h5")
    assert same(values(plain), values(source))
    tiny(seed=3).save_weights(tmp_path / "n.weights.h5")
    saving.load_weights(source, tmp_path / "n.weights.h5")
    assert same(values(source), values(tiny(seed=3)))


# --- the second process ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    process = fresh.Elsewhere(tmp_path_factory.mktemp("elsewhere"), x=np.arange(3.0))
    yield process
    process.end()


def test_functions_run_elsewhere_and_what_they_return_comes_back(elsewhere, capsys):
    def doubled():
        return 2 * x  # noqa: F821

    with pytest.raises(RuntimeError, match="NameError: name 'doubled'"):
        elsewhere(_going)
    answer = elsewhere.given(doubled)(_going)
    np.testing.assert_array_equal(answer["a"], [0.0, 2.0, 4.0])
    assert answer["b"][0] is True and answer["b"][1] == 1 and answer["b"][1].dtype == np.int64
    assert "seen there" in capsys.readouterr().out


def _going():
    print("seen there")
    return {"a": doubled(), "b": [True, tf.constant(1, tf.int64)]}  # noqa: F821


def _raises():
    raise ValueError("no")


def _dies():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_errors_come_back_and_a_killed_process_is_said_and_followed_by_another(elsewhere):
    with pytest.raises(RuntimeError, match="ValueError: no"):
        elsewhere(_raises)
    assert elsewhere(_dies) == "killed by signal 9"
    with pytest.raises(RuntimeError, match="ValueError: no"):
        elsewhere(_raises)


# --- the cores that the lesson shows, beside the hardened helpers ----------------------------------


def test_the_lessons_download_gives_what_fetch_gives(tmp_path, week):
    body = np.random.default_rng(1).bytes(300_000)
    blob = standin.git_id(body)
    for get in (
        week.download,
        lambda url, file, blob: download.fetch(url, file, blob=blob, size=len(body)),
    ):
        target = tmp_path / f"file {id(get)}"
        with naughty.server(body, "closes early", "", "other content") as served:
            with pytest.raises(OSError):
                get(served.url, target, blob)
            assert not target.exists()
            get(served.url, target, blob)
            assert target.read_bytes() == body and re.search(
                r"Range: bytes=[1-9]", served.requests[1]
            )
            with pytest.raises(ValueError):
                get(served.url, target, "0" * 40)
        assert target.read_bytes() == body
    assert not list(tmp_path.glob("*.part"))


def test_the_lessons_download_finishes_a_part_that_is_whole(tmp_path, week):
    """Killed after the last byte: the server answers 416, and only the check is left."""
    body, target = np.random.default_rng(1).bytes(1000), tmp_path / "file"
    part = tmp_path / "file.part"
    with naughty.server(body) as served:
        part.write_bytes(body)
        week.download(served.url, target, standin.git_id(body))
        assert target.read_bytes() == body and "bytes=1000-" in served.requests[0]
        part.write_bytes(body[::-1])
        with pytest.raises(ValueError, match="another file"):
            week.download(served.url, target, standin.git_id(body))
    assert target.read_bytes() == body and not part.exists()


def test_the_lessons_unpack_gives_what_the_archives_gives(tmp_path, week):
    content, facts = standin.pack(standin.graph(16, tiny_rgb(16)))
    (tmp_path / "a.tgz").write_bytes(content)
    week.unpack(tmp_path / "a.tgz", tmp_path / "core")
    archive.unpack(facts, tmp_path / "a.tgz", tmp_path / "hardened")
    found = [
        {f.name: f.read_bytes() for f in (tmp_path / where).iterdir()}
        for where in ("core", "hardened")
    ]
    assert found[0] == found[1] and len(found[0]) == 3
    links = "symbolic link out", "hard link out", "link, then through it", "long chain of links"
    for evil in ("parent folder", "device", *links):
        (tmp_path / "b.tgz").write_bytes(naughty.hostile(evil, {"graph.pb": b"a graph"}))
        with pytest.raises(tarfile.TarError):
            week.unpack(tmp_path / "b.tgz", tmp_path / "evil")
        assert not (tmp_path / "evil").exists() and not (tmp_path / "evil.txt").exists()


def test_the_lessons_exchange_is_the_helpers(week):
    old = standin.graph(16, tiny_rgb(16))
    for node in old.node:
        if node.name == "conv/batchnorm":
            node.attr["scale_after_normalization"].b = True
    assert week.modernised(old) == frozen.modernised(old)
    today = week.freeze(tiny(), 8, 1, 0.0, 1.0)
    assert week.modernised(today).node == today.node and frozen.modernised(today) == today


def test_ends_of_a_graph_are_found(week):
    assert week.ends(week.freeze(tiny(), 8, 1, 0.0, 1.0)) == (["DecodeJpeg/contents"], ["softmax"])
    assert week.ends(standin.graph(16, tiny_rgb(16))) == ([], ["softmax"])


def test_the_checkpoint_of_the_lesson_has_the_seeds(tmp_path, week):
    model, optimizer = week.new_run()
    week.checkpoint_of(model, optimizer, tf.Variable(0)).write(str(tmp_path / "c"))
    assert "seeds/0" in saving.stored(tmp_path / "c")


def test_the_next_save_removes_what_a_killed_one_left(tmp_path):
    for name in ("checkpoint.tmp2127", "ckpt-3.index.tempstate11"):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / "ckpt-3_temp").mkdir()
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=tf.Variable(1.0)), tmp_path, 2)
    saving.save(manager)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"checkpoint", *(f"ckpt-1{suffix}" for suffix in saving.SUFFIXES)}


@pytest.mark.hostile
def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=tf.Variable(1.0)), tmp_path, 2)
    saving.save(manager)
    before = sorted(path.name for path in tmp_path.iterdir())

    def full():
        (tmp_path / "ckpt-2_temp").mkdir()
        raise tf.errors.ResourceExhaustedError(None, None, "no space left on device")

    monkeypatch.setattr(manager, "save", full)
    with pytest.raises(OSError, match=r"checkpoint not saved \(ResourceExhaustedError\)"):
        saving.save(manager)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


# --- label files --------------------------------------------------------------------------------


@genuine
def test_all_classes_of_the_genuine_label_files_resolve():
    words = labels.lookup(SHARED / "inception")
    assert sorted(words) == list(range(1, 1001))
    assert words[169].startswith("giant panda")
    assert len(labels.read_words(SHARED / "inception" / labels.WORDS)) == 21842


@genuine
@weights
def test_the_orders_of_keras_and_of_the_archive_differ_but_the_classes_are_the_same():
    nodes = labels.read_nodes(SHARED / "inception" / labels.NODES)
    uids = [uid for uid, _ in labels.read_keras(MOBILENET.parent / "imagenet_class_index.json")]
    assert set(nodes.values()) == set(uids) and len(uids) == 1000
    for uid, keras_node, node in [
        ("n02510455", 388, 169),
        ("n04548280", 892, 524),
        ("n11939491", 985, 357),
    ]:
        assert uids[keras_node] == nodes[node] == uid


ENTRY = 'entry {\n  target_class: 5\n  target_class_string: "n00000005"\n}\n'


@pytest.mark.parametrize(
    ("nodes", "line", "words"),
    [
        (
            ENTRY + 'entry {\n  target_class: x\n  target_class_string: "n00000005"\n}\n',
            6,
            "not a line",
        ),
        (ENTRY + "entry {\n  target_class: 6\n}\n", 7, "not a line"),
        (ENTRY + ENTRY, 8, "a second time"),
        (ENTRY + "entry {\n  target_class: 6\n  target_class: 7\n", 7, "not a line"),
        ("# a comment\n\nrubbish\n", 3, "not a line"),
        (ENTRY + "entry {\n  target_class: 6\n", 6, "ends inside an entry"),
        (ENTRY.replace("n00000005", "panda"), 3, "not a line"),
        ("}\n", 1, "not a line"),
    ],
)
def test_malformed_lines_of_nodes_are_named(tmp_path, nodes, line, words):
    (tmp_path / labels.NODES).write_text(nodes)
    with pytest.raises(ValueError, match=rf"proto\.pbtxt, line {line}: .*{words}"):
        labels.read_nodes(tmp_path / labels.NODES)


def test_malformed_lines_of_words_are_named(tmp_path):
    file = tmp_path / labels.WORDS
    for text, line in [("n00000005\tx\nn1\ty\n", 2), ("n00000005 x\n", 1), ("n00000005\t\n", 1)]:
        file.write_text(text)
        with pytest.raises(ValueError, match=rf"map\.txt, line {line}: "):
            labels.read_words(file)
    file.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ValueError, match="not a text file"):
        labels.read_words(file)
    file.write_text("")
    with pytest.raises(ValueError, match="no entries"):
        labels.read_words(file)
    with pytest.raises(FileNotFoundError, match="no label file"):
        labels.read_words(tmp_path / "gone")


def test_a_node_without_words_is_named(tmp_path):
    (tmp_path / labels.NODES).write_text(ENTRY)
    (tmp_path / labels.WORDS).write_text("n00000006\tx\n")
    with pytest.raises(ValueError, match="no words for n00000005, which is node 5"):
        labels.lookup(tmp_path)
    (tmp_path / labels.WORDS).write_text("n00000005\tx, y\n")
    assert labels.lookup(tmp_path) == {5: "x, y"}
    (tmp_path / "index.json").write_text('{"0": ["n1", "a"], "2": []}')
    with pytest.raises(ValueError, match="not a table of Keras' classes"):
        labels.read_keras(tmp_path / "index.json")


# --- frozen graphs ------------------------------------------------------------------------------


def in_session(graph, contents: bytes, fetch: str = frozen.SOFTMAX) -> np.ndarray:
    with tf.Graph().as_default(), tf.compat.v1.Session() as sess:
        tf.import_graph_def(graph, name="")
        return sess.run(fetch, {frozen.JPEG: contents})


def test_a_frozen_graph_agrees_with_its_network_in_both_worlds(week):
    network, pixels = tiny(), noise(8, 8)
    graph, contents = week.freeze(network, 8, 1, 0.0, 1 / 255), jpeg(noise(8, 8))
    decoded = tf.cast(tf.io.decode_jpeg(contents), tf.float32)[None] / 255
    original = tf.nn.softmax(network(decoded)).numpy()
    assert pixels.std() > 0 and original.std() > 0.01
    np.testing.assert_allclose(in_session(graph, contents), original, atol=1e-5)
    np.testing.assert_allclose(
        frozen.as_function(graph)(tf.constant(contents)), original, atol=1e-5
    )
    assert not any("Var" in kind for kind, _ in frozen.kinds(graph))


def test_tensors_that_a_graph_does_not_have_are_named(week):
    graph = week.freeze(tiny(), 8, 1, 0.0, 1.0)
    with pytest.raises(ValueError, match="first output is 'softmax:0'"):
        frozen.as_function(graph, fetch="softmax")
    with pytest.raises(ValueError, match=r"no tensor 'JpegDecode/contents:0'.*DecodeJpeg/contents"):
        frozen.as_function(graph, feed="JpegDecode/contents:0")


def test_files_that_are_no_graphs_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no graph a\.pb"):
        frozen.read_graph(tmp_path / "a.pb")
    for content in (b"<html>", b""):
        (tmp_path / "a.pb").write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.pb: "):
            frozen.read_graph(tmp_path / "a.pb")


@pytest.mark.parametrize("scale", [False, True])
def test_the_normalisation_of_2015_gives_the_same_today(scale):
    graph = standin.graph(16, tiny_rgb(16))
    rng = np.random.default_rng(1)
    for node in graph.node:
        if node.name.startswith("conv/batchnorm/"):
            value = rng.uniform(0.5, 2, 3).astype(np.float32)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        elif node.name == "conv/batchnorm":
            node.attr["scale_after_normalization"].b = scale
    contents = jpeg(noise(16, 16, 3))
    with pytest.raises(tf.errors.UnimplementedError):
        unported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
        unported.prune(frozen.JPEG, frozen.SOFTMAX)(tf.constant(contents))
    for fetch in ("conv/batchnorm:0", frozen.SOFTMAX):
        now = frozen.as_function(graph, fetch=fetch)(tf.constant(contents))
        np.testing.assert_allclose(now, in_session(graph, contents, fetch), rtol=1e-4, atol=1e-5)


def test_a_logged_graph_has_its_nodes_but_not_its_weights(tmp_path, week):
    graph = week.freeze(tiny(side=16), 16, 1, 0.0, 1.0)
    slim = frozen.without_values(graph)
    assert frozen.constant_bytes(slim) < frozen.constant_bytes(graph) / 3
    with tf.Graph().as_default() as drawn:
        tf.import_graph_def(slim, name="")
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        tf.summary.graph(drawn)
    assert frozen.logged_nodes(tmp_path) == [node.name for node in graph.node]
    assert frozen.logged_nodes(tmp_path / "nothing") == []


# --- recognisers --------------------------------------------------------------------------------


def tiny_rgb(side: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input([side, side, 3]), keras.layers.GlobalAveragePooling2D()])


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory) -> tuple[Path, archive.Archive]:
    """The unpacked stand-in archive with Inception-v3's architecture, fetched from a local server."""
    folder = tmp_path_factory.mktemp("stand_in") / "inception"
    shared = SHARED / "inception"
    content, facts = standin.pack(standin.graph(), shared if shared.is_dir() else None)
    with naughty.server(content) as served:
        facts = facts._replace(url=served.url)
        archive.install(facts, folder)
    return folder, facts


def test_the_stand_in_serves_through_the_path_of_the_genuine_archive(stand_in):
    """Download, hashes, unpacking, labels, a graph of 95 MB, TensorFlow 1 and 2."""
    folder, facts = stand_in
    assert facts.size > 80_000_000 and archive.missing(facts, folder) == ""
    model = recogniser.inception(folder, facts)
    contents = jpeg(noise(60, 40, 3))
    p = model.probabilities(contents)
    assert p.shape == (1008,) and np.isclose(p.sum(), 1, atol=1e-4) and p.std() > 0
    np.testing.assert_allclose(in_session(model.graph, contents)[0], p, atol=1e-5)
    assert sorted(model.names) == list(range(1, 1001))
    assert len(model.top(contents)) == 5 and model.pick(inception=1, mobilenet=2, digits=3) == 1
    features = frozen.as_function(model.graph, fetch="pool_3/_reshape:0")(tf.constant(contents))
    assert features.shape == (1, 2048)
    with pytest.raises(FileNotFoundError, match="git blob id"):
        recogniser.inception(folder, archive.INCEPTION)


def test_the_archive_comes_first_and_the_digits_last(monkeypatch, tmp_path, week):
    content, facts = standin.pack(standin.graph(16, tiny_rgb(16)))
    (tmp_path / "facts.json").write_text(json.dumps(facts._asdict()))
    (tmp_path / facts.name).write_bytes(content)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setattr(recogniser, "MODELS", "http://127.0.0.1:9/")
    own = small_cnn(filters=(4, 8))
    last = recogniser.choose(week.freeze, own)
    assert last.source == "digits" and "no Inception-v3" in last.why and "no MobileNet" in last.why
    assert last.top(jpeg(noise(50, 50, 3)), 1)[0][0].startswith("digit ")
    monkeypatch.setenv(archive.FACTS, str(tmp_path / "facts.json"))
    archive.unpack(facts, tmp_path / facts.name, archive.folder())
    first = recogniser.choose(week.freeze, own)
    assert first.source == "inception" and first.why == ""
    (archive.folder() / archive.GRAPH).write_bytes(b"damaged")
    assert "git blob id" in recogniser.choose(week.freeze, own).why
    (tmp_path / "models" / recogniser.WEIGHTS).write_bytes(b"damaged")
    (tmp_path / "models" / "imagenet_class_index.json").write_text("{}")
    assert "damaged" in recogniser.choose(week.freeze, own).why


@pytest.fixture(scope="module")
def mobilenet(week):
    return recogniser.mobilenet(week.freeze)


@weights
def test_mobilenet_knows_the_drawings_and_is_fooled_by_two(mobilenet, tmp_path):
    first = {
        file.stem: mobilenet.top(file.read_bytes(), 1)[0] for file in pictures.draw_all(tmp_path)
    }
    for name, words, least in [
        ("crossword", {"crossword puzzle"}, 0.6),
        ("traffic_light", {"traffic light"}, 0.6),
        ("digital_clock", {"digital clock"}, 0.5),
        ("honeycomb", {"honeycomb"}, 0.2),
        ("wall_clock", {"wall clock", "analog clock"}, 0.3),
    ]:
        assert first[name][0] in words and first[name][1] > least, first[name]
    assert first["chess_board"][0] == first["maze"][0] == "crossword puzzle"


@weights
@genuine
def test_mobilenet_recognises_the_genuine_panda(mobilenet):
    (name, p), *_ = mobilenet.top(images.jpeg_bytes(SHARED / "inception" / "cropped_panda.jpg"))
    assert name == "giant panda" and p > 0.4


@weights
@pytest.mark.skipif(not (SHARED / "flower_photos").is_dir(), reason="no ../shared/flower_photos")
def test_mobilenet_recognises_photos_of_daisies(mobilenet):
    found = list(images.recognise_folder(SHARED / "flower_photos" / "daisy", mobilenet.top))
    assert len(found) == 80 and not any(answer.reason for answer in found)
    assert sum(answer.top[0][0] == "daisy" for answer in found) >= 50


# --- pictures and image files -------------------------------------------------------------------


def test_drawings_are_the_same_every_time(tmp_path):
    files = pictures.draw_all(tmp_path / "a")
    assert [file.stem for file in files] == list(pictures.DRAWINGS)
    for file, again in zip(files, pictures.draw_all(tmp_path / "b"), strict=True):
        assert file.read_bytes() == again.read_bytes()
        with Image.open(file) as image:
            assert image.size == (448, 448) and np.ptp(np.asarray(image)) > 100


@pytest.mark.hostile
def test_images_in_trouble(tmp_path):
    pictures.troubles(pictures.wall_clock(), tmp_path)
    plain = (tmp_path / "plain.jpg").read_bytes()
    assert images.jpeg_bytes(tmp_path / "plain.jpg") == plain  # nothing to do, so nothing is done
    upright = np.asarray(Image.open(io.BytesIO(plain)).convert("L"), float)
    for name, size, off in [
        ("grey.png", 448, 6),
        ("cmyk.jpg", 448, 8),
        ("palette.gif", 448, 8),
        ("transparent.png", 448, 80),
        ("turned.jpg", 448, 6),
        ("large.jpg", 1024, 12),
    ]:
        with Image.open(io.BytesIO(images.jpeg_bytes(tmp_path / name))) as image:
            assert (
                image.format == "JPEG" and image.mode in ("RGB", "L") and image.size == (size, size)
            )
            pixels = np.asarray(image.convert("L").resize((448, 448)), float)
        assert np.abs(pixels - upright).mean() < off, name
    for name, words in [
        ("text.jpg", "not an image"),
        ("broken_off.jpg", "damaged or broken off"),
        ("empty.jpg", "the file is empty"),
        ("bomb.png", "too many"),
    ]:
        with pytest.raises(ValueError, match=rf"{name}: .*{words}"):
            images.jpeg_bytes(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such file"):
        images.jpeg_bytes(tmp_path / "gone.jpg")


@pytest.mark.parametrize("size", [9000, 12000])
def test_large_images_are_capped_before_they_are_decoded(tmp_path, size, monkeypatch):
    """A PNG of that many pixels is refused; a JPEG is decoded small, in little memory and time."""
    claims = pictures._claims(size, size)
    (tmp_path / "a.png").write_bytes(claims)
    with pytest.raises(ValueError, match="million pixels are too many"):
        images.jpeg_bytes(tmp_path / "a.png")
    if size == 9000:
        Image.new("L", (size, size), 200).save(tmp_path / "a.jpg")
        with Image.open(io.BytesIO(images.jpeg_bytes(tmp_path / "a.jpg"))) as image:
            assert max(image.size) == images.SIDE


def test_sixteen_bit_and_transparent_images(tmp_path):
    Image.fromarray(noise(9, 9).astype(np.uint16) * 200).save(tmp_path / "deep.png")
    Image.new("LA", (9, 9), (0, 0)).save(tmp_path / "clear.png")
    with Image.open(io.BytesIO(images.jpeg_bytes(tmp_path / "deep.png"))) as image:
        assert np.ptp(np.asarray(image)) > 150
    with Image.open(io.BytesIO(images.jpeg_bytes(tmp_path / "clear.png"))) as image:
        assert np.asarray(image).min() > 250  # white shines through


def test_a_folder_is_gone_through_whatever_is_in_it(tmp_path):
    pictures.troubles(pictures.maze(), tmp_path / "in")
    (tmp_path / "in" / "notes.txt").write_text("not asked about")
    (tmp_path / "in" / "sub").mkdir()
    pictures.maze().save(tmp_path / "in" / "sub" / "UPPER.JPG")
    found = list(images.recognise_folder(tmp_path / "in", lambda contents: [("x", 1.0)]))
    assert len(found) == 12 and sum(bool(answer.reason) for answer in found) == 4
    assert all(bool(answer.top) != bool(answer.reason) for answer in found)
    (tmp_path / "empty").mkdir()
    for name, words in [("empty", "no images in the folder"), ("gone", "there is no folder")]:
        with pytest.raises(FileNotFoundError, match=words):
            list(images.recognise_folder(tmp_path / name, lambda contents: []))


def test_figures_draw_what_they_are_given(tmp_path):
    file = pictures.draw_all(tmp_path)[0]
    found = [
        images.Answer(file, file.read_bytes(), [(f"name {k}, other", 0.2) for k in range(5)])
    ] * 4
    found.append(images.Answer(file, b"", [], "unreadable"))
    fig = plots.answers(found)
    assert len(fig.axes) == 12 and sum(len(ax.patches) for ax in fig.axes) == 20
    plt.close(fig)
    fig = plots.resumed(np.ones(10), 5, {"a": np.ones(5), "b": np.zeros(5)})
    assert len(fig.axes) == 2 and len(fig.axes[1].lines) == 2
    plt.close(fig)


def test_a_middle_is_cut_and_turned(tmp_path):
    file = pictures.draw_all(tmp_path)[0]
    with Image.open(io.BytesIO(pictures.cut(file, 0.5))) as image:
        assert image.size == (224, 224)
    assert pictures.cut(file, 1.0) != pictures.cut(file, 1.0, 90)


def test_the_panda_is_the_same_every_time():
    once = np.asarray(panda.panda())
    assert once.shape == (448, 448, 3) and np.array_equal(once, np.asarray(panda.panda()))
    seen = panda.variants(pictures.maze, 3)
    assert len(seen) == 3 and {image.size for image in seen} == {(448, 448)}
    again = panda.variants(pictures.maze, 3)
    assert all(np.array_equal(a, b) for a, b in zip(seen, again, strict=True))


@weights
def test_mobilenet_knows_the_drawn_panda(mobilenet):
    out = io.BytesIO()
    panda.panda().save(out, "JPEG", quality=92)
    (name, p), *_ = mobilenet.top(out.getvalue())
    assert name == "giant panda" and p > 0.6


@genuine
@weights
def test_the_lesson_quotes_both_tables_rightly():
    words = labels.lookup(SHARED / "inception")
    nodes = labels.read_nodes(SHARED / "inception" / labels.NODES)
    keras_names = labels.read_keras(MOBILENET.parent / "imagenet_class_index.json")
    assert (nodes[388], words[388].split(",")[0]) == ("n01532829", "house finch")
    assert keras_names[169] == ("n02090622", "borzoi")
    assert keras_names[388] == ("n02510455", "giant panda")


DRAWN = [
    "four_things",
    "object_graph",
    "atomic",
    "frozen",
    "landing",
    "members",
    "module",
    "plan",
    "way",
]


@pytest.mark.parametrize("name", DRAWN)
def test_drawings_fit_their_canvas(name):
    fig = getattr(drawings, name)()
    assert fig.get_figwidth() <= 7.2
    plt.close(fig)


def test_the_study_has_every_round():
    stored = study.load()
    assert {batch: {len(s) for s in ways.values()} for batch, ways in stored.items()} == {
        batch: {rounds} for batch, rounds in study.ROUNDS.items()
    }
    assert all(len(ways) == 5 for ways in stored.values())
    fig = plots.speeds(stored)
    assert len(fig.axes) == 3
    plt.close(fig)
    assert study.measure({"a": lambda: None}, rounds=2)["a"][0] >= 0


# --- exercises ----------------------------------------------------------------------------------

CHOSEN_WRONG = {
    "there are five cases": "lambda: chosen()[:4]",
    "is none of": "lambda: ['checkpoint', 'HDF5', '.keras', 'SavedModel', 'frozen graph']",
    "fits one case": "lambda: ['.keras'] * 5",
    "case 1: dropout's generator": "lambda: ['.keras', '.weights.h5', 'checkpoint', 'SavedModel', 'frozen graph']",
    "case 2: which file": "lambda: ['checkpoint', '.keras', '.weights.h5', 'SavedModel', 'frozen graph']",
    "case 3: without your program": "lambda: ['checkpoint', '.weights.h5', 'SavedModel', '.keras', 'frozen graph']",
    "case 4: without the class": "lambda: ['checkpoint', '.weights.h5', '.keras', 'frozen graph', 'SavedModel']",
}
NAMES_WRONG = {
    "six tensors": "lambda: ['c:0']",
    "a name without a colon": "lambda: ['c', 'c_1', 'c_1_1', 'best', 'best', 'part/c']",
    "does not count up": "lambda: ['c:0', 'c:1', 'c_1:0', 'best:0', 'best:1', 'part/c:0']",
    "was taken already": "lambda: ['c:0', 'c_1:0', 'c_1:0', 'best:0', 'best:1', 'part/c:0']",
    "what gets an ending": "lambda: ['c:0', 'c_1:0', 'c_2:0', 'best:0', 'best:1', 'part/c:0']",
    "two outputs": "lambda: ['c:0', 'c_1:0', 'c_1_1:0', 'best:0', 'best_1:0', 'part/c:0']",
    "part of the name": "lambda: ['c:0', 'c_1:0', 'c_1_1:0', 'best:0', 'best:1', 'c:0']",
    "counting begins anew": "lambda: ['c:0', 'c_1:0', 'c_1_1:0', 'best:0', 'best:1', 'part/c_2:0']",
}
PREPARE_WRONG = {
    "the axis of the batch": "lambda pixels, side: prepare(pixels, side)[0]",
    "reach 255": "lambda pixels, side: (prepare(pixels, side) + 1) * 127.5",
    "from 0 to 1": "lambda pixels, side: (prepare(pixels, side) + 1) / 2",
    "is squeezed": "lambda pixels, side: tf.image.resize(pixels, [side, side])[None] / 127.5 - 1",
    "in the middle": "lambda pixels, side: -prepare(pixels, side)",
    "the shape is": "lambda pixels, side: prepare(pixels, side + 1)",
}
SCORE_WRONG = {
    "top-1 comes first": "lambda folder, top: score(folder, top)[::-1]",
    "the first name only": "lambda folder, top: [score(folder, top)[1]] * 2",
    "it includes the first": "lambda folder, top: (score(folder, top)[0], 3 / 8)",
    "fractions": "lambda folder, top: [8 * share for share in score(folder, top)]",
    "each file counts": "lambda folder, top: (1.6 / 3, 2.5 / 3)",
    "two numbers": "lambda folder, top: score(folder, top)[:1]",
    "nothing back": "lambda folder, top: None",
}
RESTORE_WRONG = {
    "`dense` was overwritten": "lambda model, prefix: tf.train.Checkpoint(**saving.parts(model)).restore(prefix)",
    "was not restored": "lambda model, prefix: model",
    "does your Checkpoint name it": "lambda model, prefix: tf.train.Checkpoint(model=model.layers[0]).restore(prefix)",
    "nothing back": "lambda model, prefix: None",
}
RECEIVE_WRONG = {
    "it gave up": "lambda get, sha256: b''.join(get(0))",
    "is a piece lost or taken twice": "receive_twice",
    "handed over": "receive_trusting",
    "nothing back": "lambda get, sha256: None",
}
WRITERS_WRONG = {
    "the author's choice": "lambda graph, writes: sorted(n.name for n in graph.node if n.op in writes or n.name in writes)",
    "holds nodes, too": "lambda graph, writes: sorted(n.name for n in graph.node if n.op in writes)",
    "not tensors": "lambda graph, writes: [f'{n}:0' for n in writers(graph, writes)]",
    "sorted by name": "lambda graph, writes: writers(graph, writes)[::-1]",
    "has none": "lambda graph, writes: writers(graph, writes) or ['square']",
}
SESSION_WRONG = {
    "begins at step 0": "lambda prefix, steps: session(prefix + '-' + str(len(list(Path(prefix).parent.glob('*')))), steps)",
    "nothing was saved": "lambda prefix, steps: [noisy(step) for step in range(steps)]",
    "the noise repeats": "partial_session(['optimizer'])",
    "Adam's averages did not": "partial_session(['seeds'])",
    "only the weights": "partial_session([])",
    "six steps": "lambda prefix, steps: session(prefix, steps)[:2]",
}
ASK_WRONG = {
    "no placeholder": "lambda graph, jpeg: placeholder_only(graph, jpeg)",
    "`modernised` exchanges": "lambda graph, jpeg: not_modern(graph, jpeg)",
    "consumed by another": "lambda graph, jpeg: first_softmax(graph, jpeg)",
    "the batch's axis": "lambda graph, jpeg: ask(graph, jpeg)[None]",
    "what a session answers": "lambda graph, jpeg: ask(graph, jpeg)[::-1]",
}


def receive_twice(get, sha256):
    body = b""
    for piece in get(0):
        body += piece
    raise ValueError(len(body))


def receive_trusting(get, sha256):
    body = b""
    while True:
        try:
            for piece in get(len(body)):
                body += piece
            return body
        except ConnectionError:
            continue


def partial_session(kept):
    """Return a session that keeps the weights and only some of the rest."""
    week = taught(WEEK)

    def session(prefix, steps):
        model, optimizer = week.noisy_run()
        optimizer.build(model.trainable_variables)
        others = {"optimizer": optimizer, "seeds": model.layers[0].seed_generator.state}
        named = {name: others[name] for name in kept}
        checkpoint = tf.train.Checkpoint(model=model, **named)
        if Path(f"{prefix}.index").exists():
            checkpoint.read(prefix).expect_partial()
        losses = [week.noisy_step(model, optimizer) for _ in range(steps)]
        checkpoint.write(prefix)
        return losses

    return session


def asking(week, feed, fetch, modern=True):
    """Return a function that asks a graph, given how to choose its ends."""

    def ask(graph, jpeg):
        start, end = feed(graph), fetch(graph)
        graph = week.modernised(graph) if modern else graph
        return week.as_function(graph, f"{start}:0", f"{end}:0")(tf.constant(jpeg)).numpy()[0]

    return ask


def decoder(graph):
    return next(node for node in graph.node if node.op == "DecodeJpeg").input[0]


def softmaxes(graph):
    return [node.name for node in graph.node if node.op == "Softmax"]


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_chosen, "chosen", CHOSEN_WRONG),
        (checks.check_names, "predicted", NAMES_WRONG),
        (checks.check_prepare, "prepare", PREPARE_WRONG),
        (checks.check_score, "score", SCORE_WRONG),
        (checks.check_restore_features, "restore_features", RESTORE_WRONG),
        (checks.check_receive, "receive", RECEIVE_WRONG),
        (checks.check_writers, "writers", WRITERS_WRONG),
        (checks.check_session, "session", SESSION_WRONG),
        (checks.check_ask, "ask", ASK_WRONG),
    ],
)
def test_exercises(check, name, wrong, week):
    def placeholder(graph):
        return next(node.name for node in graph.node if node.op == "Placeholder")

    helpers = {
        "receive_twice": receive_twice,
        "receive_trusting": receive_trusting,
        "partial_session": partial_session,
        "Path": Path,
        "noisy": lambda step: week.noisy_step(*week.noisy_run()) if step == 0 else float(step),
        "placeholder_only": asking(week, placeholder, lambda g: softmaxes(g)[-1]),
        "not_modern": asking(week, decoder, lambda g: softmaxes(g)[-1], modern=False),
        "first_softmax": asking(week, decoder, lambda g: softmaxes(g)[0]),
    }
    assert_exercise(WEEK, check, name, wrong, frozen=frozen, saving=saving, **helpers)


def test_the_exercise_about_a_format(week):
    my_save, my_load = solution(WEEK, "my_save"), solution(WEEK, "my_load")
    assert checks.check_format(my_save, my_load)
    untouched = checks.check_format(stub(WEEK, "my_save"), stub(WEEK, "my_load"))
    assert untouched.message.endswith(": your turn")

    def plainly(weights, file):
        with open(file, "wb") as out:
            np.savez(out, **weights)

    def load(file):
        with np.load(file) as arrays:
            return dict(arrays)

    def strictly(file):
        try:
            return load(file)
        except Exception as err:
            raise ValueError("damaged") from err

    def packed(weights, file):
        named = {f"array {name}": value for name, value in weights.items()}
        with open(file, "wb") as out:
            np.savez(out, **named)

    def unpacked(file):
        return {name[6:]: value for name, value in strictly(file).items()}

    def halved(file):
        return {name: np.asarray(value, np.float16) for name, value in my_load(file).items()}

    for save, read, hint in [
        (plainly, load, "called `file`"),
        (
            packed,
            lambda file: {name[6:]: value for name, value in load(file).items()},
            "stops with",
        ),
        (packed, unpacked, "keep a hash"),
        (lambda weights, file: None, load, "there is no file"),
        (my_save, halved, "comes back as float16"),
        (my_save, lambda file: {}, "these names come back"),
    ]:
        verdict = checks.check_format(save, read)
        assert not verdict and any(part in verdict.message for part in hint.split("|")), verdict
