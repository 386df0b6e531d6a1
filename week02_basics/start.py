"""Seed everything, set the figure style, and say what the code runs on."""

import os
from collections.abc import Sequence

from week02_basics.figures import use_style
from week02_basics.surroundings import where_downloads_go
from week02_basics.tables import situation

import tensorflow as tf


def devices() -> str:
    """Name what TensorFlow runs on: `CPU (2 cores)`, `GPU: NVIDIA L4` or `2 GPUs: NVIDIA L4, …`."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return f"CPU ({cores} core{'s' if cores != 1 else ''})"
    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus
    ]
    return f"GPU: {names[0]}" if len(gpus) == 1 else f"{len(gpus)} GPUs: {', '.join(names)}"


def setup(seed: int) -> None:
    """Make a notebook repeatable and print one line that says what it runs on.

    Seeds Python, NumPy and TensorFlow, asks TensorFlow for deterministic operations and sets the
    course's figure style. A graph of TensorFlow 1 has a seed of its own: give it one inside the
    graph with `tf.compat.v1.set_random_seed`.

    Args:
        seed: an integer in [0, 2**32).
    """
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    use_style()
    where = devices()
    situation(
        f"TensorFlow {tf.__version__} on {where}{where_downloads_go()}",
        holds="CPU" in where or "GPU" in where,
    )


def strategy(devices: Sequence[str] | None = None) -> tf.distribute.Strategy:
    """Return how to spread training over what this machine has, so that no lesson asks for a GPU.

    Args:
        devices: names of logical devices such as `["CPU:0", "CPU:1"]`; by default all GPUs.

    Returns:
        TensorFlow's default strategy with at most one device (CPU or GPU),
        `tf.distribute.MirroredStrategy` over all of them with several.
    """
    if devices is None:
        devices = [
            gpu.name.removeprefix("/device:") for gpu in tf.config.list_logical_devices("GPU")
        ]
    if len(devices) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(list(devices))
