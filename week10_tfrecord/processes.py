"""Processes that are watched: each reports by lines, whoever dies is named, and none is left behind.

A worker calls `die_with_parent` first. It then ends by itself when the process that started it is
gone, however that happened: the system closes the pipe that is the worker's standard input.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

TAIL = 6  # last lines of a failed worker's stderr that are shown


class WorkerFailed(RuntimeError):
    """A worker died, failed or fell silent; the others have been stopped."""


def die_with_parent() -> None:
    """End this process as soon as the process that started it no longer holds our stdin open."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this course in a fresh interpreter."""
    return [sys.executable, "-m", module, *arguments]


def run(
    commands: Mapping[str, Sequence[str]],
    on_line: Callable[[str, str, subprocess.Popen], None] = lambda name, line, process: None,
    *,
    env: Mapping[str, Mapping[str, str]] | None = None,
    patience: float = 300.0,
) -> None:
    """Run commands side by side until all have ended well.

    Args:
        commands: what to run, by the worker's name.
        on_line: called in this thread with the worker's name, each line that it prints, and its
            process.
        env: environment variables to add, by the worker's name.
        patience: seconds that a worker may stay silent.

    Raises:
        WorkerFailed: one died, failed or stayed silent. The message says which, how and after which
            line; all others have been stopped by then.
    """
    env = env or {}
    lines: queue.SimpleQueue = queue.SimpleQueue()
    workers: dict[str, subprocess.Popen] = {}
    last = dict.fromkeys(commands, "")
    heard = dict.fromkeys(commands, time.monotonic())

    def handle(name: str, line: str) -> None:
        last[name], heard[name] = line, time.monotonic()
        on_line(name, line, workers[name])

    with tempfile.TemporaryDirectory() as folder:
        logs = {name: os.path.join(folder, f"{i}.log") for i, name in enumerate(commands)}
        readers = []
        try:
            for name, command in commands.items():
                workers[name] = _start(command, logs[name], env.get(name, {}))
                reader = threading.Thread(
                    target=_forward, args=(name, workers[name].stdout, lines), daemon=True
                )
                reader.start()
                readers.append(reader)
                heard[name] = time.monotonic()
            while running := [name for name in workers if workers[name].poll() is None]:
                with contextlib.suppress(queue.Empty):
                    handle(*lines.get(timeout=0.05))
                _raise_if_one_failed(workers, last, logs)
                for name in running:
                    if time.monotonic() > heard[name] + patience:
                        raise WorkerFailed(
                            f"{name} has said nothing for {patience:g} s"
                            f"{_after(last[name])}; all have been stopped"
                        )
            for reader in readers:
                reader.join(5)
            while not lines.empty():
                handle(*lines.get())
            _raise_if_one_failed(workers, last, logs)
        finally:
            for worker in workers.values():
                worker.kill()
            for worker in workers.values():
                worker.wait()
                worker.stdin.close()


def _start(command: Sequence[str], log: str, env: Mapping[str, str]) -> subprocess.Popen:
    """Start a worker whose stdin we hold and whose stdout we read line by line."""
    with open(log, "wb") as stderr:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(env),
        )


def _forward(name: str, stdout: IO[str], lines: queue.SimpleQueue) -> None:
    """Put a worker's lines into the common queue until it closes its stdout."""
    with stdout:
        for line in stdout:
            lines.put((name, line.rstrip("\n")))


def _after(line: str) -> str:
    return f" after {line!r}" if line else ""


def _raise_if_one_failed(workers: Mapping, last: Mapping, logs: Mapping) -> None:
    """Raise about a worker that ended badly: one that was killed before one that gave up."""
    failed = {name: worker.poll() for name, worker in workers.items() if worker.poll()}
    if not failed:
        return
    name = min(failed, key=lambda name: failed[name] > 0)
    code = failed[name]
    if code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
    else:
        how = f"stopped with exit code {code}"
    with open(logs[name], errors="replace") as log:
        tail = [line.rstrip() for line in log.readlines() if line.strip()][-TAIL:]
    said = "\n  " + "\n  ".join(tail) if tail and code > 0 else ""
    raise WorkerFailed(f"{name} {how}{_after(last[name])}; the others have been stopped{said}")
