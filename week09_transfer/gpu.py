"""What makes a GPU work under TensorFlow, and what is missing where none is found."""

import importlib.metadata
import os
import re
import shutil
import sys
from typing import NamedTuple

import tensorflow as tf


class Facts(NamedTuple):
    """What can be known about a machine without a GPU call."""

    system: str = "linux"  # as in sys.platform
    built_with_cuda: bool = True
    driver: bool = True  # nvidia-smi is there
    missing: tuple[str, ...] = ()  # packages of tensorflow[and-cuda] that are not installed
    hidden: bool = False  # CUDA_VISIBLE_DEVICES shuts every GPU out
    found: int = 0  # GPUs that TensorFlow lists


def brought() -> list[str]:
    """Return the packages that `tensorflow[and-cuda]` installs beside TensorFlow, by name."""
    asked = importlib.metadata.requires("tensorflow") or []
    return sorted(re.split(r"[^\w-]", one)[0] for one in asked if 'extra == "and-cuda"' in one)


def facts() -> Facts:
    """Look at this machine."""

    def installed(package: str) -> bool:
        try:
            return bool(importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            return False

    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return Facts(
        sys.platform,
        tf.test.is_built_with_cuda(),
        shutil.which("nvidia-smi") is not None,
        tuple(package for package in brought() if not installed(package)),
        visible is not None and visible.split(",")[0].strip() in ("", "-1"),
        len(tf.config.list_physical_devices("GPU")),
    )


def diagnose(facts: Facts) -> str:
    """Say what stands between a machine and its GPU, the first obstacle first."""
    if facts.found:
        more = "; without a strategy it uses the first" if facts.found > 1 else ""
        return f"ready: TensorFlow sees {facts.found} GPU{'s' if facts.found > 1 else ''}{more}"
    if facts.system == "win32":
        return "Windows: TensorFlow has no GPU support here; work inside WSL2"
    if facts.system != "linux":
        return f"{facts.system}: this TensorFlow is built for the CPU only"
    if not facts.driver:
        return "no NVIDIA driver: `nvidia-smi` is not there; without a GPU that is as it should be"
    if facts.hidden:
        return "hidden: CUDA_VISIBLE_DEVICES is empty or -1; unset it and restart Python"
    if not facts.built_with_cuda:
        return "this TensorFlow is built without CUDA; install tensorflow[and-cuda]"
    if facts.missing:
        return (
            f"CUDA libraries are missing: pip install 'tensorflow[and-cuda]' ({facts.missing[0]})"
        )
    return "driver and libraries are there: read TensorFlow's log, without TF_CPP_MIN_LOG_LEVEL"


# What TensorFlow 2.21 says, what it means. A test looks each message up in its shared libraries.
MESSAGES = {
    "Could not find cuda drivers on your machine": "no NVIDIA driver, or no GPU",
    "Cannot dlopen some GPU libraries": "install tensorflow[and-cuda]",
    "failed call to cuInit": "libraries without driver, or the GPUs are hidden",
    "kernel driver does not appear to be running": "driver not loaded: reboot",
    "does not match DSO version": "driver updated, not reloaded: reboot",
    "Loaded runtime CuDNN library": "an older cuDNN is found first: LD_LIBRARY_PATH",
    "TensorFlow was not built with CUDA kernel binaries": "GPU newer or older than the build",
    "Ran out of GPU memory": "memory: smaller batch, end other processes",
}


def explain(log: str) -> list[tuple[str, str]]:
    """Return the messages of `MESSAGES` that occur in a log, with their meanings."""
    return [(message, means) for message, means in MESSAGES.items() if message in log]
