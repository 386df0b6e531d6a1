"""TensorBoard as a process of its own on 127.0.0.1: started, waited for, and stopped again.

The process ends with whoever started it, however that ends: it holds the reading end of a pipe and
exits when the writing end closes, which the system does even for a process that was killed.
"""

import atexit
import contextlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"
CHILD = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from tensorboard.main import run_main
run_main()
"""
PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server(NamedTuple):
    """A running TensorBoard: where it answers, and its process."""

    url: str  # such as "http://127.0.0.1:6006/"
    process: subprocess.Popen


def find() -> None:
    """Let `%tensorboard` start the program that lies beside this Python.

    By itself it looks along the PATH, on which an environment that is not activated does not lie.
    """
    beside = shutil.which("tensorboard", path=str(Path(sys.executable).parent))
    if beside:
        os.environ["TENSORBOARD_BINARY"] = beside


def start(
    logdir: Path | str, port: int = 0, timeout: float = 60.0, options: Sequence[str] = ()
) -> Server:
    """Start TensorBoard on a log directory and return once it answers and has read its runs.

    It is TensorBoard as `tensorboard --logdir …` starts it, but for host and port.

    Args:
        logdir: a folder with event files or a projector's configuration, at any depth.
        port: where to listen; 0 takes a free one.
        timeout: seconds after which the start counts as failed; an idle laptop needs about 5.
        options: more for the command line, such as `["--load_fast=false"]`.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed.
        FileNotFoundError: there is no such folder, or nothing in it that TensorBoard could show.
        NotADirectoryError: `logdir` is a file.
        OSError: the port is in use.
        TimeoutError: it does not answer in time; the message ends with its last words.
        RuntimeError: it ended by itself; the message ends with its last words.
    """
    folder = Path(logdir)
    if importlib.util.find_spec("tensorboard") is None:
        raise ModuleNotFoundError("TensorBoard is not installed: pip install tensorboard")
    runs = _runs(folder)
    if port:
        _check_free(port)
    argv = ["--logdir", str(folder), "--host", HOST, "--port", str(port), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    server = Server("", process)
    atexit.register(stop, server)
    words: list[str] = []
    threading.Thread(target=_listen, args=(process, words), daemon=True).start()
    try:
        return _ready(server, words, runs, time.monotonic() + timeout)
    except BaseException:
        stop(server)
        raise


def _runs(folder: Path) -> int:
    """Count the folders with event files; raise if TensorBoard would have nothing to show."""
    if not folder.exists():
        raise FileNotFoundError(f"there is no log directory {folder}")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; TensorBoard takes the folder it lies in")
    runs = {path.parent for path in folder.rglob("*tfevents*") if path.is_file()}
    if not runs and not any(folder.rglob("projector_config.pbtxt")):
        raise FileNotFoundError(
            f"the log directory {folder} holds no event file: was a writer closed, or another "
            "folder meant?"
        )
    return len(runs)


def _check_free(port: int) -> None:
    """Raise if somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(5)
        if probe.connect_ex((HOST, port)) == 0:
            raise OSError(f"port {port} is in use: stop what runs there, or take port 0 for any")


def _listen(process: subprocess.Popen, words: list[str]) -> None:
    """Collect what a process says, until it ends."""
    with process.stderr:
        words.extend(process.stderr)


def _ready(server: Server, words: list[str], runs: int, until: float) -> Server:
    """Wait for the line that names the address, then for the list of runs."""
    while time.monotonic() < until:
        said = "".join(words)
        if server.process.poll() is not None:
            time.sleep(0.1)  # for its last words
            said = "".join(words).strip()[-400:]
            if "already in use" in said or "could not bind" in said:
                raise OSError(f"TensorBoard could not bind to its port: {said}")
            raise RuntimeError(f"TensorBoard ended with code {server.process.returncode}: {said}")
        if found := re.search(rf"http://{re.escape(HOST)}:\d+/", said):
            server = server._replace(url=found[0])
            with contextlib.suppress(OSError):
                if len(fetch(server.url + "data/runs")) >= runs:
                    return server
        time.sleep(0.1)
    raise TimeoutError(
        f"TensorBoard did not answer in time; it said: {''.join(words).strip()[-400:]}"
    )


def fetch(url: str) -> list | dict:
    """Return what TensorBoard answers at one of its JSON addresses, such as `url + "data/runs"`.

    Raises:
        ConnectionError: nobody answers there any more, or not with what was asked for.
    """
    try:
        with PROXYLESS.open(url, timeout=10) as answer:
            return json.load(answer)
    except (OSError, http.client.HTTPException, ValueError) as err:
        raise ConnectionError(
            f"no TensorBoard answers at {url} ({err}): was it stopped? Start it again"
        ) from None


def stop(server: Server) -> None:
    """Stop TensorBoard and wait until it is gone; stopping twice does no harm."""
    process = server.process
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    process.stdin.close()


@contextlib.contextmanager
def serving(
    logdir: Path | str, port: int = 0, timeout: float = 60.0, options: Sequence[str] = ()
) -> Iterator[str]:
    """Run TensorBoard while the body of a `with` statement runs; gives its address (see `start`)."""
    server = start(logdir, port, timeout, options)
    try:
        yield server.url
    finally:
        stop(server)
