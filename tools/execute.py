"""Execute a notebook from top to bottom, and leave nothing of this machine in it."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tests.claims import claimed
from tests.claims.kernel import STILL, question, verdict

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
TIMEOUT = 600  # seconds for one cell


@dataclass
class Run:
    """What came of executing a notebook; `error` is empty if it ran to its end."""

    notebook: nbformat.NotebookNode
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    cells: int = 0
    done: int = field(default=0)


def find(names: list[str]) -> list[Path]:
    """Return the notebooks of the given names (`week02_basics`, with or without ending), or all.

    Raises:
        SystemExit: there is no notebook of that name.
    """
    every = sorted(NOTEBOOKS.glob("week*.ipynb"))
    stems = [Path(name).name.removesuffix(".ipynb") for name in names]
    if strange := set(stems) - {path.stem for path in every}:
        known = ", ".join(path.stem for path in every)
        raise SystemExit(f"no notebook {', '.join(sorted(strange))}; there are: {known}")
    return [path for path in every if not stems or path.stem in stems]


class Refuted(Exception):
    """A claim about a cell does not hold; the text says which, and why."""

    def __init__(self, text: str, cell: nbformat.NotebookNode):
        """Keep the cell beside the text."""
        super().__init__(text)
        self.cell = cell


class Client(NotebookClient):
    """Executes a notebook's cells, each followed by its claims in the same kernel."""

    week = ""  # the notebook's name without its ending

    async def async_execute_cell(
        self, cell: nbformat.NotebookNode, cell_index: int, *rest: object, **how: object
    ) -> nbformat.NotebookNode:
        """Execute a cell, as often as its claims allow.

        Raises:
            Refuted: a claim does not hold.
        """
        run = super().async_execute_cell
        done = await run(cell, cell_index, *rest, **how)
        if cell.cell_type != "code" or not claimed(self.week, cell.id):
            return done
        tries = 1
        while True:
            wrong, most = await self._wrong(cell)
            if not wrong:
                return done
            if (tries := tries + 1) > most:
                raise Refuted("\n".join(wrong), cell)
            done = await run(cell, cell_index, *rest, **how)

    async def _wrong(self, cell: nbformat.NotebookNode) -> tuple[list[str], int]:
        """Return what claims say against a cell, and how often it may be executed."""
        how = {"silent": True, "store_history": False, "reply": True, "timeout": TIMEOUT}
        reply = await self.kc.execute("", user_expressions=question(self.week, cell.id), **how)
        return verdict(reply["content"], cell.outputs)


def execute(path: Path, progress: Callable[[Run], None] = lambda run: None) -> Run:
    """Execute a notebook in its own folder and return it normalised, with time and peak memory.

    Args:
        path: the notebook; the file itself is not touched.
        progress: called with the run before the first cell and after each one.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    run = Run(notebook, cells=len(code))
    start, seen = time.monotonic(), set()
    os.environ.update(STILL)

    def after_cell(cell: nbformat.NotebookNode, **_: object) -> None:
        if cell.cell_type == "code":
            seen.add(cell.id)  # a claim may have it executed again
        run.done = len(seen)
        run.seconds = time.monotonic() - start
        progress(run)

    client = Client(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        on_cell_executed=after_cell,
        extra_arguments=["--log-level=ERROR"],
    )
    client.week = path.stem
    progress(run)
    with _watched_memory(run):
        try:
            client.execute()
        except Refuted as err:
            run.error = _describe(code, err.cell, err)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as err:
            failed = next(
                (c for c in code if any(o.output_type == "error" for o in c.outputs)),
                None,
            )
            run.error = _describe(code, failed or code[min(run.done, len(code) - 1)], err)
    run.seconds = time.monotonic() - start
    normalise(notebook)
    return run


def _describe(code: list, cell: nbformat.NotebookNode, err: Exception) -> str:
    """Name the failing cell, its first line and the error's last line."""
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else "(empty)"
    reason = next(
        (f"{o.ename}: {o.evalue}".strip() for o in cell.outputs if o.output_type == "error"),
        "; ".join(str(err).splitlines())
        if isinstance(err, Refuted)
        else f"{type(err).__name__}: {str(err).strip().splitlines()[0]}",
    )
    return f"Cell {code.index(cell)} ({cell.id}), `{first}`: {reason}"


@contextlib.contextmanager
def _watched_memory(run: Run) -> Iterator[None]:
    """Keep the highest memory of this process's children, the kernel and its own, in the run.

    What several of them share, such as TensorFlow's library, counts once where the system tells
    (Linux); as asking holds a process up, it is asked only when the plain sum has grown by 2%.
    """
    over = threading.Event()

    def watch() -> None:
        highest = 0
        while not over.wait(0.1):
            with contextlib.suppress(psutil.Error):
                children = psutil.Process().children(recursive=True)
                if (rss := sum(p.memory_info().rss for p in children)) > 1.02 * highest:
                    highest = held = rss
                    if psutil.LINUX:
                        held = sum(p.memory_full_info().pss for p in children)
                    run.peak_mb = max(run.peak_mb, held / 2**20)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Remove in place what would differ between machines and runs though nothing changed."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        cell.pop("attachments", None) if cell.cell_type == "code" else None
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = _merged(cell.outputs)
        for output in cell.outputs:
            output.pop("transient", None)
            if "execution_count" in output:
                output.execution_count = count


def _merged(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join streams that follow one another: where one ends and the next begins is chance."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged
