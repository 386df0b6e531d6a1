"""The weeks in a hostile world: for each fault a clear message or success, and nothing lost or left over.

Whatever needs a process of its own runs in a child of `tests.zygote`, as a job of `tests.jobs`. Faults
that one week alone has to deal with are tried in that week's tests; the mark `hostile` counts them all.
"""

import fnmatch
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from week03_regression import digits
from week08_inception import recogniser
from week09_transfer import bodies

import pytest

from tests import jobs
from tests.notebook_rules import NOTEBOOKS, ROOT
from tests.zygote import Zygote

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks"),
]
MODELS = digits.cache_file().parents[1] / "models"
SCANS = "≋ digits: scans that ship with scikit-learn, repeated to MNIST's shapes "


@pytest.fixture(scope="module")
def zygote(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    models = folder / "read_only" / "models"
    models.mkdir(parents=True)
    (folder / "read_only" / "datasets").mkdir()
    (folder / "read_only" / "datasets" / "mnist.npz").write_bytes(jobs.BODY)
    (folder / "second_home").mkdir()
    for name in (bodies.WEIGHTS, "imagenet_class_index.json"):
        if (MODELS / name).is_file():
            shutil.copy(MODELS / name, models)
    process = Zygote(folder)
    yield process
    process.close()


@pytest.fixture
def walled(zygote) -> Zygote:
    """The process behind walls; skips where there are none."""
    if zygote.missing:
        pytest.skip(zygote.missing)
    return zygote


@pytest.fixture
def home(tmp_path) -> Path:
    """An empty Keras home."""
    for name in ("datasets", "models"):
        (tmp_path / "keras" / name).mkdir(parents=True)
    return tmp_path / "keras"


def inside(folder: Path) -> list[str]:
    """Return all files below a folder."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def untouched(file: Path) -> tuple:
    """Return what changes if somebody writes to a file or replaces it."""
    stat = file.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_mode


# --- network and caches -------------------------------------------------------------------------

NETWORKS = {"cut": ("", "no connection"), "name server mute": ("mute", "did not answer")}


@pytest.mark.parametrize("network", NETWORKS)
def test_no_network(network, walled, home):
    dns, words = NETWORKS[network]
    came = walled.run("fetch_mnist", home=home, dns=dns)
    assert not came["error"] and len(came["lines"]) == 1
    assert came["lines"][0].startswith(f"{SCANS}(MNIST is not in Keras' cache; no download: ")
    assert (words if dns else "name resolution") in came["lines"][0]
    came = walled.run("fetch_body", home=home, dns=dns)
    assert re.fullmatch(rf"(Connection|Timeout)Error: .*{words}", came["error"]), came
    assert inside(home) == []


PROXIES = {
    "page in the tunnel": "HTTP/1.1 200 OK\r\n\r\n<html>log in</html>",
    "page": "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<html>log in</html>",
    "refusal": "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    "nothing": "",
}


@pytest.mark.parametrize("answer", PROXIES)
def test_a_proxy_that_answers_something_else(answer, zygote, tmp_path):
    came = zygote.run("fetch_through", folder=tmp_path, answer=PROXIES[answer])
    why = "no safe connection|the proxy refuses|no connection"
    assert re.fullmatch(rf"ConnectionError: file\.tgz: ({why})", came["error"]), came
    assert inside(tmp_path) == []


def test_a_page_is_not_taken_for_weights(zygote, tmp_path):
    came = zygote.run("fetch_login_page", folder=tmp_path)
    assert came["error"].startswith("Refused: weights.h5 is another file: it does not begin with")
    assert inside(tmp_path) == []


SPOILT = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:1000]),
    "empty": lambda file: file.write_bytes(b""),
    "another": lambda file: file.write_bytes(b"<html>please log in</html>"),
    "the head of an archive": lambda file: file.write_bytes(b"PK\3\4 and nothing else"),
    "unreadable": lambda file: file.chmod(0),
}


@pytest.fixture(params=SPOILT)
def spoil(request):
    """Give what spoils a file; `how` says in which way."""

    def act(file: Path) -> None:
        SPOILT[request.param](file)

    act.how = request.param
    return act


def test_mnist_spoilt_in_the_cache(spoil, walled, home):
    file = home / "datasets" / "mnist.npz"
    file.write_bytes(jobs.BODY)
    spoil(file)
    before = untouched(file)
    came = walled.run("fetch_mnist", home=home)
    why = "cannot be read: Permission denied" if spoil.how == "unreadable" else "refused: its SHA"
    assert came["lines"][0].startswith(f"{SCANS}({file} {why}"), came
    assert untouched(file) == before and inside(home) == ["datasets/mnist.npz"]


def test_weights_spoilt_in_the_cache(spoil, walled, home):
    file = home / "models" / bodies.WEIGHTS
    file.write_bytes(recogniser.HDF5 + bytes(5000))
    spoil(file)
    before = untouched(file)
    came = walled.run("fetch_body", home=home)
    assert re.fullmatch(rf"ValueError: {bodies.WEIGHTS} .* \(\w+\): delete it", came["error"]), came
    assert untouched(file) == before and inside(home) == [f"models/{bodies.WEIGHTS}"]


def test_names_of_classes_spoilt_in_the_cache(spoil, walled, home):
    file = home / "models" / "imagenet_class_index.json"
    entries = [f'"{k}": ["n{k:08}", "thing_{k}"]' for k in range(1000)]
    file.write_text("{" + ", ".join(entries) + "}")
    assert walled.run("fetch_classes", home=home)["lines"] == ["('n00000000', 'thing 0')"]
    spoil(file)
    error = walled.run("fetch_classes", home=home)["error"]
    assert re.match("(ValueError|PermissionError): .*imagenet_class_index.json", error), error


def test_features_spoilt_in_the_cache(spoil, walled, tmp_path):
    """They are computed anew, and kept again."""
    assert walled.run("keep_features", folder=tmp_path)["lines"] == ["float32 (2, 12)"]
    (name,) = inside(tmp_path)
    good = (tmp_path / name).read_bytes()
    spoil(tmp_path / name)
    assert walled.run("keep_features", folder=tmp_path)["lines"] == ["float32 (2, 12)"]
    assert inside(tmp_path) == [name] and (tmp_path / name).read_bytes() == good


def test_a_cache_on_a_read_only_disk(walled):
    came = walled.run("copy_mnist", home=walled.read_only)
    assert came["lines"] == [f"copied from {walled.read_only}/datasets/mnist.npz"], came
    if not (walled.read_only / "models" / bodies.WEIGHTS).exists():
        came = walled.run("fetch_body", home=walled.read_only)
        assert re.match("OSError: .*Read-only file system", came["error"]), came
        return
    came = walled.run("fetch_body", home=walled.read_only)
    assert not came["error"], came
    assert walled.run("fetch_classes", home=walled.read_only)["lines"][0].startswith("('n01440764'")


def test_a_read_only_disk_without_a_cache(walled):
    came = walled.run("keep_features", folder=walled.read_only)
    assert re.fullmatch("OSError: .* nothing is left: Read-only file system", came["error"]), came
    came = walled.run("downloads", folder=walled.read_only, once=True)
    assert re.match("OSError: .*Read-only file system", came["error"]), came


@pytest.mark.parametrize("known", [True, False], ids=["of known size", "of unknown size"])
def test_two_processes_download_the_same_file(known, zygote, tmp_path):
    came = zygote.run("together", folder=tmp_path, known=known)
    assert not came["error"] and not came["killed"], came
    assert inside(tmp_path) == [f"file{k}.tgz" for k in range(10)]


def test_two_processes_install_the_same_archive(zygote, tmp_path):
    came = zygote.run("install_together", folder=tmp_path)
    assert not came["error"] and not came["killed"], came


# --- disk and process ---------------------------------------------------------------------------

NO_ROOM = (
    "no room|not enough room|nothing is left: .*(No space|requested|write)|checkpoint not saved"
)


@pytest.mark.parametrize("what", jobs.FULL)
def test_a_full_disk(what, walled):
    came = walled.run("full", folder=walled.full, what=what)
    assert re.match(r"(OSError|WritingFailed|Refused): ", came["error"]), came
    assert re.search(NO_ROOM, came["error"]) and came["lines"] in ([], [""]), came


def test_no_room_for_mnist(walled):
    came = walled.run("full_cache", home=walled.full)
    assert came["lines"][0].startswith(SCANS) and "No space left" in came["lines"][0], came
    assert came["lines"][1:] == [""], "something is left"


# Moments of each job, and what may lie in its folder once a whole round has followed the kills.
KILLED = {
    "checkpoints": (10, "checkpoint ckpt-*.index ckpt-*.data-00000-of-00001"),
    "classifiers": (8, "model.keras"),
    "features": (8, "features.npy"),
    "shards": (10, "?.tfrecord manifest.json"),
    "downloads": (10, "file.tgz"),
    "archives": (8, "inception/*"),
    "mnist": (8, "datasets/mnist.npz"),
}
DRAFTS = ".* */.* */.*/* *_temp/* ckpt-*.tempstate* checkpoint.tmp* *.part file.tgz"


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("job", KILLED)
def test_killed_at_random_moments(job, zygote, tmp_path, record_property):
    """Each run begins with a look at what the killed one left, and counts on from there."""
    moments, allowed = KILLED[job][0], KILLED[job][1].split()
    record_property("faults", moments)
    rng, saved = random.Random(job), 0
    for _ in range(moments):
        came = zygote.run(job, kill=rng.uniform(0, 0.12), folder=tmp_path)
        assert came["killed"], came
        numbers = [int(line.split()[1]) for line in came["lines"] if re.match("begun|saved", line)]
        if job in ("checkpoints", "classifiers", "features"):
            assert saved <= numbers[0] <= saved + 1, (saved, came)
            saved = numbers[-1]
        strange = [name for name in inside(tmp_path) if not fits(name, allowed + DRAFTS.split())]
        assert not strange, strange
    long_ago = time.time() - 2 * 24 * 3600
    for path in tmp_path.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    came = zygote.run(job, folder=tmp_path, once=True)
    assert not came["error"] and not came["killed"], came
    strange = [name for name in inside(tmp_path) if not fits(name, allowed)]
    assert not strange, strange
    folders = {p.name for p in tmp_path.rglob("*") if p.is_dir()}
    assert folders <= {"inception", "datasets"}, folders


def test_tensorboard_killed_under_the_notebook(zygote, tmp_path):
    came = zygote.run("tensorboard_killed", folder=tmp_path)
    first, words, again = came["lines"]
    assert not came["error"] and first == again == "['run']"
    assert re.fullmatch(
        r"no TensorBoard answers at http://127\.0\.0\.1:\d+/.* Start it again", words
    )


# --- surroundings -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The course in a folder that nobody should have to fear."""
    folder = tmp_path_factory.mktemp("clone") / "Mein Kurs (2) – 课程"
    skipped = (".venv", ".git", "build", "__pycache__", ".pytest_cache", ".ruff_cache")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*skipped), symlinks=True)
    return folder


def test_make_in_a_folder_with_spaces(clone):
    """Its environment stands; a command runs and writes where it should."""
    if not shutil.which("make"):
        pytest.skip("needs make")
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (clone / ".venv" / "bin" / "python").chmod(0o755)
    (clone / ".venv" / "ready").touch()
    command = ["make", "-C", clone, "student", "NB=week02_basics"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "build/student/week02_basics.ipynb" in done.stdout
    assert (clone / "build" / "student" / "week02_basics.ipynb").is_file()
    shutil.rmtree(clone / "build")


ASCII = ["LC_ALL=POSIX", "PYTHONCOERCECLOCALE=0", "PYTHONUTF8=0"]
LATIN1 = ["LC_ALL=de_DE.ISO-8859-1", "PYTHONUTF8=0"]
SURROUNDINGS = {
    "no HOME, ASCII": ["-u", "HOME", *ASCII],
    "HOME read-only, Latin-1": ["HOME=read_only", *LATIN1],
}


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_a_lesson_in_strange_surroundings(surroundings, walled, clone, tmp_path, record_property):
    """Strictly, all at once: path, working directory, locale, HOME, /dev/shm, a read-only course."""
    record_property("faults", 6)
    lesson = tmp_path / NOTEBOOKS[0].name
    shutil.copy(clone / "notebooks" / lesson.name, lesson)
    for path in [*clone.rglob("*"), clone]:
        path.chmod(path.stat().st_mode & 0o555)
    env = [
        f"HOME={walled.read_only}" if e == "HOME=read_only" else e
        for e in SURROUNDINGS[surroundings]
    ]
    own = [f"PYTHONPATH={clone}", f"JUPYTER_RUNTIME_DIR={tmp_path}", f"IPYTHONDIR={tmp_path}"]
    done = subprocess.run(
        [
            *walled.before, "env", *env, *own, sys.executable, "-m", "pytest", "-q",
            "--color=no", "-p", "no:cacheprovider", "-c", clone / "pyproject.toml",
            "--rootdir", tmp_path, f"--nbval-sanitize-with={clone}/tests/nbval_sanitize.cfg", lesson,
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )  # fmt: skip
    for path in [clone, *clone.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout and " failed" not in done.stdout


PRINTED = r"""
import tools
print("\u2713")
from week02_basics.tables import situation
situation("seen", holds=True)
"""


def test_a_console_that_lacks_the_marks(clone, tmp_path):
    """It shows something else in their place, and the program goes on."""
    done = subprocess.run(
        ["env", *ASCII, f"PYTHONPATH={clone}", sys.executable, "-c", PRINTED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "?\n? seen\n", done.stderr
