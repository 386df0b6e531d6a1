"""The process that runs a student's code: it executes cells, and lets the judge call functions.

Cells are run by IPython, as a notebook's kernel runs them. Started by `tools.judge`, which also ends
it. Nothing here decides about a grade.
"""

import os

import week02_basics  # noqa: F401 (TensorFlow without its log messages)

import keras
import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets.config import Config

from tools.crossing import Peer
from tools.worker import pipe

SYSTEM = ("pip", "conda", "mamba", "uv", "system", "sx", "script", "bash", "sh", "tensorboard")


class Shell(InteractiveShell):
    """IPython without a terminal and a history, and without the system's commands.

    `!pip install …` is right in a notebook; it must not change the machine that grades.
    """

    def enable_gui(self, gui: str | None = None) -> None:
        """Let `%matplotlib inline` pass."""

    def system(self, command: str) -> None:
        """Run no command of the system."""

    system_piped = system_raw = system

    def getoutput(self, command: str, split: bool = True, depth: int = 0) -> SList:
        """Return what a command printed that is not run."""
        return SList()

    def showtraceback(self, *_: object, **__: object) -> None:
        """Print no traceback: the error goes to the judge."""

    showsyntaxerror = showtraceback


def shell() -> Shell:
    """Start IPython in this process, with its files in the folder it runs in."""
    os.environ["IPYTHONDIR"] = os.getcwd()
    config = Config()
    config.HistoryManager.enabled = False
    started = Shell.instance(config=config)
    started.set_hook("show_in_pager", lambda *_, **__: None)
    for name in SYSTEM:
        for kind in ("line", "cell"):
            started.register_magic_function(lambda *_: None, kind, name)
    return started


def main() -> None:
    """Serve until the judge closes the pipe."""
    send, receive = pipe()
    ipython = shell()

    def cell(source: str, name: str) -> None:
        ipython.compile.get_code_name = lambda *_: f"<{name} {ipython.execution_count}>"
        ipython.execution_count += 1
        result = ipython.run_cell(source)
        plt.close("all")
        if error := result.error_before_exec or result.error_in_exec:
            raise error

    def get(name: str) -> object:
        return ipython.user_ns[name]

    def forget(names: list[str]) -> None:
        for name in names:
            ipython.user_ns.pop(name, None)

    actions = {"begin": ipython.reset, "cell": cell, "get": get, "forget": forget}
    actions["seed"] = keras.utils.set_random_seed
    Peer(send, lambda: receive() or os._exit(0), actions).serve()


if __name__ == "__main__":
    main()
