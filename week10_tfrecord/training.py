"""Training as a worker of a cluster does it: the same steps whatever the number of workers.

The shards are dealt into a fixed number of streams, and a step takes the same number of images from
each stream. Workers share the streams among them, and so do the devices of a worker. A global batch
therefore holds the same images on one device and on many, and each file is read by one worker only.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from week02_basics.start import strategy as local_strategy
from week02_basics.taught import taught
from week10_tfrecord import faults, writing

import numpy as np
import tensorflow as tf

Report = Callable[[int, float], None]


class Run(NamedTuple):
    """What a training run came to."""

    losses: dict[int, float]  # of each step that this process did, by its number from 1
    digest: str  # of all weights, to the last bit
    weights: np.ndarray  # float32 [number of weights]
    files: list[str]  # names of the files that this worker read


def share(files: Sequence[str], streams: int, worker: int, workers: int) -> list[list[str]]:
    """Return the streams of one worker, each a list of files.

    Args:
        files: all files, in the same order on every worker.
        streams: their number, a multiple of `workers`, at most as many as there are files.
        worker: which one this is, from 0.
        workers: how many there are.

    Raises:
        ValueError: the streams cannot be shared evenly.
    """
    if streams % workers or not 1 <= streams <= len(files):
        raise ValueError(
            f"{streams} streams of {len(files)} files cannot be shared by {workers} workers: take "
            "a multiple of the workers, and no more than there are files"
        )
    return [list(files[stream::streams]) for stream in range(worker, streams, workers)]


def epoch_of(
    read: Callable[..., tf.data.Dataset],
    streams: Sequence[Sequence[str]],
    batch: int,
    replicas: int,
    seed: int,
    skip: int = 0,
) -> tf.data.Dataset:
    """Return one epoch of one worker: an element for each of its devices in turn, step after step.

    Args:
        read: the reader of the lesson, `read(files, batch, seed=seed)`.
        streams: this worker's streams.
        batch: images that a step takes from each stream.
        replicas: number of this worker's devices; the streams are a multiple of it.
        seed: of the order in this epoch.
        skip: steps to leave out at the beginning.

    Raises:
        ValueError: the devices cannot share the streams evenly.
    """
    if len(streams) % replicas:
        raise ValueError(f"{len(streams)} streams cannot be shared by {replicas} devices")

    def deal(*parts: tuple) -> tuple:
        x, y = (tf.concat(pieces, 0) for pieces in zip(*parts, strict=True))
        size = batch * len(streams) // replicas
        return tuple(tf.reshape(t, [replicas, size, *t.shape[1:]]) for t in (x, y))

    whole = [
        read(files, batch, seed=seed).filter(lambda x, y: tf.equal(len(x), batch))
        for files in streams
    ]
    dealt = tf.data.Dataset.zip(tuple(whole)).map(deal)
    return dealt.skip(skip).unbatch().prefetch(tf.data.AUTOTUNE)


def steps_in_epoch(folder: Path, streams: int, batch: int) -> int:
    """Return how many steps every stream can give, each `batch` images of each stream."""
    shards = [shard["records"] for shard in writing.read_manifest(folder)["shards"]]
    return min(sum(shards[stream::streams]) // batch for stream in range(streams))


def train(
    folder: Path,
    steps: int,
    *,
    batch: int = 64,
    streams: int = 2,
    rate: float = 0.02,
    seed: int = 0,
    strategy: tf.distribute.Strategy | None = None,
    worker: int = 0,
    workers: int = 1,
    checkpoints: Path | None = None,
    every: int = 0,
    opened: Callable[[list[str]], None] = lambda names: None,
    report: Report = lambda step, loss: None,
) -> Run:
    """Train the lesson's network on the captchas of a folder, and go on where a run broke off.

    The network has no batch normalisation, so that runs on any number of devices can be compared.
    TensorFlow's and Keras' global seed is set, for the order of the images depends on it as well.

    Args:
        folder: where the shards and their manifest lie.
        steps: how many steps the whole run has.
        batch: global batch, a multiple of `streams`.
        streams: in how many parts the files are dealt.
        rate: the learning rate, of gradient descent with momentum 0.9.
        seed: of the initial weights and of the order of the images.
        strategy: made before anything else of TensorFlow runs, if it is a cluster's; by default
            all devices of this machine.
        worker, workers: which part of the cluster this process is.
        checkpoints: a folder that all workers see; if it holds a checkpoint, the run goes on there.
        every: steps from one checkpoint to the next; 0 for none.
        opened: called with the names of the files that this worker reads.
        report: called with number and loss of each step.
    """
    tf.keras.utils.set_random_seed(seed)
    lesson = taught(writing.WEEK)
    strategy = strategy or local_strategy()
    files, _ = faults.files(folder)
    mine = share(files, streams, worker, workers)
    names = [Path(file).name for stream in mine for file in stream]
    opened(names)
    replicas = strategy.num_replicas_in_sync // workers
    state = lesson.replicated(strategy, rate, seed)
    one_step = lesson.distributed_step(strategy, state.model, state.optimizer, batch)
    losses, per_epoch = {}, steps_in_epoch(folder, streams, batch // streams)
    with _manager(state, checkpoints, worker) as manager:
        if checkpoints:
            lesson.restored(state, checkpoints)
        while (step := int(state.done.numpy())) < steps:
            epoch, skip = divmod(step, per_epoch)
            data = epoch_of(lesson.read, mine, batch // streams, replicas, seed + epoch, skip)
            shared = strategy.distribute_datasets_from_function(lambda _, data=data: data)
            for x, y in shared:
                losses[step + 1] = float(one_step(x, y))
                step += 1
                state.done.assign(step)
                report(step, losses[step])
                if manager and every and step % every == 0:
                    manager.save(checkpoint_number=step)
                if step == steps:
                    break
    weights = np.concatenate([np.asarray(v).ravel() for v in state.model.weights])
    return Run(losses, hashlib.sha256(weights.tobytes()).hexdigest()[:16], weights, names)


@contextlib.contextmanager
def _manager(
    checkpoint: tf.train.Checkpoint, folder: Path | None, worker: int
) -> Iterator[tf.train.CheckpointManager | None]:
    """Give what saves checkpoints: the chief's in the folder, those of others are thrown away.

    All workers have to save, for saving may ask each of them for its part of a variable.
    """
    if folder is None:
        yield None
        return
    scratch = tempfile.mkdtemp() if worker else None
    try:
        yield tf.train.CheckpointManager(checkpoint, scratch or str(folder), max_to_keep=2)
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
