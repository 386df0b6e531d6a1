"""A `tf.data` service on this machine: a dispatcher and readers that work for whoever trains."""

import contextlib
import os
import queue
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping

import tensorflow as tf

LOOPBACK = "localhost,127.0.0.1"
_END = object()


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what to set so that gRPC never takes a proxy for this machine, whatever is set so far."""
    named = [environment.get(name) for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy")]
    every = ",".join([*filter(None, named), LOOPBACK])
    return dict.fromkeys(("no_proxy", "NO_PROXY", "no_grpc_proxy"), every)


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on at the moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Serving:
    """A dispatcher and its readers; `address` is where a training asks for batches."""

    def __init__(self, workers: int) -> None:
        """Start them in this process, on ports of 127.0.0.1 that were free."""
        data = tf.data.experimental.service
        self._dispatcher = data.DispatchServer(data.DispatcherConfig(port=0))
        self._meet = self._dispatcher.target.split("://")[1].replace("localhost", "127.0.0.1")
        self.address = f"grpc://{self._meet}"
        self._ports = free_ports(workers)
        self._readers = [self._start(port) for port in self._ports]

    def _start(self, port: int) -> object:
        data, own = tf.data.experimental.service, f"127.0.0.1:{port}"
        return data.WorkerServer(data.WorkerConfig(self._meet, worker_address=own, port=port))

    def stop(self, reader: int) -> None:
        """Stop a reader in the middle of its work."""
        self._readers[reader]._stop()

    def replace(self, reader: int) -> None:
        """Start a new reader at the address of one that was stopped."""
        self._readers[reader] = self._start(self._ports[reader])

    def end(self) -> None:
        """Stop all of them."""
        for server in [*self._readers, self._dispatcher]:
            server._stop()


@contextlib.contextmanager
def serving(workers: int = 2) -> Iterator[Serving]:
    """Start a dispatcher and readers in this process, and stop them at the end.

    They meet on 127.0.0.1, past any proxy. TensorFlow's servers accept connections on all interfaces
    and ask nobody who they are: run them behind a firewall.
    """
    os.environ.update(past_proxies(os.environ))
    servers = Serving(workers)
    try:
        yield servers
    finally:
        servers.end()


def shared(dataset: tf.data.Dataset, address: str) -> tf.data.Dataset:
    """Let the service's readers compute a dataset, each element by one of them, in any order."""
    policy = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    return dataset.apply(
        tf.data.experimental.service.distribute(processing_mode=policy, service=address)
    )


class Deadline:
    """An iterator over what may never come: `next` raises TimeoutError, and may be called again."""

    def __init__(self, elements: Iterable, seconds: float) -> None:
        """Begin to fetch elements, in a thread, one ahead."""
        self.seconds, self._found = seconds, queue.Queue(maxsize=1)
        threading.Thread(target=self._fetch, args=(elements,), daemon=True).start()

    def _fetch(self, elements: Iterable) -> None:
        try:
            for element in elements:
                self._found.put(element)
            self._found.put(_END)
        except Exception as err:
            self._found.put(err)

    def __iter__(self) -> Iterator:
        """Return itself."""
        return self

    def __next__(self) -> object:
        """Return the next element.

        Raises:
            TimeoutError: none came within the seconds. What the elements' source raises passes through.
        """
        try:
            found = self._found.get(timeout=self.seconds)
        except queue.Empty:
            raise TimeoutError(f"no batch within {self.seconds:g} s") from None
        if found is _END:
            raise StopIteration
        if isinstance(found, Exception):
            raise found
        return found
