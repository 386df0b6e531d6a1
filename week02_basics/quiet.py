"""TensorFlow imported without log noise; the package does this before anything else of it loads."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from week02_basics import surroundings


@contextlib.contextmanager
def muted_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2 out of the notebook; replay it if the body fails.

    TensorFlow's C++ core logs there while it loads, where no Python setting reaches it.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


surroundings.check()
# Matplotlib warns where it may not write into the home folder, or looks for fonts for long.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # C++: errors only
with muted_stderr():
    import tensorflow as tf

    tf.get_logger().setLevel(logging.ERROR)  # Python: also the notices about TensorFlow 1 names
    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # TensorFlow runs already: too late, and harmless
            tf.config.experimental.set_memory_growth(gpu, True)
    if (
        "TF_CONFIG" not in os.environ
    ):  # a cluster must be joined before the first operation (week 10)
        tf.zeros(()).numpy()  # the first operation starts the devices, and logs while it does
