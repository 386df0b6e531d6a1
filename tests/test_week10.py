"""Week 10's captchas, shards, reader, faults, prediction and exercises; clusters have their own file."""

import io
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from week02_basics.taught import taught
from week10_tfrecord import (
    captchas,
    checks,
    drawings,
    faults,
    feeding,
    plots,
    processes,
    service,
    study,
    writing,
)

import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.exercises import answers, assert_exercise, solution, stub

WEEK = "week10_tfrecord"
SHAPE = (60, 160)


@pytest.fixture(scope="module")
def week():
    return taught(WEEK)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Sixty captchas of seed 1 in four shards, by two processes."""
    folder = tmp_path_factory.mktemp("drawn")
    manifest = writing.write_captchas(folder, 60, seed=1, shards=4, workers=2, progress=False)
    return folder, manifest


def records_of(paths) -> list[bytes]:
    return list(tf.data.TFRecordDataset([str(p) for p in paths]).as_numpy_iterator())


def python(code: str, *arguments: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | env,
    )


# --- captchas ---------------------------------------------------------------------------------


def test_the_same_seed_and_number_draw_the_same_captcha():
    first, text = captchas.draw(1, 5)
    captchas.draw(2, 0)
    again, same = captchas.draw(1, 5)
    assert text == same and first.tobytes() == again.tobytes()
    assert first.mode == "RGB" and first.size == (160, 60)
    assert captchas.draw(1, 6)[0].tobytes() != first.tobytes()
    assert captchas.draw(2, 5)[0].tobytes() != first.tobytes()


def test_captchas_take_length_alphabet_and_size():
    image, text = captchas.draw(1, 0, length=6, alphabet="abc", size=(200, 50))
    assert len(text) == 6 and set(text) <= set("abc") and image.size == (200, 50)
    assert captchas.labels("cab", "abc") == [2, 0, 1]
    for wrong in ({"length": 0}, {"alphabet": ""}):
        with pytest.raises(ValueError, match="needs a character"):
            captchas.draw(1, 0, **wrong)


def test_drawing_gives_the_package_its_own_random_numbers_back():
    import secrets

    import captcha.image

    captchas.draw(1, 0)
    assert captcha.image.secrets is secrets


def test_training_and_test_captchas_share_no_image():
    """Seeds 10 and 11 of the lesson; the notebook compares all 22,000."""
    train, test = (
        {captchas.grey(captchas.draw(seed, n)[0]).tobytes() for n in range(150)}
        for seed in (10, 11)
    )
    assert len(train) == len(test) == 150 and not train & test


# --- writing ----------------------------------------------------------------------------------


def test_captchas_are_written_as_they_are_drawn(drawn, week):
    folder, manifest = drawn
    assert manifest == writing.read_manifest(folder) and manifest["records"] == 60
    assert [s["records"] for s in manifest["shards"]] == [15] * 4
    assert not faults.verify(folder) and not list(folder.glob(".*"))
    paths, found = faults.files(folder)
    assert found == []
    x, y = (np.concatenate(part) for part in zip(*week.read(paths, 7), strict=True))
    assert x.shape == (60, 60, 160) and x.dtype == np.uint8
    for number in (0, 14, 15, 59):
        image, text = captchas.draw(1, number)
        np.testing.assert_array_equal(x[number], captchas.grey(image))
        assert captchas.labels(text) == list(y[number])


def test_shards_and_workers_do_not_change_the_captchas(drawn, tmp_path):
    writing.write_captchas(tmp_path, 60, seed=1, shards=1, workers=1, progress=False)
    assert records_of(faults.files(tmp_path)[0]) == records_of(faults.files(drawn[0])[0])


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("workers", "error", "says"),
    [
        (1, ValueError, "a captcha needs a character"),
        (2, processes.WorkerFailed, r"writer \d stopped .*[\s\S]*ValueError"),
    ],
)
def test_a_failed_writer_leaves_nothing(tmp_path, workers, error, says):
    with pytest.raises(error, match=says):
        writing.write_captchas(
            tmp_path, 4, seed=1, shards=2, workers=workers, alphabet="", progress=False
        )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match="never finished"):
        faults.files(tmp_path)


def test_a_set_needs_a_worker_and_a_shard(tmp_path):
    for wrong in ({"workers": 0}, {"shards": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            writing.write_captchas(tmp_path / "set", 4, seed=1, progress=False, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_shard_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.tfrecord"

    def records():
        yield b"one"
        assert not path.exists(), "a reader could see half a shard"
        yield b"two"

    entry = writing.write_shard(path, records())
    assert entry["records"] == 2 and records_of([path]) == [b"one", b"two"]

    def failing():
        yield b"three"
        raise KeyError("no more")

    with pytest.raises(KeyError):
        writing.write_shard(path, failing())
    assert records_of([path]) == [b"one", b"two"], "the old shard stays"
    assert [p.name for p in tmp_path.iterdir()] == ["a.tfrecord"]
    with pytest.raises(writing.WritingFailed, match=r"b\.tfrecord could not be written"):
        writing.write_shard(tmp_path / "nowhere" / "b.tfrecord", [b"x"])


# --- processes --------------------------------------------------------------------------------


def test_processes_report_lines_and_failures():
    lines = []
    processes.run(
        {"a": [sys.executable, "-c", "print(1); print(2)"], "b": [sys.executable, "-c", ""]},
        lambda name, line, process: lines.append((name, line)),
    )
    assert lines == [("a", "1"), ("a", "2")]
    started = []
    commands = {
        "sleeper": [sys.executable, "-c", "import time; print('up'); time.sleep(600)"],
        "failing": [sys.executable, "-c", "print('half'); raise SystemExit('disk on fire')"],
    }
    with pytest.raises(processes.WorkerFailed, match="failing stopped with exit code 1") as caught:
        processes.run(commands, lambda name, line, process: started.append(process))
    assert "disk on fire" in str(caught.value) and "the others have been stopped" in str(
        caught.value
    )
    assert all(process.poll() is not None for process in started)


@pytest.mark.hostile
def test_a_silent_process_is_stopped():
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
    with pytest.raises(processes.WorkerFailed, match="stuck has said nothing for 1 s after 'up'"):
        processes.run({"stuck": command}, patience=1)


@pytest.mark.hostile
def test_no_worker_outlives_its_parent():
    """The parent is killed without a chance to tidy up; its worker notices and ends."""
    child = (
        "from week10_tfrecord import processes; import os, time\n"
        "processes.die_with_parent(); print(os.getpid(), flush=True); time.sleep(600)"
    )
    parent = (
        "import os, sys; from week10_tfrecord import processes\n"
        f"command = [sys.executable, '-c', {child!r}]\n"
        "def seen(name, line, process): print(line, flush=True); os.kill(os.getpid(), 9)\n"
        "processes.run({'child': command}, seen)"
    )
    done = python(parent)
    assert done.returncode == -9, done.stderr
    pid = int(done.stdout)
    import psutil

    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


# --- records and reading ----------------------------------------------------------------------


def test_taught_crc_is_crc32c(week):
    """The check value of CRC-32C, and the masked CRCs in a file that TensorFlow wrote."""
    assert (
        week.masked_crc(b"123456789")
        == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF
    )


def test_order_depends_on_the_seed(drawn, week):
    paths, _ = faults.files(drawn[0])

    def order(data):
        return np.concatenate([y for _, y in data]).tolist()

    once = week.read(paths, 10, seed=1)
    first, second = order(once), order(once)
    assert first == order(week.read(paths, 10, seed=1)) and first != second
    assert first != order(week.read(paths, 10, seed=2))
    assert sorted(first) == sorted(second) == sorted(order(week.read(paths, 10)))


def test_the_split_goes_by_the_string(drawn, week, tmp_path):
    """A captcha stays on its side when it is copied, encoded anew, and dealt into other shards."""
    paths, _ = faults.files(drawn[0])
    records = records_of(paths)
    other = [
        week.to_example(bytes(9600), [60, 160], captchas.labels(text)) for text in ("0000", "0007")
    ]
    writing.write_shard(tmp_path / "again", [*records[::-1], *other, *records])

    def strings(files, validation):
        data = week.read(files, 8, source=week.part(validation))
        return {tuple(row) for _, y in data for row in y.numpy()}

    held, kept = strings(paths, True), strings(paths, False)
    assert held and kept and not held & kept
    more = [str(tmp_path / "again")]
    assert held <= strings(more, True) and kept <= strings(more, False)
    assert not strings(more, True) & strings(more, False)


# --- faults -----------------------------------------------------------------------------------


@pytest.fixture()
def twenty(drawn):
    return records_of(faults.files(drawn[0])[0])[:20]


def broken(kind: str, records: list[bytes], week, path: Path) -> None:
    """Write records to a file and break number 7 in one of several ways."""
    start = sum(len(record) + 16 for record in records[:7])
    pixels, size, label = bytes(9600), [60, 160], [1, 2, 3, 4]
    other = {
        "missing": tf.train.Example().SerializeToString(),
        "type": week.to_example(pixels, size, b"1234"),
        "count": week.to_example(pixels, size, label[:2]),
        "size": week.to_example(pixels, [160, 60], label),
        "pixels": week.to_example(pixels[:100], size, label),
        "garbage": b"\xff" * 50,
    }
    writing.write_shard(path, [*records[:7], other.get(kind, records[7]), *records[8:]])
    content = bytearray(path.read_bytes())
    if kind == "flip":
        content[start + 3000] ^= 4
    elif kind == "flip crc":
        content[start + 12 + len(records[7])] ^= 4
    elif kind == "flip length":
        content[start + 1] ^= 4
    elif kind == "cut":
        del content[start + 3000 :]
    path.write_bytes(content)


WHY = {
    "missing": "feature 'image' is missing",
    "type": "feature 'label' is of type bytes_list, int64_list is expected",
    "count": "feature 'label' has 2 values, 4 are expected",
    "size": "the image is 160 x 60, 60 x 160 is expected",
    "pixels": "the image has 100 bytes, 9600 are expected",
    "garbage": "it is not an Example",
    "flip": "its bytes are damaged (CRC)",
    "flip crc": "its bytes are damaged (CRC)",
    "flip length": "its length is damaged (CRC), the rest of the file cannot be found",
    "cut": "the file ends after 3000 of its 96",
}


@pytest.mark.hostile
@pytest.mark.parametrize("kind", WHY)
def test_a_broken_record_is_named_or_skipped(kind, twenty, week, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    writing.write_shard(good, twenty)
    broken(kind, twenty, week, bad)
    paths = [str(good), str(bad)]
    with pytest.raises(faults.BrokenRecord) as caught:
        with faults.naming(paths, week.FEATURES, SHAPE):
            for _ in week.read(paths, 8):
                pass
    assert str(caught.value).startswith(f"bad, record 7: {WHY[kind]}")

    left = faults.skipping(paths, tmp_path / "mended", week.FEATURES, SHAPE)
    lost = 13 if kind in ("flip length", "cut") else 1
    assert left.files == [str(good), str(tmp_path / "mended" / "bad")]
    assert left.kept == sum(len(y) for _, y in week.read(left.files, 8)) == 40 - lost
    assert [(fault.file, fault.record) for fault in left.faults] == [("bad", 7)]
    assert left.report().startswith(f"{left.kept} records kept, 1 skipped\n  bad, record 7: ")


@pytest.mark.hostile
@pytest.mark.parametrize("kind", ["GZIP", "ZLIB"])
def test_a_compressed_file_is_named_as_such(kind, twenty, week, tmp_path):
    path = str(tmp_path / "a")
    writing.write_shard(path, twenty, kind)
    with pytest.raises(faults.BrokenRecord, match=f"whole file is compressed .{kind}."):
        with faults.naming([path], week.FEATURES, SHAPE):
            for _ in week.read([path], 8):
                pass
    writing.write_shard(path, twenty)
    assert faults.compressed(path) == ""


def test_a_default_value_fills_in(week):
    spec = {"label": tf.io.FixedLenFeature([4], tf.int64, default_value=[0] * 4)}
    whole, empty = week.to_example(b"", [60, 160], [1, 2, 3, 4]), tf.train.Example()
    for record in (whole, empty.SerializeToString()):
        assert tf.io.parse_single_example(record, spec)["label"].shape == 4
        assert faults.wrong(record, spec) == ""
    for label in ([], [1, 2, 3]):  # a list that is too short is not a missing one
        record = week.to_example(b"", [60, 160], label)
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.io.parse_single_example(record, spec)
        assert f"{len(label)} values" in faults.wrong(record, spec)


@pytest.mark.hostile
def test_a_header_cut_short_is_seen_by_the_careful_reader(twenty, week, tmp_path):
    path = tmp_path / "a"
    writing.write_shard(path, twenty)
    path.write_bytes(path.read_bytes()[: len(twenty[0]) + 16 + 5])
    assert len(records_of([path])) == 1, "TensorFlow says nothing"
    *_, last = faults.walk([str(path)], week.FEATURES, SHAPE)
    assert str(last) == "a, record 1: the file ends after 5 bytes of the record"


def test_other_errors_pass_through(twenty, week, tmp_path):
    writing.write_shard(tmp_path / "a", twenty)
    with pytest.raises(tf.errors.NotFoundError):
        with faults.naming([str(tmp_path / "a")], week.FEATURES, SHAPE):
            raise tf.errors.NotFoundError(None, None, "something else")


@pytest.mark.hostile
def test_the_manifest_knows_what_must_be_there(drawn, tmp_path):
    entries = []
    for number, path in enumerate(faults.files(drawn[0])[0]):
        entries.append(writing.write_shard(tmp_path / f"{number}", records_of([path])))
    writing.write_manifest(tmp_path, entries)
    (tmp_path / "0").unlink()
    (tmp_path / "1").write_bytes(b"")
    (tmp_path / "2").write_bytes((tmp_path / "2").read_bytes()[:-5])
    with pytest.raises(faults.BrokenSet) as caught:
        faults.files(tmp_path)
    for part in ("0 is missing, with 15 records", "1 is empty, 15 records are gone", "2 has "):
        assert part in str(caught.value)
    paths, found = faults.files(tmp_path, on_fault="skip")
    assert [Path(p).name for p in paths] == ["2", "3"] and len(found) == 3
    assert faults.verify(tmp_path) == ["0", "1", "2"]
    with pytest.raises(ValueError, match="'stop' or 'skip'"):
        faults.files(tmp_path, on_fault="ignore")


# --- network and prediction -------------------------------------------------------------------


def test_taught_network_learns_and_can_be_any_length(week):
    from week06_cnn.training import logits, train

    images = [captchas.draw(5, n, length=2, alphabet="01") for n in range(64)]
    x = np.stack([captchas.grey(image) for image, _ in images])
    y = np.array([captchas.labels(text) for _, text in images])
    net = week.captcha_net(length=2, classes=2, seed=1)
    assert net.output_shape == (None, 2, 2)
    loss = train(net, x, y, peak=0.01, epochs=12, batch=32, seed=1)
    assert loss[-1] < 0.35 < loss[0] and logits(net, x).shape == (64, 2, 2)


def png(image: Image.Image, **how) -> bytes:
    image.save(file := io.BytesIO(), **({"format": "PNG"} | how))
    return file.getvalue()


def test_prediction_takes_any_image_file_and_nothing_else(week):
    net = week.captcha_net(seed=1)
    image, _ = captchas.draw(1, 0)
    text, chance = week.read_captcha(net, png(image))
    assert len(text) == 4 and set(text) <= set(captchas.DIGITS) and 0 < chance < 1
    transparent = Image.new("RGBA", image.size, (0, 0, 0, 0))
    for other in (
        image.resize((33, 500)),
        image.convert("L"),
        image.convert("P"),
        image.convert("1"),
        transparent,
    ):
        assert len(week.read_captcha(net, png(other))[0]) == 4
    assert len(week.read_captcha(net, png(image.convert("CMYK"), format="JPEG"))[0]) == 4
    white = png(Image.new("RGB", image.size, "white"))
    assert week.read_captcha(net, png(transparent)) == week.read_captcha(net, white)
    for wrong in (b"", b"hello", png(image)[:500], png(image, format="GIF"), png(image)[8:]):
        with pytest.raises(ValueError, match="not a whole PNG or JPEG image"):
            week.read_captcha(net, wrong)
    deep = Image.fromarray(np.full([60, 160], 40_000, np.uint16))
    with pytest.raises(ValueError, match="16 bits a pixel"):
        week.read_captcha(net, png(deep))


# --- service, figures -------------------------------------------------------------------------


def test_the_service_serves_each_record_once_an_epoch(drawn, week):
    paths, _ = faults.files(drawn[0])
    direct = sorted(y.tolist() for _, part in week.read(paths, 4) for y in part.numpy())
    with service.serving(workers=2) as servers:
        assert "127.0.0.1" in servers.address
        served = service.shared(week.read(paths, 4), servers.address)
        for _ in range(2):
            got = sorted(y.tolist() for _, part in served for y in part.numpy())
            assert got == direct


def test_loopback_never_goes_through_a_proxy():
    found = service.past_proxies({"no_proxy": "intranet", "https_proxy": "http://proxy:3128"})
    assert set(found) == {"no_proxy", "NO_PROXY", "no_grpc_proxy"}
    assert all(value == "intranet,localhost,127.0.0.1" for value in found.values())


def test_a_deadline_ends_a_wait_and_can_be_tried_again():
    gate = threading.Event()

    def elements():
        yield 1
        gate.wait(60)
        yield 2

    arriving = service.Deadline(elements(), seconds=0.2)
    assert next(arriving) == 1
    with pytest.raises(TimeoutError, match=r"no batch within 0\.2 s"):
        next(arriving)
    gate.set()
    arriving.seconds = 30
    assert list(arriving) == [2]

    def failing():
        raise KeyError("gone")
        yield

    with pytest.raises(KeyError):
        next(service.Deadline(failing(), seconds=30))


def test_waiting_is_the_share_from_asking_to_having():
    made = [(0.0, 1.0), (2.0, 3.0)]
    used = [(1.0, 2.0), (3.0, 4.0)]
    watched = feeding.Watched(made, [(0.0, 1.0), (2.0, 3.0)], used)
    assert feeding.waiting(watched) == pytest.approx(1 / 2)


def test_a_watched_training_sees_every_batch(week, drawn):
    paths, _ = faults.files(drawn[0])
    data = tf.data.TFRecordDataset(paths).batch(4).map(feeding.stamped(week.parse)).repeat()
    seen = []
    found = feeding.watch(data, lambda x, y: seen.append(x.shape), count=5)
    assert len(seen) == 8 and [len(spans) for spans in found] == [5, 5, 5]
    for made, waited, used in zip(*found, strict=True):
        assert waited[0] <= made[0] + 0.01 <= made[1] + 0.02 and made[1] <= waited[1] + 0.01
        assert waited[1] == used[0] < used[1]


def test_figures_draw_what_they_are_given():
    images = np.zeros([7, 60, 160], np.uint8)
    spans = [(0.0, 1.0), (2.0, 3.0)]
    run = feeding.Watched(spans, spans, [(1.0, 2.0), (3.0, 4.0)])
    held = {
        "x": {"a": (np.arange(3), np.ones([2, 3]))},
        "z": {"a": (np.arange(3), np.ones([2, 3]))},
    }
    for fig, axes in [
        (plots.captchas(images, ["1234"] * 7), 10),
        (plots.timelines({"a": run, "b": run}, batches=2), 2),
        (plots.rates({"slow": 10, "ceiling": 1000}, "ceiling", ["slow"]), 1),
        (plots.positions(np.arange(400).reshape(4, 10, 10), captchas.DIGITS), 4),
        (plots.curves(held, "right", ["a"]), 2),
        (plots.converging([0, 5], [0, 1], "right"), 1),
        (plots.shuffled(count=50, buffer=5)[0], 1),
    ]:
        assert len(fig.axes) == axes and any(ax.has_data() for ax in fig.axes)
        plt.close(fig)


@pytest.mark.parametrize(
    "name",
    [
        "record",
        "waiting",
        "shuffle_buffer",
        "trunk_and_heads",
        "statistics",
        "orders",
        "cluster",
        "data_service",
    ],
)
def test_schematics_hold_their_text(name):
    plt.close(getattr(drawings, name)())


def test_the_studies_have_every_run():
    rows = study.load("schemes")
    for scheme in ("heads", "vector", "four"):
        assert study.column(rows, "strings", scheme=scheme, steps=220).shape == (3,)
        assert study.column(rows, "strings", scheme=scheme, cost=220).shape == (3,)
    rows = study.load("turns")
    assert study.column(rows, "captchas", statistics="own").shape == (3,)
    for weight in study.WEIGHTS:
        assert study.column(rows, "captchas", order="mixed", weight=weight).shape == (3,)


# --- exercises --------------------------------------------------------------------------------

MENDED_WRONG = {
    "does each record still": "lambda files, batch: tf.data.TFRecordDataset(files)"
    ".map(lambda r: tf.io.parse_single_example(r, spec)['label']).batch(batch)",
    "not those of the files, in their order": "lambda files, batch: tf.data.TFRecordDataset(files)"
    ".shuffle(6000).batch(batch).map(lambda r: tf.io.parse_example(r, spec)['label'])",
    "labels of 6000": "lambda files, batch: labels_of(files, batch).take(5)",
    "the first batch has shape": "lambda files, batch: labels_of(files, 10)",
}
SHARE_WRONG = {
    "are read by nobody": "lambda f, w, n: f[w * (len(f) // n) : (w + 1) * (len(f) // n)]",
    "by two workers, or twice": "lambda f, w, n: f",
    "not even": "lambda f, w, n: f if w == 0 else []",
    "your turn": "lambda f, w, n: ...",
}
HELD_WRONG = {
    "that is the leak": "lambda image, text: __import__('zlib').crc32(image) % 10 == 0",
    "answers otherwise": "lambda image, text: np.random.rand() < 0.1",
    "not about a tenth": "lambda image, text: __import__('zlib').crc32(text.encode()) % 2 == 0",
    "strings that are alike": "lambda image, text: text[0] == '0'",
}
COST = "tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)"
WEIGHTED_WRONG = {
    "make no difference": f"lambda y, z, w: tf.reduce_mean({COST})",
    "divide by the sum": f"lambda y, z, w: tf.reduce_mean({COST} * tf.constant(w))",
    "one number is wanted": f"lambda y, z, w: {COST}",
}
STATISTICS_WRONG = {
    "the mean of the variances": "lambda m, v: (m.mean(0), v.mean(0))",
    "the variance of the means": "lambda m, v: (m.mean(0), m.var(0))",
    "not (3,)": "lambda m, v: (m.mean(), v.mean())",
}
SILENT_WRONG = {
    "the same bytes": "lambda content: content",
    "TensorFlow notices": "lambda content: content[:-1]",
    "return bytes": "lambda content: content.decode('latin-1')",
}


@pytest.mark.parametrize(
    ("check", "name", "wrong"),
    [
        (checks.check_share, "share_of", SHARE_WRONG),
        (checks.check_held_out, "held_out", HELD_WRONG),
        (checks.check_mended, "labels_of", MENDED_WRONG),
        (checks.check_weighted, "weighted_heads", WEIGHTED_WRONG),
        (checks.check_statistics, "exact_statistics", STATISTICS_WRONG),
        (checks.check_silent, "damage", SILENT_WRONG),
    ],
)
def test_exercises(check, name, wrong):
    spec = {"label": tf.io.FixedLenFeature([4], tf.int64)}
    assert_exercise(WEEK, check, name, wrong, spec=spec)


SOURCE_WRONG = {
    "has no feature 'source'": "lambda i, s, y, t: to_example(i, s, y)",
    "return bytes": "lambda i, s, y, t: tf.train.Example.FromString(right(i, s, y, t))",
    "stopped with": "lambda i, s, y, t: feature(t)",
    "old features are gone": "lambda i, s, y, t: tf.train.Example(features=tf.train.Features("
    "feature={'source': feature(t.encode())})).SerializeToString()",
}


def test_exercise_about_a_new_feature(week):
    right, features = solution(WEEK, "to_example_from"), solution(WEEK, "FEATURES_FROM")
    assert checks.check_source(right, features)
    unfinished = checks.check_source(stub(WEEK, "to_example_from"), stub(WEEK, "FEATURES_FROM"))
    assert unfinished.message.endswith(": your turn"), unfinished.message
    assert "lack 'source'" in checks.check_source(right, week.FEATURES).message
    numbers = features | {"source": tf.io.FixedLenFeature([], tf.int64)}
    assert "parse 'source' as tf.string" in checks.check_source(right, numbers).message
    one = features | {"source": tf.io.FixedLenFeature([1], tf.string)}
    assert "shape [] each" in checks.check_source(right, one).message
    names = {"right": right, "to_example": week.to_example, "feature": week.feature, "tf": tf}
    for hint, verdict in answers(lambda f: checks.check_source(f, features), SOURCE_WRONG, names):
        assert not verdict and hint in verdict.message, (hint, verdict.message)
