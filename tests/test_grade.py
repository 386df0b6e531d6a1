"""Grading: the lessons' own solutions pass, their stubs do not, and code that goes wrong ends."""

import csv
import json
import re
import tempfile
from pathlib import Path

from week02_basics.taught import cells, run

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from tests.notebook_rules import NOTEBOOKS
from tools import grade, judge, reading, student
from tools.worker import Limits, Worker

STEMS = [path.stem for path in NOTEBOOKS]
WEEK2 = next(path for path in NOTEBOOKS if path.stem == "week02_basics")
GOOD = {
    "ex1-stub": "def standardise(x):\n"
    "    return (x - tf.reduce_mean(x, axis=0)) / tf.math.reduce_std(x, axis=0)",
    "ex2-stub": "def accumulate(total, x):\n    return total.assign_add(x)",
    "ex5-stub": "def gradient(k, b, x, y):\n    error = y - (k * x + b)\n"
    "    return -2 * tf.reduce_mean(error * x), -2 * tf.reduce_mean(error)",
}


def filled(answers: dict[str, str], path: Path = WEEK2) -> nbformat.NotebookNode:
    """Return a student version with sources put into its cells, by cell id."""
    notebook = student.student(path)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


@pytest.fixture(scope="module")
def lent():
    """One process for the answers of all lessons, which are the course's own: it saves minutes."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker("tools.pupil", memory=8000, folder=Path(folder))
        yield worker
        worker.end()


@pytest.mark.parametrize("stem", STEMS)
def test_solutions_pass_and_stubs_do_not(stem, lent):
    path = WEEK2.with_name(f"{stem}.ipynb")
    folded = cells(stem, "solution").values()  # in Markdown, or in cells of the old form
    solutions = dict(zip(cells(stem, "exercise"), folded, strict=True))
    assert len(solutions) >= 2
    limits = Limits(300, 8000)
    for row in judge.grade(stem, filled(solutions, path), limits, lent=lent):
        assert row["passed"] and not row["hint"], row
    rows = list(judge.grade(stem, filled({}, path), limits, lent=lent))
    assert len(rows) == len(solutions)
    for row in rows:
        assert not row["passed"] and row["title"].startswith("Exercise"), row
        assert len(row["hint"]) > 15 and "stopped with" not in row["hint"], row


KERNEL = {  # right answers among what only a notebook's kernel understands
    "ex1-stub": "import asyncio\nawait asyncio.sleep(0)\ndisplay(tf.constant([1.0]))\n"
    "tf.math.reduce_std?\n" + GOOD["ex1-stub"],
    "ex2-stub": "!pip install nothing\n%pip install nothing\n"
    "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    "def accumulate(total, x):\n    assert total is not None, (\n        'none: %s'\n        % total\n    )\n"
    "    return total.assign_add(x)\n",
    "ex5-stub": "files = !ls\nt = %timeit -o -n1 -r1 sum(range(9))\nassert t.best > 0\n"
    + GOOD["ex5-stub"],
}


def test_what_a_kernel_runs_the_grader_runs(lent):
    passed = [
        row["passed"] for row in judge.grade("week02_basics", filled(KERNEL), Limits(), 0, lent)
    ]
    assert passed == [True, True, False, False, True, False, False]


CHEAT = """
import week02_basics.checks, week02_basics.exercises

class Sly(float):
    def __eq__(self, other):
        return True
    shape = property(lambda self: self)

def check_standardise(*answers):
    print("✓ Exercise 1: standardise")

week02_basics.exercises.expect = week02_basics.checks.expect = lambda *_: None
week02_basics.exercises.answered = week02_basics.checks.answered = lambda *_: None
week02_basics.checks.check_standardise = check_standardise
np.allclose = lambda *_, **__: True

def standardise(x):
    return x
"""
NAUGHTY = {
    "cheat": {**GOOD, "ex1-stub": CHEAT, "ex2-stub": "def accumulate(total, x):\n    return Sly()"},
    "endless": {
        **GOOD,
        "ex1-stub": "import time\nwhile True:\n    time.sleep(0.01)\ndef standardise(x): ...",
        "ex5-stub": "import time\ndef gradient(k, b, x, y):\n    while True: time.sleep(0.01)",
    },
    "exit": {**GOOD, "ex5-stub": "import os\ndef gradient(*_):\n    os._exit(3)"},
    "hungry": {
        **GOOD,
        "ex5-stub": "def gradient(*_):\n    heap = []\n    while True:\n"
        "        heap.append(np.ones(10**6))",
    },
    "segfault": {
        **GOOD,
        "ex5-stub": "import ctypes\ndef gradient(*_):\n    ctypes.string_at(0)",
    },
    "talkative": {
        **GOOD,
        "ex2-stub": "def accumulate(total, x)\n    return total",
        "ex5-stub": "def gradient(*_):\n    while True: print('k' * 10_000)",
    },
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Grade a folder of notebooks that go wrong, from the command line; return all it wrote."""
    folder = tmp_path_factory.mktemp("class")
    for name, answers in NAUGHTY.items():
        nbformat.write(filled(answers), folder / f"{name}.ipynb")
    (folder / "torn.ipynb").write_text('{"cells": [')
    (folder / "unknown.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    (folder / "notes.txt").write_text("not graded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "GRADES", folder / "grades")
        assert grade.main([str(folder), "--seconds", "20", "--memory", "2500"]) == 0
    report = json.loads((folder / "grades" / "grades.json").read_text(encoding="utf-8"))
    with (folder / "grades" / "grades.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["hint"] for row in table] == [row["hint"] for row in report["rows"]]
    names = ["grades.csv", "grades.json", "students.csv"]
    assert sorted(p.name for p in (folder / "grades").iterdir()) == names
    assert report["limits"] == {"seconds": 20, "memory_mb": 2500}
    return {(Path(row["notebook"]).stem, row["exercise"]): row for row in report["rows"]}


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("name", "exercise", "hint"),
    [
        ("cheat", "ex1", "means are not 0|one mean|standard deviations"),
        ("cheat", "ex2", "holds a Sly"),
        ("endless", "ex1", "your cell took too long"),
        ("endless", "ex5", "your code took too long"),
        ("exit", "ex5", r"your code ended the process \(exit status 3\)"),
        ("hungry", "ex5", "your code took more than 2500 MB of memory"),
        ("segfault", "ex5", r"your code crashed Python \(SIGSEGV\)"),
        ("talkative", "ex2", r"your cell stopped with SyntaxError \(expected ':'"),
        ("talkative", "ex5", "your code printed more than 10 MB"),
        ("torn", "", "not a notebook"),
        ("unknown", "", "does not say which lesson"),
    ],
)
def test_what_goes_wrong_ends_with_a_clear_row(rows, name, exercise, hint):
    row = rows[name, exercise]
    assert not row["passed"]
    assert re.search(hint, row["hint"]), row


def test_what_is_right_passes_beside_what_is_wrong(rows):
    passed = {
        name: [ex for (n, ex), row in rows.items() if n == name and row["passed"]]
        for name in NAUGHTY
    }
    assert passed == {
        "cheat": ["ex5"],
        "endless": ["ex2"],
        "exit": ["ex1", "ex2"],
        "hungry": ["ex1", "ex2"],
        "segfault": ["ex1", "ex2"],
        "talkative": ["ex1"],
    }
    assert len(rows) == 7 * len(NAUGHTY) + 2
    assert all("not answered" in rows[name, "ex7"]["hint"] for name in NAUGHTY)


def test_the_students_cells_are_found_without_their_ids():
    lesson = judge.week("week02_basics")
    notebook = filled(GOOD)
    expected = judge.answers(lesson, notebook)
    assert [source for source in expected if "return ..." not in source] == list(GOOD.values())
    assert len(expected) == len(lesson.exercises) == 7
    for number, cell in enumerate(notebook.cells):
        cell.id = f"other-{number}"
    assert judge.answers(lesson, notebook) == expected
    helper = new_code_cell("def helper():\n    return 1")
    notebook.cells.insert(-1, helper)
    assert judge.answers(lesson, notebook) == [*expected, helper.source]


def test_an_answer_may_stand_in_a_cell_of_its_own_and_be_split():
    lesson = judge.week("week02_basics")
    notebook = filled({})
    place = next(k for k, cell in enumerate(notebook.cells) if cell.get("id") == "ex1-stub")
    own = ["def helper(x):\n    return x", "def standardise(x):\n    return helper(x)"]
    notebook.cells[place:place] = [new_code_cell(source) for source in own]
    found = judge.answers(lesson, notebook)
    assert found[:2] == own and len(found) == len(lesson.exercises) + 1  # and not the stub over it
    bare = nbformat.v4.new_notebook(cells=[new_code_cell(source) for source in own])
    assert judge.answers(lesson, bare) == own


BADGE = nbformat.v4.new_markdown_cell(
    "<a href='https://colab.research.google.com/github/x'>Colab</a>"
)
NAME = nbformat.v4.new_markdown_cell("# A name\nA number")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("before", [[], [BADGE], [NAME, BADGE]], ids=["", "badge", "name"])
def test_a_lesson_is_known_however_it_was_saved(tmp_path, encoding, before):
    notebook = filled(GOOD)
    notebook.cells[:0] = before
    raw = json.loads(nbformat.writes(notebook))
    for cell in raw["cells"]:  # an older editor knows no ids
        del cell["id"]
    raw["nbformat_minor"] = 4
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(raw, ensure_ascii=False), encoding=encoding)
    assert grade.lesson_of(path) == "week02_basics"
    read = judge.answers(judge.week("week02_basics"), reading.notebook(path))
    assert set(GOOD.values()) <= set(read)


def test_a_lesson_without_its_heading_is_known_by_its_answers(tmp_path):
    path = tmp_path / "mine.ipynb"
    for stem in STEMS:
        stubs = cells(stem, "exercise").values()
        nbformat.write(nbformat.v4.new_notebook(cells=[new_code_cell(s) for s in stubs]), path)
        assert grade.lesson_of(path) == stem


def test_copies_of_the_system_are_no_notebooks(tmp_path):
    for name in ("a.ipynb", "._a.ipynb", "__MACOSX/a.ipynb", ".ipynb_checkpoints/a.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0")
    assert grade.notebooks([tmp_path]) == [tmp_path / "a.ipynb"]


def test_a_lesson_whose_cells_lost_their_ids_is_named(tmp_path):
    raw = json.loads(WEEK2.read_text(encoding="utf-8"))
    del raw["cells"][3]["id"]
    (tmp_path / WEEK2.name).write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ValueError, match=r"week02_basics\.ipynb: 1 of .*git checkout"):
        reading.lesson(tmp_path / WEEK2.name)


def test_a_solution_that_stands_behind_a_stub_is_no_answer():
    """In a lesson of the old form it has the answer's name; it must not stand in for a wrong one."""
    lesson = judge.week("week02_basics")
    notebook = filled({"ex1-stub": "def standardise(x):\n    return x"})
    place = next(k for k, cell in enumerate(notebook.cells) if cell.get("id") == "ex1-stub")
    solution = new_code_cell(GOOD["ex1-stub"], metadata={"tags": ["solution"]})
    notebook.cells.insert(place + 1, solution)
    found = judge.answers(lesson, notebook)
    assert found[0] == "def standardise(x):\n    return x" and GOOD["ex1-stub"] not in found


def test_a_judge_that_does_not_come_to_an_end_is_replaced(monkeypatch):
    """An exercise whose check is stopped gets a row, and the next judge goes on after it."""
    asked = []

    class Stub:
        def __init__(self, *_, **__):
            self.messages = []

        def send(self, packed):
            asked.append(skip := json.loads(packed[16:])[0]["skip"])
            self.messages = [
                {"plan": [["ex1-stub", "Exercise 1: a"], ["ex2-stub", "Exercise 2: b"]]}
            ]
            self.messages += (
                [grade._row("ex2", "Exercise 2: b", ""), {"over": True}] if skip else []
            )

        def receive(self, seconds):
            if not self.messages:
                raise grade.Ended("took too long")
            return self.messages.pop(0), []

        def tail(self):
            return ""

    monkeypatch.setattr(grade, "Worker", Stub)
    rows = grade.grade(WEEK2, "week02_basics", Limits(), {})
    assert asked == [0, 1]
    assert [row["exercise"] for row in rows] == ["ex1", "ex2"]
    assert rows[0]["hint"] == "the check of your answer took too long"


def test_what_cannot_be_graded_is_said(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="is not there"):
        grade.main([str(tmp_path / "nowhere.ipynb")])
    with pytest.raises(SystemExit, match="no notebook"):
        grade.main([str(tmp_path)])
    (tmp_path / "torn.ipynb").write_text('{"cells": [')
    monkeypatch.setattr(grade, "GRADES", tmp_path)
    assert grade.main([str(tmp_path)]) == 1


def test_a_spreadsheet_reads_no_formula(tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "GRADES", tmp_path)
    row = {"notebook": "=1+1.ipynb", "week": "", "student": "=1+1"}
    grade.write([row | grade._row("ex1", "Exercise 1", "@x")], Limits())
    assert "'=1+1.ipynb,,ex1,Exercise 1,False,'@x,0.0" in (tmp_path / "grades.csv").read_text()
    assert "\n'=1+1,0,0,1" in (tmp_path / "students.csv").read_text()


def test_a_platform_gets_a_row_for_each_student():
    def row(student, week, exercise, passed):
        return {"student": student, "week": week, "exercise": exercise, "passed": passed}

    rows = [
        row("ann", "week02", "ex1", True),
        row("ann", "week02", "ex10", False),
        row("ann", "week02", "ex2", True),
        row("bob", "week03", "ex1", True),
        row("bob", "week03", "ex1", False),  # handed in twice: the better one counts
        row("eve", "", "", False),  # could not be graded
    ]
    assert grade.wide(rows) == [
        ["student", "week02 ex1", "week02 ex2", "week02 ex10", "week03 ex1", "points", "of"],
        ["ann", 1, 1, 0, "", 2, 3],
        ["bob", "", "", "", 1, 1, 1],
        ["eve", "", "", "", "", 0, 0],
    ]


def test_a_notebook_belongs_to_its_folder_or_to_its_name():
    given = [Path("class")]
    assert grade.student_of(Path("class/smith.ipynb"), given) == "smith"
    assert grade.student_of(Path("class/smith/week02.ipynb"), given) == "smith"
    assert grade.student_of(Path("class/smith/late/week02.ipynb"), given) == "smith"
    assert grade.student_of(Path("smith.ipynb"), [Path("smith.ipynb")]) == "smith"


@pytest.mark.parametrize(("passed", "code"), [([True, True], 0), ([True, False], 1)])
def test_strict_asks_for_every_exercise(tmp_path, monkeypatch, passed, code):
    nbformat.write(filled({}), tmp_path / "a.ipynb")
    monkeypatch.setattr(grade, "GRADES", tmp_path / "grades")
    found = [grade._row(f"ex{k}", "", "") | {"passed": p} for k, p in enumerate(passed)]
    monkeypatch.setattr(grade, "grade", lambda *_: found)
    assert grade.main([str(tmp_path), "--strict"]) == code
    assert grade.main([str(tmp_path)]) == 0


def emptied(source: str) -> str:
    """Return a cell as `nbgrader generate_assignment` hands it out."""
    marks = r"(?ms)^( *)### BEGIN SOLUTION.*?### END SOLUTION"
    return re.sub(marks, r"\1# YOUR CODE HERE\n\1raise NotImplementedError()", source)


@pytest.mark.parametrize("stem", STEMS)
def test_nbgrader_gets_each_exercise_with_a_point(stem):
    made = student.nbgrader(WEEK2.with_name(f"{stem}.ipynb"))
    marked = [cell for cell in made.cells if "nbgrader" in cell.metadata]
    exercises = judge.week(stem).exercises
    assert len(marked) == 2 * len(exercises) and not any(
        "solution" in c.get("tags", []) for c in marked
    )
    ids = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert len(set(ids)) == len(ids)
    solutions = cells(stem, "solution").values()
    for stub, check, exercise, solution in zip(
        marked[::2], marked[1::2], exercises, solutions, strict=True
    ):
        assert stub.metadata.nbgrader.solution and check.metadata.nbgrader.grade
        lines = [line for line in stub.source.splitlines() if "### " not in line]
        assert "\n".join(lines).rstrip() == solution
        assert exercise.check in check.source
        assert emptied(stub.source) != stub.source
        compile(emptied(stub.source), stub.id, "exec")


def test_nbgraders_check_fails_the_empty_cell_and_passes_the_solution():
    made = student.nbgrader(WEEK2).cells
    stub = next(cell for cell in made if cell.id == "ex1-stub")
    check = made[made.index(stub) + 1].source
    namespace = dict(judge._namespace("week02_basics"))
    run(stub.source, namespace)
    run(check, namespace)
    run(emptied(stub.source), namespace)
    with pytest.raises(AssertionError, match="NotImplementedError"):
        run(check, namespace)
