"""A second Python process that restores what the lesson saved: `python -m week08_inception.fresh`.

It starts with the libraries, week 6's helpers and the lesson's data, and nothing else. A function
is sent to it as text, runs there in a namespace of its own, and what it returns comes back as JSON.
"""

import ast
import contextlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

DATA = "data.npz"
ROOT = Path(__file__).resolve().parents[1]


class Elsewhere:
    """Runs functions in a fresh process, whose working directory is a folder."""

    def __init__(self, folder: Path, **data: np.ndarray):
        """Start the process, and do not wait for it.

        Args:
            folder: where it works.
            data: arrays that functions find there under these names.
        """
        np.savez(folder / DATA, **data)
        self._folder = folder
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the process)
        self._start()

    def _start(self) -> None:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "week08_inception.fresh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": path},
            encoding="utf-8",
        )

    def __call__(self, function: Callable) -> object:
        """Run a function there and return what it gave back; as a decorator, bind that to its name.

        Raises:
            RuntimeError: it failed there; the message is its error.
        """
        return self.given()(function)

    def given(self, *program: Callable) -> Callable:
        """Return a decorator as `__call__`, for a function that needs others: they go along as text."""

        def send(function: Callable) -> object:
            source = "\n\n".join(map(_source, (*program, function)))
            return self._ask(source, function.__name__)

        return send

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _ask(self, source: str, name: str) -> object:
        if self._process.poll() is not None:
            self._start()
        self._process.stdin.write(json.dumps([source, name]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            return self._ended()
        said, error, value = json.loads(line)
        print(said, end="")
        if error:
            raise RuntimeError(error)
        return _decoded(value)

    def _ended(self) -> str:
        """Say how the process ended."""
        code = self._process.wait()
        if code < 0:
            return f"killed by signal {-code}"
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace").strip()
        raise RuntimeError(f"the process ended with status {code}: {text[-1500:]}")


def alone(folder: Path, function: Callable, *program: Callable) -> str:
    """Run a function in a Python process of its own, without TensorFlow; say how that ended.

    Args:
        folder: where it works.
        function: takes nothing; `os`, `signal` and `Path` are there.
        program: functions that it needs.
    """
    lines = ["import os, signal", "from pathlib import Path", *map(_source, (*program, function))]
    source = "\n".join([*lines, f"{function.__name__}()"])
    code = subprocess.run([sys.executable, "-c", source], cwd=folder, check=False).returncode
    return f"killed by signal {-code}" if code < 0 else f"ended with status {code}"


def _source(function: Callable) -> str:
    """Return a function's text without its decorators."""
    (tree,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function))).body
    tree.decorator_list = []
    return ast.unparse(tree)


def _encoded(value: object) -> object:
    """Return a value as JSON has it; an array keeps its dtype."""
    if isinstance(value, dict):
        return {"dict": {key: _encoded(each) for key, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"list": [_encoded(each) for each in value]}
    if hasattr(value, "numpy") or isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return {"array": array.tolist(), "dtype": array.dtype.name}
    return value


def _decoded(value: object) -> object:
    """Return the value of its JSON."""
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {key: _decoded(each) for key, each in value["dict"].items()}
    if "list" in value:
        return [_decoded(each) for each in value["list"]]
    return np.array(value["array"], value["dtype"])


def main() -> None:
    """Serve until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print does not get among the answers
    import warnings

    import week06_cnn  # noqa: F401  (loads TensorFlow without its messages)
    from week06_cnn.models import small_cnn
    from week06_cnn.training import logits, train

    import keras
    import tensorflow as tf

    warnings.simplefilter("ignore")
    keras.utils.set_random_seed(1)  # another seed than the lesson's
    tf.config.experimental.enable_op_determinism()
    names = {"keras": keras, "np": np, "tf": tf, "tf1": tf.compat.v1, "Path": Path, "re": re}
    names |= {"small_cnn": small_cnn, "train": train, "logits": logits}
    with np.load(DATA) as file:
        names |= dict(file)
    from week02_basics.taught import run

    for line in sys.stdin:
        source, name = json.loads(line)
        space, out, error, value = dict(names), io.StringIO(), "", None
        try:
            with contextlib.redirect_stdout(out):
                run(source, space, name)
                value = _encoded(space[name]())
        except Exception as err:
            error = f"{type(err).__name__}: {err}"
        answers.write(json.dumps([out.getvalue(), error, value]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
