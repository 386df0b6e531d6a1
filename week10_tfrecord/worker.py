"""One worker of a cluster: `python -m week10_tfrecord.worker JOB`, with TF_CONFIG in the environment.

It prints `started`, `joined`, `files NAME…`, `step N LOSS` after each step and `done DIGEST` at the end. If a peer dies, it asks
every peer's port who still answers, says so, and ends with exit code 4.
"""

import json
import os
import socket
import sys

from week10_tfrecord import processes, training

import tensorflow as tf

PEER_GONE = 4
DESCRIBED = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.InternalError,
    tf.errors.CancelledError,
    tf.errors.UnknownError,
    tf.errors.DeadlineExceededError,
)


def silent(cluster: list[str], me: int) -> list[str]:
    """Return the peers of a cluster that do not accept a connection, with their role and address."""
    gone = []
    for number, address in enumerate(cluster):
        host, port = address.rsplit(":", 1)
        try:
            if number != me:
                socket.create_connection((host, int(port)), timeout=2).close()
        except OSError:
            gone.append(f"worker {number}{' (the chief)' if number == 0 else ''} at {address}")
    return gone


def main(job: str) -> int:
    """Train as a job, in JSON, says: the arguments of `training.train`."""
    processes.die_with_parent()
    print("started", flush=True)
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    cluster = config.get("cluster", {}).get("worker", [])
    me = config.get("task", {}).get("index", 0)
    try:  # the cluster first: it can only be joined before the first operation
        where = tf.distribute.MultiWorkerMirroredStrategy() if len(cluster) > 1 else None
        print("joined", len(cluster) or 1, flush=True)
        tf.config.experimental.enable_op_determinism()
        run = training.train(
            **json.loads(job),
            strategy=where,
            worker=me,
            workers=max(1, len(cluster)),
            opened=lambda names: print("files", *names, flush=True),
            report=lambda step, loss: print("step", step, loss.hex(), flush=True),
        )
    except DESCRIBED as err:
        if not (gone := silent(cluster, me)):
            raise
        print(f"{' and '.join(gone)} no longer answers ({type(err).__name__})", file=sys.stderr)
        return PEER_GONE
    print("done", run.digest, flush=True)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a cluster's threads may wait for a dead peer for ever
