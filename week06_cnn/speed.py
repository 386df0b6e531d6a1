"""What half precision and compilation need to know about the machine."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
from tensorflow.python.framework import config as tf_config


def half_precision() -> str | None:
    """Return the Keras policy in which this machine computes faster than in float32, if there is one.

    `"mixed_float16"` on GPUs from compute capability 7.0 on, `"mixed_bfloat16"` on CPUs that have
    instructions for it (AVX512_BF16 or AMX) while oneDNN, which uses them, is on; else None. On
    systems other than Linux it does not know, and returns None.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        capable = details.get("compute_capability", (0, 0)) >= (7, 0)
        return "mixed_float16" if capable else None
    if not sys.platform.startswith("linux") or os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0":
        return None
    with contextlib.suppress(OSError):
        flags = set(Path("/proc/cpuinfo").read_text().split())
        if flags & {"avx512_bf16", "amx_bf16"}:
            return "mixed_bfloat16"
    return None


@contextlib.contextmanager
def nondeterministic() -> Iterator[None]:
    """Allow operations that may differ from run to run, for what exists in no other form.

    XLA has no deterministic gradient of max-pooling and refuses to compile one while TensorFlow is
    asked for determinism. TensorFlow has no public switch to take that back for a while.
    """
    before = tf_config.is_op_determinism_enabled()
    tf_config.disable_op_determinism()
    try:
        yield
    finally:
        if before:
            tf_config.enable_op_determinism()
