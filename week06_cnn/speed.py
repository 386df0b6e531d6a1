"""What half precision and compilation need to know about the machine, and a faster Adam."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
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


class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam whose update of a variable is one operation of TensorFlow instead of a dozen.

    The same formula and arguments, without `amsgrad`; for one device. On a CPU each operation is a
    pass over all numbers of a variable, and for large layers that costs as much as the gradient.
    """

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Update one variable and its two moments."""
        index = self._get_variable_index(variable)
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )
