"""The digits loader: the data it promises, and every way in which disk and network let it down."""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from week03_regression import digits
from week03_regression import scans as scans_of_sklearn

import keras
import numpy as np
import pytest
import sklearn.datasets
from keras.src.backend import config

ROOT = Path(__file__).resolve().parents[1]
PROXIES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]
CACHED = digits.cache_file()


@pytest.fixture(scope="module")
def scans() -> digits.Digits:
    return digits.offline_digits()


@pytest.fixture
def file(tmp_path, monkeypatch, scans) -> Path:
    """The place for MNIST in an empty Keras home; proxies forgotten, scans already built."""
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it would remember the proxies
    monkeypatch.setattr(digits, "offline_digits", lambda: scans)
    return tmp_path / "keras" / "datasets" / "mnist.npz"


@pytest.fixture
def no_network(monkeypatch) -> None:
    def refuse(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> bytes:
    """What a server sends in place of MNIST: its arrays, all simple, and a ballast of 400 KB."""
    path = tmp_path_factory.mktemp("archive") / "mnist.npz"
    arrays = {"ballast": np.random.default_rng(0).integers(0, 256, 400_000, np.uint8)}
    for part, count in [("train", 60_000), ("test", 10_000)]:
        arrays[f"y_{part}"] = (np.arange(count) % 10).astype(np.uint8)
        arrays[f"x_{part}"] = np.zeros((count, 28, 28), np.uint8)
        arrays[f"x_{part}"][:, 14, 14] = 255
    np.savez_compressed(path, **arrays)
    return path.read_bytes()


@pytest.fixture
def ours(monkeypatch, archive) -> bytes:
    """Take the archive for MNIST, in our check and in Keras' own."""
    sha256 = hashlib.sha256(archive).hexdigest()
    monkeypatch.setattr(digits, "SHA256", sha256)

    def get_file(fname, origin, file_hash):
        return keras.utils.get_file(fname, origin, file_hash=sha256)

    monkeypatch.setattr("keras.src.datasets.mnist.get_file", get_file)
    return archive


class Server:
    """Listens on loopback, reads the request of each connection and hands it to `answer`."""

    def __init__(self, answer: Callable[[socket.socket], None]):
        self.answer = answer
        self.requests: list[str] = []
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65536).decode().splitlines()[0])
            with contextlib.suppress(OSError):  # the client goes away when it has enough
                self.answer(connection)

    def close(self) -> None:
        self.closed.set()
        self.listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[socket.socket], None]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def reply(
    body: bytes,
    *,
    piece: int = 1 << 30,
    pause: float = 0.0,
    hang_after: int | None = None,
) -> Callable[[socket.socket], None]:
    """Return an answer with status 200: the body in pieces, or hanging once some of it is sent."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body[:hang_after]), piece):
            connection.sendall(body[:hang_after][start : start + piece])
            time.sleep(pause)
        if hang_after is not None:
            time.sleep(30)

    return answer


def load(capfd) -> tuple[digits.Digits, str]:
    """Load the digits; return them and the one line that may be printed."""
    capfd.readouterr()
    result = digits.load_digits()
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith("≋ digits: ") and out.endswith("\n") and out.count("\n") == 1
    return result, out


def left_in(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir()) if file.parent.exists() else []


def accuracy(data: digits.Digits) -> float:
    """Train softmax regression for three epochs and return its accuracy on the test images."""
    x = data.x_train.reshape(-1, 784) / np.float32(255)
    y = np.eye(10, dtype=np.float32)[data.y_train]
    w, b = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)
    rng = np.random.default_rng(0)
    batches = [batch for _ in range(3) for batch in rng.permutation(60_000).reshape(-1, 100)]
    for step, batch in enumerate(batches):
        logits = x[batch] @ w + b
        p = np.exp(logits - logits.max(1, keepdims=True))
        grad = (p / p.sum(1, keepdims=True) - y[batch]) / 100
        lr = 0.5 * (1 - step / len(batches))
        w -= lr * (x[batch].T @ grad)
        b -= lr * grad.sum(0)
    guess = (data.x_test.reshape(-1, 784) / np.float32(255) @ w + b).argmax(1)
    return (guess == data.y_test).mean()


# The scans


def test_scans_have_the_form_of_mnist(scans):
    assert scans.source == "scans"
    assert scans.x_train.shape == (60_000, 28, 28) and scans.y_train.shape == (60_000,)
    assert scans.x_test.shape == (10_000, 28, 28) and scans.y_test.shape == (10_000,)
    for part in scans[:4]:
        assert part.dtype == np.uint8
    assert np.bincount(scans.y_train).tolist() == [6000] * 10
    assert np.bincount(scans.y_test).tolist() == [1000] * 10
    assert len(set(scans.y_train[:50])) == 10  # shuffled


def test_scans_look_like_mnist(scans):
    x = scans.x_train.astype(float)
    assert 25 < x.mean() < 45  # MNIST: 33
    assert 0.08 < (x > 200).mean() < 0.15  # MNIST: 0.10
    assert (x.max((1, 2)) > 200).mean() > 0.999
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert x[:, border].mean() < 1
    middle = np.arange(28) - 13.5
    for axis in (1, 2):
        offset = x.sum(axis) @ middle / x.sum((1, 2))
        assert np.abs(offset).max() < 3  # a pixel of jitter, half of rounding, the stroke's edge
        assert np.abs(offset.mean()) < 0.3


def test_repeats_differ(scans):
    assert len({image.tobytes() for image in scans.x_test}) > 9_000
    assert len({image.tobytes() for image in scans.x_train}) > 54_000


def test_split_is_disjoint_and_stratified():
    labels = sklearn.datasets.load_digits().target
    train, test = scans_of_sklearn._split(labels, np.random.default_rng(scans_of_sklearn.SEED))
    assert sorted([*train, *test]) == list(range(1797))
    share = np.bincount(labels[test]) / np.bincount(labels)
    assert (np.abs(share - 1 / 7) < 0.006).all()


@pytest.mark.parametrize("kept", ["train", "test"])
def test_no_scan_is_in_both_parts(kept, scans, monkeypatch):
    original = sklearn.datasets.load_digits()
    parts = scans_of_sklearn._split(original.target, np.random.default_rng(scans_of_sklearn.SEED))
    changed = parts[1] if kept == "train" else parts[0]
    original.images[changed] = original.images[changed][:, ::-1, ::-1].copy()
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: original)
    result = digits.offline_digits()
    assert np.array_equal(result.x_train, scans.x_train) == (kept == "train")
    assert np.array_equal(result.x_test, scans.x_test) == (kept == "test")


def test_scans_are_the_same_on_every_call_and_leave_global_seeds_alone(scans):
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()
    start = time.monotonic()
    again = digits.offline_digits()
    assert time.monotonic() - start < 5
    assert np.random.get_state()[1].tolist() == before
    for one, other in zip(scans[:4], again[:4], strict=True):
        assert np.array_equal(one, other)


def test_softmax_learns_the_scans(scans):
    assert 0.90 <= accuracy(scans) < 0.99


def test_pick(scans):
    assert scans.pick(mnist=(0.91, 0.93), scans=(0.90, 0.96)) == (0.90, 0.96)
    assert scans._replace(source="mnist").pick(mnist=1, scans=2) == 1


# MNIST itself


@pytest.mark.skipif(
    not CACHED.is_file() or bool(digits._fault(CACHED)),
    reason="no valid MNIST in Keras' cache",
)
class TestMnist:
    def test_comes_from_the_cache_without_network(self, no_network, capfd):
        result, line = load(capfd)
        assert result.source == "mnist" and "cache" in line
        assert result.y_train[:5].tolist() == [5, 0, 4, 1, 9]
        assert accuracy(result) >= 0.915

    def test_is_downloaded_into_an_empty_cache(self, file, serve, monkeypatch, capfd):
        body = CACHED.read_bytes()
        monkeypatch.setattr(digits, "ORIGIN", serve(reply(body)).url + "/mnist.npz")
        result, line = load(capfd)
        assert result.source == "mnist" and "downloaded" in line
        assert file.read_bytes() == body


def test_origin_and_hash_are_those_of_keras():
    source = Path(keras.src.datasets.mnist.__file__).read_text()
    assert digits.SHA256 in source
    assert digits.ORIGIN.removesuffix("mnist.npz") in source


# The cache


@pytest.mark.hostile
def test_a_wrong_file_is_refused_by_name_and_left_alone_offline(file, no_network, capfd):
    file.parent.mkdir()
    file.write_bytes(b"PK\x03\x04 not MNIST")
    before = file.stat()
    result, line = load(capfd)
    assert result.source == "scans"
    assert f"{file} refused: its SHA-256 is not MNIST's" in line
    assert "Name or service not known" in line
    assert file.read_bytes() == b"PK\x03\x04 not MNIST"
    assert file.stat().st_mtime_ns == before.st_mtime_ns and file.stat().st_ino == before.st_ino
    assert left_in(file) == ["mnist.npz"]


@pytest.mark.hostile
def test_a_wrong_file_is_refused_by_name_and_replaced_online(file, ours, serve, monkeypatch, capfd):
    monkeypatch.setattr(digits, "ORIGIN", serve(reply(ours)).url + "/mnist.npz")
    file.parent.mkdir()
    file.write_bytes(ours[:-1])
    result, line = load(capfd)
    assert result.source == "mnist"
    assert f"{file} refused: its SHA-256 is not MNIST's" in line and "downloaded" in line
    assert file.read_bytes() == ours
    assert left_in(file) == ["mnist.npz"]


def test_a_valid_file_is_read_without_a_request(file, ours, no_network, capfd):
    file.parent.mkdir()
    file.write_bytes(ours)
    result, line = load(capfd)
    assert result.source == "mnist" and "from Keras' cache" in line
    assert (result.y_test == np.arange(10_000) % 10).all()


@pytest.mark.hostile
@pytest.mark.parametrize("online", [True, False])
def test_a_folder_in_place_of_the_file(file, online, ours, serve, monkeypatch, capfd):
    server = serve(reply(ours))
    monkeypatch.setattr(digits, "ORIGIN", server.url if online else "http://127.0.0.1:9/")
    file.mkdir(parents=True)
    result, line = load(capfd)
    assert result.source == "scans" and f"{file} cannot be read" in line and "folder" in line
    assert file.is_dir() and left_in(file) == ["mnist.npz"]
    assert server.requests == []  # what could not be put into place is not downloaded either


@pytest.mark.hostile
def test_a_file_in_place_of_the_folder(file, ours, serve, monkeypatch, capfd):
    monkeypatch.setattr(digits, "ORIGIN", serve(reply(ours)).url)
    file.parent.write_text("mine")
    result, line = load(capfd)
    assert result.source == "scans" and str(file) in line
    assert file.parent.read_text() == "mine"


@pytest.mark.hostile
def test_an_unreadable_file_is_replaced_or_left(file, ours, serve, monkeypatch, capfd):
    def denied(path, *args, **kwargs):  # as root, file modes would deny nothing
        if str(path) == str(file):
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, *args, **kwargs)

    file.parent.mkdir()
    file.write_bytes(b"secret")
    with monkeypatch.context() as patch:
        patch.setattr(digits, "open", denied, raising=False)
        patch.setattr(digits, "ORIGIN", "http://127.0.0.1:9/mnist.npz")
        result, line = load(capfd)
        assert result.source == "scans" and f"{file} cannot be read: Permission denied" in line
        assert file.read_bytes() == b"secret"
        patch.setattr(digits, "ORIGIN", serve(reply(ours)).url)
        result, line = load(capfd)
        assert result.source == "mnist" and f"{file} cannot be read: Permission denied" in line
        assert file.read_bytes() == ours


@pytest.mark.hostile
def test_a_folder_that_may_not_be_written(file, ours, serve, monkeypatch, capfd):
    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(file.parent))

    monkeypatch.setattr(digits, "ORIGIN", serve(reply(ours)).url)
    monkeypatch.setattr(digits.tempfile, "TemporaryDirectory", denied)
    result, line = load(capfd)
    assert result.source == "scans" and "Permission denied" in line


@pytest.fixture
def second_home(file, tmp_path, monkeypatch) -> Path:
    """The place to which Keras turns if it may not write in its home: in /tmp, here replaced."""
    if not os.path.isdir("/tmp"):
        pytest.skip("without /tmp Keras turns elsewhere")
    join = os.path.join
    monkeypatch.setattr(
        os.path,
        "join",
        lambda a, *more: join(str(tmp_path) if (a, *more) == ("/tmp", ".keras") else a, *more),
    )
    return tmp_path / ".keras" / "datasets" / "mnist.npz"


@pytest.fixture
def read_only(file, monkeypatch) -> None:
    access, home = os.access, config.keras_home()
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != home and access(path, mode))


@pytest.mark.hostile
def test_a_read_only_home_is_still_read(file, second_home, read_only, ours, no_network, capfd):
    file.parent.mkdir()
    file.write_bytes(ours)
    result, line = load(capfd)
    assert result.source == "mnist" and f"copied from {file}" in line
    assert second_home.read_bytes() == ours and left_in(second_home) == ["mnist.npz"]
    assert "from Keras' cache" in load(capfd)[1]


@pytest.mark.hostile
def test_a_read_only_home_without_mnist(
    file, second_home, read_only, ours, serve, monkeypatch, capfd
):
    monkeypatch.setattr(digits, "ORIGIN", serve(reply(ours)).url)
    result, line = load(capfd)
    assert result.source == "mnist" and "downloaded" in line
    assert second_home.read_bytes() == ours and not file.exists()


@pytest.mark.hostile
@pytest.mark.parametrize("home", ["", "~/.keras"])
def test_no_home_at_all(home, second_home, no_network, monkeypatch, capfd):
    monkeypatch.setattr(config, "_KERAS_DIR", home)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where no user is known
    result, line = load(capfd)
    assert result.source == "scans" and "MNIST is not in Keras' cache" in line
    assert digits.cache_file() == second_home and left_in(second_home) == []


# The network


def test_a_download_fills_the_cache(file, ours, serve, monkeypatch, capfd):
    server = serve(reply(ours))
    monkeypatch.setattr(digits, "ORIGIN", server.url + "/mnist.npz")
    result, line = load(capfd)
    assert result.source == "mnist" and "MNIST is not in Keras' cache; downloaded" in line
    assert file.read_bytes() == ours and left_in(file) == ["mnist.npz"]
    assert "from Keras' cache" in load(capfd)[1]
    assert len(server.requests) == 1
    assert keras.config.is_interactive_logging_enabled()


@pytest.mark.hostile
def test_a_slow_network_is_not_cut_off(file, ours, serve, monkeypatch, capfd):
    monkeypatch.setattr(digits, "PATIENCE", 1.0)
    server = serve(reply(ours, piece=len(ours) // 5, pause=0.5))
    monkeypatch.setattr(digits, "ORIGIN", server.url)
    start = time.monotonic()
    result, _ = load(capfd)
    assert result.source == "mnist" and time.monotonic() - start > 2
    assert file.read_bytes() == ours


HTML = b"<html>please log in to this network</html>"


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(HTML), "what arrived is not MNIST"),
        (lambda c: c.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n"), "Not Found"),
        (
            lambda c: c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 9999\r\n\r\nabc"),
            "incomplete",
        ),
        (lambda c: c.sendall(b"\x00\x01\x02\n"), ""),
        (lambda c: None, ""),
        (lambda c: time.sleep(10), "the network did not answer"),
        (reply(bytes(400_000), hang_after=300_000), "the network stalled"),
        (reply(bytes(400_000), piece=1000, pause=0.1), "the network did not answer"),
    ],
    ids=[
        "html",
        "404",
        "truncated",
        "garbage",
        "hangs up",
        "silent",
        "stalls",
        "trickles",
    ],
)
@pytest.mark.parametrize("cached", [None, b"not MNIST"])
def test_a_bad_server(answer, reason, cached, file, serve, monkeypatch, capfd):
    if cached:
        file.parent.mkdir()
        file.write_bytes(cached)
    monkeypatch.setattr(digits, "PATIENCE", 0.8)
    monkeypatch.setattr(digits, "ORIGIN", serve(answer).url + "/mnist.npz")
    start = time.monotonic()
    result, line = load(capfd)
    assert time.monotonic() - start < 4
    assert result.source == "scans" and reason in line and "no download" in line
    assert left_in(file) == (["mnist.npz"] if cached else [])
    assert not cached or file.read_bytes() == cached


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda c: c.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n"), "403"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + HTML), ""),
        (reply(HTML), ""),
    ],
    ids=["refuses", "html in the tunnel", "html"],
)
def test_a_bad_proxy(answer, reason, file, serve, monkeypatch, capfd):
    server = serve(answer)
    monkeypatch.setenv("https_proxy", server.url)
    start = time.monotonic()
    result, line = load(capfd)
    assert time.monotonic() - start < 5
    (request,) = server.requests
    assert request.startswith("CONNECT storage.googleapis.com:443 ")
    assert result.source == "scans" and reason in line
    assert left_in(file) == []


@pytest.mark.hostile
def test_threads_that_fill_one_cache(file, ours, serve, monkeypatch):
    server = serve(reply(ours, piece=len(ours) // 4, pause=0.1))
    monkeypatch.setattr(digits, "ORIGIN", server.url)
    answers: list[str] = []
    halves: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(digits.load_digits().source))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if file.exists() and file.stat().st_size != len(ours):
            halves.append(file.stat().st_size)
        time.sleep(0.01)
    assert answers == ["mnist"] * 4 and halves == []
    assert file.read_bytes() == ours and left_in(file) == ["mnist.npz"]


# Whole processes, at the real patience

PROCESS = """
import json, socket, sys, time
how, origin, sha256, report = sys.argv[1:]
from week03_regression import digits
from week03_regression import scans as scans_of_sklearn
if origin:
    digits.ORIGIN, digits.SHA256 = origin, sha256
    import keras
    get_file = keras.utils.get_file
    import keras.src.datasets.mnist as mnist
    mnist.get_file = lambda fname, origin, file_hash: get_file(fname, origin, file_hash=sha256)
if how == "hanging name server":
    socket.getaddrinfo = lambda *args, **kwargs: time.sleep(60)
if how == "black hole":
    socket.create_connection = lambda *args, **kwargs: time.sleep(60)
start = time.monotonic()
data = digits.load_digits()
json.dump([data.source, time.monotonic() - start, int(data.x_train[:100].sum())], open(report, "w"))
"""


def processes(tmp_path: Path, cases: dict[str, dict[str, str]], *args: str) -> dict[str, list]:
    """Load the digits in one process for each case, all at once; return source, seconds, output."""
    clean = {k: v for k, v in os.environ.items() if k.lower() not in PROXIES}
    running = {}
    for number, (case, env) in enumerate(cases.items()):
        report = tmp_path / f"report{number}.json"
        command = [
            sys.executable,
            "-c",
            PROCESS,
            case,
            *(args or ("", "")),
            str(report),
        ]
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            command,
            stdout=pipe,
            stderr=pipe,
            cwd=ROOT,
            env=clean | env,
            encoding="utf-8",
        )
        running[case] = child, report
    results = {}
    for case, (child, report) in running.items():
        out, err = child.communicate(timeout=240)
        assert child.returncode == 0, err
        assert err == "" and out.startswith("≋ digits: ") and out.count("\n") == 1
        results[case] = [*json.loads(report.read_text()), out]
    return results


@pytest.mark.hostile
def test_a_dead_network_costs_less_than_15_seconds(tmp_path, serve, scans):
    proxy = serve(lambda connection: time.sleep(60))
    home = {"KERAS_HOME": str(tmp_path / "keras"), "PYTHONIOENCODING": "utf-8"}
    cases = {
        "hanging name server": home,
        "black hole": home,
        "silent proxy": home | {"https_proxy": proxy.url},
    }
    for case, (source, seconds, pixels, out) in processes(tmp_path, cases).items():
        assert source == "scans" and seconds < 15, (case, seconds)
        assert "MNIST is not in Keras' cache; no download: the network did not answer" in out
        assert pixels == scans.x_train[:100].sum()  # the same in every process
    assert len(proxy.requests) == 1
    assert list((tmp_path / "keras" / "datasets").iterdir()) == []


@pytest.mark.hostile
def test_processes_that_fill_one_cache(tmp_path, serve, archive):
    server = serve(reply(archive, piece=len(archive) // 10, pause=0.2))
    home = {"KERAS_HOME": str(tmp_path / "keras"), "PYTHONIOENCODING": "utf-8"}
    results = processes(
        tmp_path,
        {"one": home, "other": home},
        server.url,
        hashlib.sha256(archive).hexdigest(),
    )
    assert [source for source, *_ in results.values()] == ["mnist", "mnist"]
    file = tmp_path / "keras" / "datasets" / "mnist.npz"
    assert file.read_bytes() == archive and left_in(file) == ["mnist.npz"]
