"""The process that runs a student's code: it executes cells, and lets the judge call functions.

Started by `tools.judge`, which also ends it. Nothing here decides about a grade.
"""

import os
import re

from week02_basics.taught import run

import keras
import matplotlib.pyplot as plt

from tools.crossing import Peer
from tools.worker import pipe


def main() -> None:
    """Serve until the judge closes the pipe."""
    namespace: dict = {}

    def begin() -> None:
        namespace.clear()
        namespace["__name__"] = "__main__"

    def cell(source: str, name: str) -> None:
        source = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)  # commands of the notebook
        try:
            run(source, namespace, name)
        finally:
            plt.close("all")

    def get(name: str) -> object:
        return namespace[name]

    def forget(names: list[str]) -> None:
        for name in names:
            namespace.pop(name, None)

    send, receive = pipe()
    actions = {"begin": begin, "cell": cell, "get": get, "forget": forget}
    actions["seed"] = keras.utils.set_random_seed
    Peer(send, lambda: receive() or os._exit(0), actions).serve()


if __name__ == "__main__":
    main()
