"""A Python process under watch: what it takes too much of ends it, and the reason is kept."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.execute import ROOT
from tools.frames import Nonsense, unpack

OUTPUT = 10 * 2**20  # bytes that a process may print


@dataclass(frozen=True)
class Limits:
    """What a student's code may take: seconds for a cell or a call, megabytes of memory."""

    seconds: float = 60.0
    memory: int = 4000
    start: float = 600.0  # seconds until TensorFlow is loaded and the lesson's own cells have run


class Ended(BaseException):
    """The process has ended; the text says why. Not an Exception: no check may swallow it."""


class Worker:
    """A process that runs a module and speaks through its standard input and output.

    Whatever it prints otherwise is counted and thrown away.

    Args:
        module: the module to run, such as `"tools.pupil"`.
        arguments: its command line.
        memory: megabytes that it and its children may hold at once.
        folder: where it runs.
    """

    def __init__(self, module: str, *arguments: str, memory: int, folder: Path):
        """Start the process."""
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "MPLBACKEND": "agg",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        self._reason, self._tail, self._memory = "", b"", memory
        self._messages: queue.Queue = queue.Queue()
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._read, self._count_output, self._watch_memory)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, packed: bytes) -> None:
        """Send a message; a process that has ended is noticed by `receive`."""
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(packed)
            self._process.stdin.flush()

    def receive(self, seconds: float) -> tuple[dict, list[bytes]]:
        """Return the next message.

        Raises:
            Ended: none came in time, or the process has ended.
        """
        try:
            message = self._messages.get(timeout=max(seconds, 0.01))
        except queue.Empty:
            message = None
            self._reason = self._reason or "took too long"
        if message is None:
            self.end()
            raise Ended(self._reason or self._died())
        return message

    def end(self) -> None:
        """Kill the process with everything it started, and wait until it is gone."""
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10)
        if not any(thread.is_alive() for thread in self._threads):
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                with contextlib.suppress(OSError):
                    pipe.close()

    def tail(self) -> str:
        """Return the end of what the process printed."""
        return self._tail.decode(errors="replace")

    def _died(self) -> str:
        code = self._process.returncode
        if code == -signal.SIGKILL:  # by `end`, after it had closed the pipe, or by the system
            return "ended the process, or was killed by the system"
        if code < 0:
            return f"crashed Python ({signal.Signals(-code).name})"
        return f"ended the process (exit status {code})"

    def _stop(self, reason: str) -> None:
        """Kill for a reason; the reader then notices the end."""
        self._reason = self._reason or reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _read(self) -> None:
        """Put what the process says into the queue, None at its end."""
        try:
            while (message := unpack(self._process.stdout.read)) is not None:
                self._messages.put(message)
        except Nonsense as err:
            self._stop(f"sent the grader {err}")
        except (OSError, ValueError):
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._messages.put(None)

    def _count_output(self) -> None:
        """Read away what the process prints, and end it if that is too much."""
        count = 0
        with contextlib.suppress(OSError, ValueError):
            while part := self._process.stderr.read1(2**16):
                self._tail = (self._tail + part)[-2000:]
                count += len(part)
                if count > OUTPUT:
                    self._stop(f"printed more than {OUTPUT >> 20} MB")

    def _watch_memory(self) -> None:
        """End the process when it and its children hold too much memory."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._process.pid)
            while self._process.poll() is None:
                used = 0
                for each in (process, *process.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        used += each.memory_info().rss
                if used > self._memory * 2**20:
                    self._stop(f"took more than {self._memory} MB of memory")
                time.sleep(0.1)


@contextlib.contextmanager
def worker(module: str, *arguments: str, memory: int, folder: Path) -> Iterator[Worker]:
    """Start a `Worker` that is gone after the block."""
    running = Worker(module, *arguments, memory=memory, folder=folder)
    try:
        yield running
    finally:
        running.end()


def pipe() -> tuple:
    """Take standard input and output for messages, and let prints go elsewhere; in the process.

    Returns:
        Two functions: one sends the bytes of a message, one returns the next, None at the end.
    """
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)

    def send(packed: bytes) -> None:
        sink.write(packed)
        sink.flush()

    return send, lambda: unpack(source.read)
