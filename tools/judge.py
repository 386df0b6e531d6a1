"""Grade notebooks of one week: the course's checks run here, the student's code elsewhere.

A check is executed as it stands in the course's own notebook, with the exercise's name bound to
what the student's process defined under that name: a function is called there, over a pipe.
`tools.grade` starts this module, and ends it if a check does not come to an end.
"""

import contextlib
import functools
import io
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from week02_basics.exercises import YOUR_TURN, Verdict
from week02_basics.taught import run

import keras
import nbformat

from tools import reading
from tools.crossing import Peer
from tools.execute import NOTEBOOKS
from tools.frames import pack
from tools.worker import Ended, Limits, Worker, pipe

RESTARTS = 10  # student's processes for one notebook


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson: the cell to fill in, the names that it defines, and its check."""

    id: str
    names: tuple[str, ...]
    stub: str
    check: str
    title: str


@dataclass(frozen=True)
class Week:
    """What the grader needs of a lesson: its set-up and exported cells, and its exercises."""

    stem: str
    number: int
    prelude: dict[str, str]
    exercises: tuple[Exercise, ...]
    others: frozenset[str]  # sources of all code cells that a student does not write


def title_of(line: str) -> str:
    """Return an exercise's title from what its check printed: on the stub, or on a solution."""
    return line.strip().removeprefix("✓ ").removeprefix("✎ ").removesuffix(f": {YOUR_TURN}")


@functools.cache
def week(stem: str) -> Week:
    """Read the lesson of a week from the course's own notebook."""
    notebook = reading.lesson(NOTEBOOKS / f"{stem}.ipynb")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tags = {cell.id: set(cell.metadata.get("tags", [])) for cell in code}
    prelude, exercises, others = {}, [], set()
    for place, cell in enumerate(code):
        if "exercise" in tags[cell.id]:
            check = next(c for c in code[place + 1 :] if "solution" not in tags[c.id])
            title = title_of(check.outputs[0].text)
            names = reading.defined(cell.source)
            exercises.append(Exercise(cell.id, names, cell.source, check.source, title))
        elif "solution" not in tags[cell.id]:
            others.add(cell.source.strip())
        if "export" in tags[cell.id] or cell.id.startswith("setup"):
            prelude[cell.id] = cell.source
    number = int(re.match(r"# Week (\d+)", notebook.cells[0].source)[1])
    return Week(stem, number, prelude, tuple(exercises), frozenset(others))


def answers(lesson: Week, notebook: nbformat.NotebookNode) -> list[str]:
    """Return the cells of a student's notebook that belong to the exercises, in order.

    These are the cells to fill in, by their ids; any cell that defines a name of an exercise; and
    all others below the heading `## Exercises`, or in a notebook without it. The course's own cells
    are left out, and a stub that is still untouched when another cell holds the answer.
    """
    ids = {exercise.id for exercise in lesson.exercises}
    stubs = {exercise.stub.strip(): exercise.names for exercise in lesson.exercises}
    defines = {name: _defining(name) for names in stubs.values() for name in names}
    begun = not any(_exercises_begin(cell) for cell in notebook.cells)
    found = []
    for cell in notebook.cells:
        begun = begun or _exercises_begin(cell)
        if cell.cell_type != "code" or cell.source.strip() in lesson.others:
            continue
        if "solution" in cell.metadata.get("tags", []):  # the course's, in lessons of the old form
            continue
        own = cell.get("id") in ids or cell.metadata.get("id") in ids
        begun = begun or own or any(each.search(cell.source) for each in defines.values())
        if begun:
            found.append(cell.source)
    written = [source for source in found if source.strip() not in stubs]
    answered = {name for name in defines if any(defines[name].search(s) for s in written)}
    idle = {stub for stub, names in stubs.items() if answered.issuperset(names)}
    return [source for source in found if source.strip() not in idle]


def _exercises_begin(cell: nbformat.NotebookNode) -> bool:
    """Tell whether a cell holds the heading of the exercises."""
    return cell.cell_type == "markdown" and bool(re.search(r"(?m)^## Exercises\b", cell.source))


def _defining(name: str) -> re.Pattern:
    """Return the pattern of a line that defines a name at a cell's top level."""
    return re.compile(
        rf"(?m)^(?:(?:async )?def {name}\b|class {name}\b|{name}\s*(?::[^=]+)?=(?!=))"
    )


class Student:
    """The student's process, started when it is needed and again after it has ended."""

    def __init__(self, lesson: Week, cells: list[str], limits: Limits, lent: Worker | None = None):
        """Keep what to run; the process starts when it is needed."""
        self.lesson, self.cells, self.limits, self._lent = lesson, cells, limits, lent
        self.errors: dict[int, str] = {}  # why a cell did not run, by its place
        self._worker: Worker | None = None
        self._starts, self._seconds, self._folder = 0, 0.0, tempfile.TemporaryDirectory()

    def close(self) -> None:
        """End the process, unless it is lent, and remove its folder."""
        if self._worker is not self._lent:
            self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        if self._worker:
            self._worker.end()
        self._worker = None

    def ready(self) -> Peer:
        """Return the way to the process, in which all cells have run that do run."""
        while self._worker is None:
            self._starts += 1
            if self._starts > RESTARTS:
                raise Ended(f"the process ended {RESTARTS} times")
            self._worker = (self._starts == 1 and self._lent) or Worker(
                "tools.pupil", memory=self.limits.memory, folder=Path(self._folder.name)
            )
            self._peer = Peer(self._worker.send, self._receive, patience=self.limits.seconds)
            self._seconds = self.limits.start
            self._peer.ask("begin")
            for name, source in self.lesson.prelude.items():
                self._peer.ask("cell", source, f"{self.lesson.stem}:{name}")
            names = [name for exercise in self.lesson.exercises for name in exercise.names]
            self._peer.ask("forget", names)
            self._seconds = self.limits.seconds
            self._run_cells()
        return self._peer

    def _run_cells(self) -> None:
        """Run the student's cells; the one that ends the process is left out next time."""
        for place, source in enumerate(self.cells):
            if place in self.errors:
                continue
            try:
                self._peer.ask("cell", source, "answer")
            except Ended as err:
                self.errors[place] = f"your cell {err}"
                self._end()
                return
            except (Exception, SystemExit) as err:
                self.errors[place] = f"your cell stopped with {told(err)}"

    def _receive(self) -> tuple[dict, list[bytes]]:
        """Return the next message; a process from which none comes in time is ended."""
        try:
            return self._worker.receive(self._peer.asked + self._seconds - time.monotonic())
        except Ended:
            self._worker = None
            raise

    def value(self, exercise: Exercise, name: str) -> object:
        """Return what the student's process holds under a name.

        Raises:
            LookupError: nothing; the text says why.
        """
        peer = self.ready()
        try:
            return peer.ask("get", name)
        except KeyError:
            pattern = _defining(name)
            reasons = [r for k, r in self.errors.items() if pattern.search(self.cells[k])]
            raise LookupError(reasons[-1] if reasons else f"`{name}` is not defined") from None


def told(err: BaseException) -> str:
    """Return an error in one line."""
    lines = str(err).strip().splitlines()
    text = f"{type(err).__name__} ({lines[0][:120]})" if lines else type(err).__name__
    if isinstance(err, NameError):
        text += "; only set-up, exported cells and the exercises' cells are run"
    return text


@functools.cache
def _namespace(stem: str) -> dict:
    """Return what the set-up and exported cells of the course's own notebook define."""
    namespace: dict = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, source in week(stem).prelude.items():
            run(source, namespace, f"{stem}:{name}")
    return namespace


def judge(exercise: Exercise, lesson: Week, student: Student) -> tuple[bool, str]:
    """Run the check of one exercise; return whether the answer passed, and the hint if not."""
    try:
        found = {name: student.value(exercise, name) for name in exercise.names}
        student.ready().ask("seed", lesson.number)
        keras.utils.set_random_seed(lesson.number)
        with contextlib.redirect_stdout(io.StringIO()):
            verdict = eval(
                compile(exercise.check, "<check>", "eval"), _namespace(lesson.stem) | found
            )
    except LookupError as err:
        return False, str(err.args[0])
    except Ended as err:
        return False, f"your code {err}"
    if not isinstance(verdict, Verdict):
        raise TypeError(f"{lesson.stem}: `{exercise.check}` gives no verdict")
    hint = verdict.message[2:].removeprefix(exercise.title).removeprefix(": ")
    if hint == YOUR_TURN:
        hint = "not answered: the dots of the stub are still there"
    return verdict.passed, "" if verdict.passed else hint


def grade(
    stem: str,
    notebook: nbformat.NotebookNode,
    limits: Limits,
    skip: int = 0,
    lent: Worker | None = None,
) -> Iterator[dict]:
    """Grade a notebook, exercise by exercise.

    Args:
        stem: the lesson it is of, such as `"week02_basics"`.
        notebook: the student's.
        limits: on the student's process.
        skip: how many exercises are graded already.
        lent: a process to run the student's code in, by default one of its own.

    Yields:
        For each exercise its id, title, whether it passed, the hint and the seconds it took.
    """
    lesson = week(stem)
    _namespace(stem)
    student = Student(lesson, answers(lesson, notebook), limits, lent)
    try:
        with contextlib.suppress(Ended):  # it shows again, with the exercise that meets it
            student.ready()
        for exercise in lesson.exercises[skip:]:
            start = time.monotonic()
            passed, hint = judge(exercise, lesson, student)
            yield {
                "exercise": exercise.id.removesuffix("-stub"),
                "title": exercise.title,
                "passed": passed,
                "hint": "".join(c if c.isprintable() else " " for c in hint)[:300],
                "seconds": round(time.monotonic() - start, 1),
            }
    finally:
        student.close()


def main() -> None:
    """Grade the notebooks that the pipe asks for: `{"path", "skip", "seconds", "memory"}`."""
    lesson = week(sys.argv[1])
    send, receive = pipe()
    while (received := receive()) is not None:
        wish = received[0]
        send(pack({"plan": [[exercise.id, exercise.title] for exercise in lesson.exercises]}, []))
        notebook = reading.notebook(Path(wish["path"]))
        limits = Limits(wish["seconds"], wish["memory"])
        for row in grade(lesson.stem, notebook, limits, wish["skip"]):
            send(pack(row, []))
        send(pack({"over": True}, []))


if __name__ == "__main__":
    main()
