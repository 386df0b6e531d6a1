"""A process with the course loaded that forks a child for each fault, so that no import is paid twice.

It reads an order in JSON from each line of its stdin: the name of a function in `tests.jobs`, its
arguments and, for a child that is to be killed, how many seconds after its line `begun`. It answers
with a line: what the child printed, the error that ended it, whether it was killed.

`Zygote` starts it, on Linux in namespaces of its own: without network but for loopback, with a full
disk, a read-only one and a tiny /dev/shm, and without root's right to ignore file modes.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60.0  # that a child may take
# Run as root of new namespaces: $1 is a folder with the mount points `full` and `read_only`.
WALLS = """
set -e
ip link set lo up
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start || true
mount --make-rprivate /
mount -t tmpfs -o size=1m,mode=777 tmpfs "$1/full"
mount --bind "$1/read_only" "$1/read_only"
mount -o remount,ro,bind "$1/read_only"
mount -t tmpfs -o size=64k,mode=1777 tmpfs /dev/shm
mount --bind "$1/resolv.conf" "$(readlink -f /etc/resolv.conf)"
shift
exec "$@"
"""
# As if of a cluster: TensorFlow then starts no threads before the first fork.
ENVIRONMENT = ["env", "TF_CONFIG={}", "PYTHONIOENCODING=utf-8"]
NO_OVERRIDE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def walls(folder: Path) -> tuple[list[str], str]:
    """Return the command to put before another one to run it behind walls; or none, and why not."""
    for tool in ("unshare", "ip", "setpriv", "mount"):
        if not shutil.which(tool):
            return [], f"needs Linux with {tool}"
    me = ["setpriv", f"--reuid={os.getuid()}", f"--regid={os.getgid()}", "--init-groups"]
    for start, drop in [
        (["unshare", "-rmn"], NO_OVERRIDE),
        (["sudo", "-n", "unshare", "-mn"], me),  # where user namespaces are refused
    ]:
        command = [*start, "sh", "-c", WALLS, "walls", str(folder), *drop]
        with contextlib.suppress(OSError):
            if not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
                return command, ""
    return [], "this system lets nobody make a namespace"


class Zygote:
    """The process, seen from a test; `missing` says why it has no walls."""

    def __init__(self, folder: Path):
        self.full, self.read_only = folder / "full", folder / "read_only"
        self.full.mkdir()
        self.read_only.mkdir(exist_ok=True)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.before, self.missing = walls(folder)
        self.process = subprocess.Popen(
            [*self.before, *ENVIRONMENT, sys.executable, "-m", "tests.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, job: str, *, kill: float | None = None, **arguments: object) -> dict:
        """Run a job in a child and return `lines`, `error` (or "") and `killed`."""
        json.dump([job, kill, arguments], self.process.stdin, default=str)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def child(job: str, arguments: dict) -> None:
    """Run a job with what it prints going to the pipe; the last line tells what ended it."""
    from tests import jobs

    try:
        getattr(jobs, job)(**arguments)
        print("= done", flush=True)
    except BaseException as err:
        text = " ".join(str(err).split())
        print(f"! {type(err).__name__}: {text}", flush=True)


def fork(job: str, kill: float | None, arguments: dict) -> dict:
    """Fork a child for a job, wait for its end or kill it, and return what is known of it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writing, 1)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        child(job, arguments)
        os._exit(0)
    os.close(writing)
    said, until, end = b"", time.monotonic() + SECONDS, kill is None
    with open(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (piece := pipe.read(65536)):
                break
            said += piece
            if not end and re.search(rb"begun.*\n", said):
                until, end = time.monotonic() + kill, True
        killed = os.waitpid(pid, os.WNOHANG)[0] == 0
        if killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        while piece := pipe.read(65536):
            said += piece
    *lines, last = said[: said.rfind(b"\n") + 1].decode(errors="replace").splitlines() or [""]
    over = last.startswith(("! ", "= "))
    return {
        "lines": lines if over else [*lines, last],
        "error": last[2:] if last.startswith("! ") else "",
        "killed": not over,
    }


def main() -> None:
    """Answer orders until stdin ends."""
    from tests import jobs

    jobs.faults._week()  # every child that reads records needs it
    for line in sys.stdin:
        print(json.dumps(fork(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
