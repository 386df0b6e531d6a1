"""What a hostile world is tried on: each function runs in a child of `tests.zygote` and prints a report.

The endless ones are there to be killed. They first look at what an earlier, killed run left, and
raise if it is not whole; then they print `begun` and go on from there.
"""

import contextlib
import itertools
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from week03_regression import digits
from week05_tensorboard import server as tensorboard
from week08_inception import archive, download, labels, naughty, recogniser, saving, standin
from week09_transfer import bodies, classifier, photos, report
from week10_tfrecord import faults, writing

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import config

BODY = np.random.default_rng(0).bytes(4_000_000)
GRAPH = {archive.GRAPH: BODY[:1_000_000]}
ONE = {"value": tf.io.FixedLenFeature([1], tf.int64)}


def say(*words: object) -> None:
    """Print a line that arrives even if the process is killed right after it."""
    print(*words, flush=True)


def whole(condition: bool, what: str) -> None:
    """Raise if something is not whole."""
    if not condition:
        raise AssertionError(f"{what} is not whole")


def rounds(once: bool) -> range | itertools.count:
    """Return one round, or rounds without end."""
    return range(1) if once else itertools.count()


# --- endless jobs, to be killed -----------------------------------------------------------------


def checkpoints(folder: str, once: bool = False) -> None:
    """Week 8: count on, saving a checkpoint of 1 MB at each step."""
    count, filler = tf.Variable(0), tf.Variable(tf.zeros([250_000]))
    checkpoint = tf.train.Checkpoint(count=count, filler=filler)
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=3)
    for prefix in manager.checkpoints:  # the oldest may be half deleted, its index first
        if prefix == manager.latest_checkpoint or Path(f"{prefix}.index").exists():
            saving.stored(prefix)
    if manager.latest_checkpoint:
        saving.restore(checkpoint, manager.latest_checkpoint)
    whole(bool(tf.reduce_all(filler == float(count))), "the checkpoint")
    say("begun", int(count))
    for _ in rounds(once):
        count.assign_add(1)
        filler.assign(tf.fill([250_000], float(count)))
        saving.save(manager)
        say("saved", int(count))


def classifiers(folder: str, once: bool = False) -> None:
    """Week 9: count on in the weights of a classifier, saved as one file at each step."""
    file, count = Path(folder, "model.keras"), 0
    inputs = keras.Input([4])
    model = keras.Model(inputs, keras.layers.Dense(20_000)(inputs))
    model = classifier.named(model, [f"class {k}" for k in range(20_000)])
    if file.exists():
        model = classifier.load(file)
        values = np.unique(np.concatenate([w.ravel() for w in model.get_weights()]))
        whole(len(values) == 1, file.name)
        count = int(values[0])
    say("begun", count)
    for _ in rounds(once):
        count += 1
        model.set_weights([np.full_like(w, count) for w in model.get_weights()])
        classifier.save(model, file)
        say("saved", count)


def features(folder: str, once: bool = False) -> None:
    """Week 9: count on in a file of features."""
    file = Path(folder, "features.npy")
    count = 0
    if file.exists():
        found = np.load(file, allow_pickle=False)
        whole(found.shape == (500_000,) and len(set(found)) == 1, file.name)
        count = int(found[0])
    say("begun", count)
    for _ in rounds(once):
        count += 1
        values = np.full(500_000, count, np.float32)
        saving.atomically(lambda path, v=values: np.save(path, v), file)
        say("saved", count)


def shards(folder: str, once: bool = False) -> None:
    """Week 10: write a set of three shards and its manifest, again and again."""
    for path in Path(folder).glob("*.tfrecord"):
        found = [str(r) for r in faults.walk([str(path)], ONE) if isinstance(r, faults.Fault)]
        whole(not found and len(set(_values(path))) == 1, path.name)
    with contextlib.suppress(FileNotFoundError):  # a set that was never finished says so
        paths, _ = faults.files(Path(folder))
        whole(not faults.verify(Path(folder)), "the set")
        whole(len({value for path in paths for value in _values(path)}) == 1, "the set")
    say("begun", 0)
    for count in rounds(once):
        Path(folder, writing.MANIFEST).unlink(missing_ok=True)
        names = [Path(folder, f"{k}.tfrecord") for k in range(3)]
        record = tf.train.Example(features=tf.train.Features(feature={"value": _number(count)}))
        content = [record.SerializeToString()] * 100
        entries = [writing.write_shard(name, content) for name in names]
        writing.write_manifest(Path(folder), entries)
        say("saved", count)


def _number(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _values(path: str | Path) -> list[int]:
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    held = [tf.train.Example.FromString(record).features.feature for record in records]
    return [each["value"].int64_list.value[0] for each in held]


def downloads(folder: str, once: bool = False) -> None:
    """Week 8: download a file of 4 MB again and again, going on where a killed run broke off."""
    file = Path(folder, "file.tgz")
    blob = standin.git_id(BODY)
    whole(not file.exists() or not download.fault(file, len(BODY), blob), file.name)
    with naughty.server(BODY) as served:
        say("begun", 0)
        for count in rounds(once):
            file.unlink(missing_ok=True)
            how = download.fetch(served.url, file, size=len(BODY), blob=blob)
            say("saved", count, how)


def archives(folder: str, once: bool = False) -> None:
    """Week 8: lose a file of an archive and install it anew, again and again."""
    where, good = Path(folder, "inception"), standin.label_files() | GRAPH
    content = naughty.pack(good)
    ids = standin.git_id(content), standin.git_id(GRAPH[archive.GRAPH])
    facts = archive.Archive("", len(content), *ids)
    for path in where.glob("*"):
        whole(path.read_bytes() == good[path.name], path.name)
    with naughty.server(content) as served:
        say("begun", 0)
        for count in rounds(once):
            Path(where, labels.WORDS).unlink(missing_ok=True)
            say("saved", count, archive.install(facts._replace(url=served.url), where))
            whole(sorted(os.listdir(where)) == sorted(good), where.name)


def mnist(folder: str, once: bool = False) -> None:
    """Week 3: fill Keras' cache again and again."""
    config._KERAS_DIR = folder
    digits.SHA256 = digits.hashlib.sha256(BODY).hexdigest()
    file = digits.cache_file()
    whole(not file.exists() or not digits._fault(file), file.name)
    with naughty.server(BODY) as served:
        digits.ORIGIN = served.url
        say("begun", 0)
        for count in rounds(once):
            file.unlink(missing_ok=True)
            say("saved", count, digits._install(file))


# --- network and caches -------------------------------------------------------------------------


@contextlib.contextmanager
def impatient(home: str, dns: str = "") -> Iterator[None]:
    """Keras' home in a folder, a second of patience, no MNIST but a stand-in; perhaps a mute name server."""
    config._KERAS_DIR = home
    digits.PATIENCE = 1.0
    digits.offline_digits = stand_in
    isdir = os.path.isdir
    os.path.isdir = lambda path: path != "/tmp" and isdir(path)  # so that Keras turns elsewhere,
    tempfile.tempdir = home.replace("read_only", "second_home")  # namely here
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        if dns == "mute":
            mute.bind(("127.0.0.1", 53))
        start = time.monotonic()
        try:
            yield
        finally:
            whole(time.monotonic() - start < 9, "the time")  # a mute name server costs 10


def stand_in() -> digits.Digits:
    """Return something in the shape of the scans, which take seconds to draw."""
    parts = []
    for count in (60_000, 10_000):
        x = np.zeros([count, 28, 28], np.uint8)
        x[:, 14, 14] = 255
        parts += [x, (np.arange(count) % 10).astype(np.uint8)]
    return digits.Digits(*parts, source="scans")


def fetch_mnist(home: str, dns: str = "", content: bytes | None = None) -> None:
    """Week 3's digits; with a content, from a server of our own that is taken for MNIST's."""
    with impatient(home, dns), contextlib.ExitStack() as stack:
        if content is not None:
            digits.ORIGIN = stack.enter_context(naughty.server(content.encode())).url
        digits.load_digits()


def copy_mnist(home: str) -> None:
    """MNIST from a cache that may be read but not written."""
    with impatient(home):
        digits.SHA256 = digits.hashlib.sha256(BODY).hexdigest()
        say(digits._install(file := digits.cache_file()))
        whole(not digits._fault(file) and file.is_relative_to(tempfile.tempdir), file.name)


def fetch_body(home: str, dns: str = "") -> None:
    """Week 9's body; the weights are not there, or not whole."""
    with impatient(home, dns):
        bodies.mobilenet(32)


def fetch_classes(home: str) -> None:
    """The names of ImageNet's classes."""
    with impatient(home):
        say(labels.read_keras(recogniser.cached(recogniser.CLASSES, b"{"))[0])


def fetch_login_page(folder: str) -> None:
    """Weights of which neither size nor hash are known, and a network that sends a page instead."""
    with naughty.server(b"<html>please log in to this network</html>") as served:
        download.fetch(served.url, Path(folder, "weights.h5"), begins=recogniser.HDF5)


def fetch_through(folder: str, answer: str) -> None:
    """A download through a proxy that answers every request in the same way."""
    digits.PATIENCE = 2.0
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        os.environ["https_proxy"] = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        threading.Thread(target=_answer_all, args=[proxy, answer.encode()], daemon=True).start()
        download.fetch("https://example.org/file.tgz", Path(folder, "file.tgz"), size=9)


def _answer_all(listener: socket.socket, answer: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)


def keep_features(folder: str) -> None:
    """Week 9's features, computed, spoiled in the cache by the caller, computed again."""
    network = keras.Sequential([keras.Input([2, 2, 3]), keras.layers.Flatten()])
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    found = bodies.kept(network, pixels, folder)
    whole(np.array_equal(found, pixels.reshape(2, 12)), "the features")
    say(found.dtype, found.shape)


def together(folder: str, known: bool) -> None:
    """Two processes download one file of a server at the same moment, ten times."""
    facts = {"size": len(BODY), "blob": standin.git_id(BODY)} if known else {}
    with naughty.server(BODY) as served:
        for count in range(10):
            file = Path(folder, f"file{count}.tgz")
            if pid := os.fork():
                download.fetch(served.url, file, **facts)
                whole(os.waitpid(pid, 0)[1] == 0, "the other process")
                whole(file.read_bytes() == BODY, file.name)
            else:
                _exit_after(download.fetch, served.url, file, **facts)


def install_together(folder: str) -> None:
    """Two processes install one archive at the same moment, five times."""
    content = naughty.pack(standin.label_files() | GRAPH)
    ids = standin.git_id(content), standin.git_id(GRAPH[archive.GRAPH])
    with naughty.server(content) as served:
        facts = archive.Archive(served.url, len(content), *ids)
        for count in range(5):
            where = Path(folder, f"{count}", "inception")
            if pid := os.fork():
                archive.install(facts, where)
                whole(os.waitpid(pid, 0)[1] == 0, "the other process")
                whole(not archive.missing(facts, where), where.name)
                whole(os.listdir(where.parent) == ["inception"], "the folder")
            else:
                _exit_after(archive.install, facts, where)


def _exit_after(act: Callable, *arguments: object, **more: object) -> None:
    """Do something and end this process, with status 0 only if nothing was raised."""
    try:
        act(*arguments, **more)
    except BaseException as err:
        say("other process:", repr(err))
        os._exit(1)
    os._exit(0)


# --- full disks ---------------------------------------------------------------------------------


def full(folder: str, what: str) -> None:
    """Write something small, then something larger than the disk; the small one must still be there."""
    for path in Path(folder).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    FULL[what](Path(folder))


def full_checkpoint(folder: Path) -> None:
    variable = tf.Variable(tf.ones([1000]))
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=variable), str(folder), 3)
    good = saving.save(manager)
    before = sorted(os.listdir(folder))
    big = tf.Variable(tf.ones([1_000_000]))
    try:
        saving.save(tf.train.CheckpointManager(tf.train.Checkpoint(v=big), str(folder), 3, "big"))
    finally:
        whole(bool(saving.stored(good)), "the earlier checkpoint")
        say(*(set(os.listdir(folder)) ^ set(before)))


def full_file(save: Callable[[Path, int], object]) -> Callable[[Path], None]:
    """Return a job that saves small, then large."""

    def act(folder: Path) -> None:
        save(folder, 1)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        try:
            save(folder, 2_000_000)
        finally:
            after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            whole(before == after, "the earlier file")

    return act


def _save_classifier(folder: Path, width: int) -> None:
    inputs = keras.Input([1])
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Dense(width)(inputs)))
    classifier.save(classifier.named(model, ["a", "b"]), folder / "model.keras")


def _save_features(folder: Path, width: int) -> None:
    saving.atomically(lambda path: np.save(path, np.zeros(width)), folder / "features.npy")


def _save_shard(folder: Path, width: int) -> None:
    writing.write_shard(folder / "a.tfrecord", [bytes(width)] * 3)


def _save_manifest(folder: Path, width: int) -> None:
    writing.write_manifest(folder, [{"file": "x" * width, "records": 1}])


def _save_report(folder: Path, width: int) -> None:
    pictures = photos.Photos(
        [Path("a.png")], np.zeros([1, 2, 2, 3], np.uint8), np.zeros(1, np.int32), ["a", "b"]
    )
    report.write(folder / "report.html", pictures, np.ones([1, 2]) / 2, ["x" * width])


def _fetch(folder: Path, width: int) -> None:
    body = bytes(width)
    with naughty.server(body) as served:
        download.fetch(served.url, folder / "file", size=width, blob=standin.git_id(body))


def _unpack(folder: Path, width: int) -> None:
    good = standin.label_files() | {archive.GRAPH: os.urandom(1) * width}
    content = naughty.pack(good)
    ids = standin.git_id(content), standin.git_id(good[archive.GRAPH])
    (file := folder.parent / "file.tgz").write_bytes(content)
    archive.unpack(archive.Archive("", len(content), *ids), file, folder / "inception")


FULL = {
    "checkpoint": full_checkpoint,
    "classifier": full_file(_save_classifier),
    "features": full_file(_save_features),
    "shard": full_file(_save_shard),
    "manifest": full_file(_save_manifest),
    "report": full_file(_save_report),
    "download": full_file(_fetch),
    "archive": full_file(_unpack),
}


def full_cache(home: str) -> None:
    """Week 3's digits, with no room for them in Keras' cache."""
    with impatient(home), naughty.server(BODY) as served:
        digits.ORIGIN, digits.SHA256 = served.url, digits.hashlib.sha256(BODY).hexdigest()
        digits.load_digits()
    say(*os.listdir(Path(home, "datasets")))


# --- TensorBoard --------------------------------------------------------------------------------

FAKE = """
import http.server, sys
class Runs(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'["run"]')
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Runs)
print(f"http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
server.serve_forever()
"""


def tensorboard_killed(folder: str) -> None:
    """Week 5's server is killed under whoever uses it, and started again on the same port."""
    tensorboard.CHILD = FAKE  # what is tried is how we deal with it, and this one starts at once
    Path(folder, "x.tfevents").touch()
    server = tensorboard.start(folder)
    say(tensorboard.fetch(server.url + "data/runs"))
    server.process.kill()
    server.process.wait()
    try:
        tensorboard.fetch(server.url + "data/runs")
    except OSError as err:
        say(err)
    tensorboard.stop(server)
    port = int(server.url.rstrip("/").rsplit(":", 1)[1])
    with tensorboard.serving(folder, port=port) as url:
        say(tensorboard.fetch(url + "data/runs"))
