"""A `tf.data` service on this machine: a dispatcher and workers that read for whoever trains."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def serving(workers: int = 2) -> Iterator[str]:
    """Start a dispatcher and workers in this process, give the address to read from, stop them.

    They are told to meet on 127.0.0.1, on ports that the system picks. TensorFlow's servers accept
    connections on all interfaces and ask nobody who they are: run them behind a firewall.
    """
    data = tf.data.experimental.service
    dispatcher = data.DispatchServer(data.DispatcherConfig(port=0))
    address = dispatcher.target.split("://")[1].replace("localhost", "127.0.0.1")
    started = [
        data.WorkerServer(
            data.WorkerConfig(dispatcher_address=address, worker_address="127.0.0.1:%port%")
        )
        for _ in range(workers)
    ]
    try:
        yield f"grpc://{address}"
    finally:
        for server in [*started, dispatcher]:
            server._stop()


def shared(dataset: tf.data.Dataset, address: str) -> tf.data.Dataset:
    """Let the service's workers compute a dataset, each element by one of them, in any order."""
    policy = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    return dataset.apply(
        tf.data.experimental.service.distribute(processing_mode=policy, service=address)
    )
