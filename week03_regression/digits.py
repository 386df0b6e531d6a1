"""Handwritten digits: MNIST through Keras, or offline the scans that ship with scikit-learn.

`load_digits` always returns data and prints one line that says which. Keras alone would download
straight over its cached file, delete it if that fails, and wait on a dead network for minutes; here
a download lands in a folder of its own, is checked, and only then takes the file's place at once.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from week02_basics.drafts import sweep
from week02_basics.tables import situation
from week03_regression import scans

import keras
import numpy as np
from keras.src.backend.config import keras_home

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
PATIENCE = 8.0  # seconds in which at least STEP bytes must arrive, or the network counts as dead
STEP = 64 * 1024

T = TypeVar("T")


class Digits(NamedTuple):
    """Images of handwritten digits, white (255) on black (0), and the digits 0 to 9 they show."""

    x_train: np.ndarray  # uint8 (60000, 28, 28)
    y_train: np.ndarray  # uint8 (60000,)
    x_test: np.ndarray  # uint8 (10000, 28, 28)
    y_test: np.ndarray  # uint8 (10000,)
    source: str  # "mnist" or "scans"

    def pick(self, *, mnist: T, scans: T) -> T:
        """Return the one that belongs to this data, for instance the band of a measured number."""
        return {"mnist": mnist, "scans": scans}[self.source]


def load_digits() -> Digits:
    """Return MNIST, from Keras' cache or downloaded into it, else `offline_digits()`.

    Prints one line that names the data and, if it had to fall back, the reason. A file in the cache
    is used only if its SHA-256 is MNIST's; another one is replaced when MNIST can be downloaded and
    left as it is when not. A dead network costs `PATIENCE` seconds.
    """
    file = cache_file()
    fault = _fault(file)
    try:
        how = f"{fault}; {_install(file)}" if fault else "from Keras' cache"
        train, test = keras.datasets.mnist.load_data()
        digits = Digits(*train, *test, source="mnist")
        text = f"digits: MNIST ({how})"
    except Exception as err:  # whatever disk or network are up to, the lesson goes on
        reason = str(err).split(" -- ")[-1][:120] or type(err).__name__
        digits = offline_digits()
        why = f"{fault}; no download: {reason}" if fault else reason
        text = f"digits: scans that ship with scikit-learn, repeated to MNIST's shapes ({why})"
    situation(" ".join(text.split()), holds=_sound(digits))
    return digits


def cache_file() -> Path:
    """Return where Keras looks for MNIST: in its home, or in /tmp if it may not write there."""
    home = os.path.expanduser(keras_home())
    if not os.access(home, os.W_OK):
        home = os.path.join("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir(), ".keras")
    return Path(home, "datasets", "mnist.npz")


def _fault(file: Path) -> str:
    """Say in a few words why a file cannot serve as MNIST; empty if it can."""
    try:
        with open(file, "rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return "MNIST is not in Keras' cache"
    except OSError as err:
        return f"{file} cannot be read: {err.strerror}"
    return "" if digest == SHA256 else f"{file} refused: its SHA-256 is not MNIST's"


def _install(file: Path) -> str:
    """Put MNIST in its place in one step, so that nobody ever reads half of it; say how.

    Raises:
        OSError, ValueError or what Keras raises: it cannot be had, or not be put there.
    """
    if file.is_dir():
        raise IsADirectoryError("a folder is in its place")
    file.parent.mkdir(parents=True, exist_ok=True)
    sweep(file.parent, ".mnist.npz-*")
    with tempfile.TemporaryDirectory(
        dir=file.parent, prefix=".mnist.npz-", ignore_cleanup_errors=True
    ) as folder:
        fresh, how = Path(folder, file.name), "downloaded"
        home = Path(os.path.expanduser(keras_home()), "datasets", file.name)
        if _fault(home):
            _download(fresh)
        else:  # Keras does not read where it may not write
            shutil.copyfile(home, fresh)
            how = f"copied from {home}"
        if _fault(fresh):
            raise ValueError("what arrived is not MNIST")
        os.replace(fresh, file)
    return how


def _download(target: Path) -> None:
    """Download `ORIGIN` through Keras into a file of an existing folder, silently.

    Raises:
        TimeoutError: see `patiently`.
        Exception: what Keras raises.
    """

    def fetch() -> None:
        keras.config.disable_interactive_logging()  # in this thread only
        keras.utils.get_file(target.name, ORIGIN, cache_dir=target.parent, cache_subdir="")

    patiently(fetch, target)


def patiently(fetch: Callable[[], object], target: Path) -> None:
    """Run a download for as long as its file grows.

    Runs in a thread that can be left behind: no timeout of a socket covers a name server that does
    not answer, or several addresses that are tried one after the other.

    Args:
        fetch: downloads into `target`.
        target: the file; it may be there already, and be continued.

    Raises:
        TimeoutError: it grew by less than `STEP` bytes in `PATIENCE` seconds.
        Exception: what `fetch` raises.
    """
    errors: list[Exception] = []

    def run() -> None:
        try:
            fetch()
        except Exception as err:
            errors.append(err)

    def size() -> int:
        return target.stat().st_size if target.exists() else 0

    thread = threading.Thread(target=run, daemon=True)
    first = arrived = size()
    since = time.monotonic()
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        if not arrived <= size() < arrived + STEP:  # smaller: it starts again
            arrived, since = size(), time.monotonic()
        elif time.monotonic() > since + PATIENCE:
            raise TimeoutError(f"the network {'stalled' if arrived > first else 'did not answer'}")
    if errors:
        raise errors[0]


def _sound(digits: Digits) -> bool:
    """Tell whether shapes, dtypes, the range of the pixels and the ten classes are right."""
    x_train, y_train, x_test, y_test, _ = digits
    return all(
        (x.shape, y.shape) == ((count, 28, 28), (count,))
        and x.dtype == y.dtype == np.uint8
        and (x.min(), x.max()) == (0, 255)
        and set(y) == set(range(10))
        for x, y, count in [(x_train, y_train, 60_000), (x_test, y_test, 10_000)]
    )


def offline_digits() -> Digits:
    """Return real handwriting in MNIST's shapes without any network, the same on every call."""
    return Digits(*scans.as_mnist(), source="scans")
