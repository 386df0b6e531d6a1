"""Start one worker of a cluster, or all workers on this machine, and say in plain words what happens.

On each machine of a cluster, with the same list of addresses and its own index:

    python -m week10_tfrecord.launch --workers host0:2222 host1:2222 --index 0 --data DIR --steps 900

Without --workers, `--local 2` starts two on this machine.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen

from week10_tfrecord import processes
from week10_tfrecord.processes import WorkerFailed
from week10_tfrecord.service import free_ports, past_proxies


def tf_config(addresses: list[str], index: int) -> str:
    """Return what TF_CONFIG says to one worker: all addresses, and which one is its own."""
    return json.dumps(
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    )


def launch(
    job: Mapping,
    addresses: list[str],
    indices: list[int],
    *,
    on_line: Callable[[str, str, Popen], None] = lambda name, line, process: None,
    patience: float = 300.0,
) -> dict[int, dict]:
    """Run the workers of these indices on this machine until all are done.

    Args:
        job: the arguments of `training.train`, such as folder and steps.
        addresses: `host:port` of every worker of the cluster; a single one needs no cluster.
        indices: which of them to start here; index 0 is the chief.
        on_line: called with a worker's name, each of its lines and its process.
        patience: seconds without a line after which a worker counts as stuck.

    Returns:
        For each index `losses` (of each step), `digest` (of all weights) and `files` it read.

    Raises:
        WorkerFailed: a worker, here or elsewhere, died or fell silent; its `results` hold what was
            reported until then.
    """
    names = {f"worker {index}{' (the chief)' if index == 0 else ''}": index for index in indices}
    results = {index: {"losses": {}} for index in indices}

    def parse(name: str, line: str, process: Popen) -> None:
        kind, _, rest = line.partition(" ")
        if kind == "step":
            step, loss = rest.split()
            results[names[name]]["losses"][int(step)] = float.fromhex(loss)
        elif kind == "done":
            results[names[name]]["digest"] = rest
        elif kind == "files":
            results[names[name]]["files"] = rest.split()
        on_line(name, line, process)

    text = json.dumps({**job, **{k: str(v) for k, v in job.items() if isinstance(v, Path)}})
    try:
        processes.run(
            {name: processes.python("week10_tfrecord.worker", text) for name in names},
            parse,
            env={
                name: past_proxies(os.environ) | {"TF_CONFIG": tf_config(addresses, i)}
                for name, i in names.items()
            },
            patience=patience,
        )
    except WorkerFailed as err:
        err.results = results
        raise
    return results


def lasting(
    run: Callable[[], dict], restarts: int, told: Callable[[WorkerFailed], None]
) -> dict[int, dict]:
    """Run workers, and all of them again whenever one is lost, up to `restarts` times.

    The run must save checkpoints, or it begins anew each time. `told` is called with each loss.
    """
    for _ in range(restarts):
        try:
            return run()
        except WorkerFailed as err:
            told(err)
    return run()


def local(
    job: Mapping,
    workers: int,
    restarts: int = 0,
    told: Callable[[WorkerFailed], None] = lambda err: None,
    **how,
) -> dict[int, dict]:
    """Run all workers of a cluster on this machine, over loopback; as `launch` and `lasting`."""

    def run() -> dict[int, dict]:
        addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
        return launch(job, addresses, list(range(workers)), **how)

    return lasting(run, restarts, told)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, print each step of the first worker started; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", nargs="+", metavar="HOST:PORT", help="all, chief first")
    parser.add_argument("--index", type=int, default=0, help="which of them runs here")
    parser.add_argument("--local", type=int, default=1, help="or: how many to run on this machine")
    parser.add_argument("--data", type=Path, required=True, help="folder with shards and manifest")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=64, help="over all workers together")
    parser.add_argument("--streams", type=int, default=2, help="a multiple of the workers")
    parser.add_argument("--checkpoints", type=Path, help="a folder that all workers see")
    parser.add_argument("--every", type=int, default=0, help="steps between checkpoints")
    parser.add_argument("--restarts", type=int, default=0, help="if a worker is lost; all restart")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds of silence allowed")
    options = parser.parse_args(arguments)
    job = {
        "folder": options.data,
        **{name: getattr(options, name) for name in ("steps", "batch", "streams", "every")},
        "checkpoints": options.checkpoints,
    }
    addresses = options.workers or [f"127.0.0.1:{p}" for p in free_ports(options.local)]
    indices = [options.index] if options.workers else list(range(options.local))
    first = []

    def show(name: str, line: str, _: Popen) -> None:
        first.append(name)
        if line.startswith("step") and name == first[0]:
            step, loss = line.split()[1:]
            print(f"step {step} loss {float.fromhex(loss):.6f}", flush=True)

    try:
        how = {"on_line": show, "patience": options.patience}
        results = lasting(
            lambda: launch(job, addresses, indices, **how),
            options.restarts,
            lambda err: print(f"{err}; starting again", file=sys.stderr, flush=True),
        )
    except (WorkerFailed, FileNotFoundError) as err:
        print(err, file=sys.stderr)
        return 1
    for index, result in results.items():
        print(f"worker {index} done, weights {result['digest']}, read {len(result['files'])} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
