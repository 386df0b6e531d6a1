"""The commands behind the Makefile, on tiny notebooks without TensorFlow."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from tests.notebook_rules import ROOT
from tools import course, drift, execute, readme, render, student
from tools.lessons import lesson

OPENING = """# Week {week} — Counting

<sub>第{week}周</sub>

**You will learn to**

- count to three
- stop there

**You need** fingers.
"""
FIGURE = """
from week02_basics.figures import show
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
show(fig, 'An empty pair of axes "without" lines & points.')
"""


def write(folder: Path, name: str, *sources: str, week: int = 2) -> Path:
    """Store a notebook that was never run."""
    cells = [new_markdown_cell(OPENING.format(week=week), id="intro")]
    for number, source in enumerate(sources):
        tags = re.findall(r"# tag: (\w+)", source)
        cell = new_code_cell(source, id=f"cell-{number}", metadata={"tags": tags} if tags else {})
        cells.append(cell)
    notebook = new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"name": "python3", "display_name": "mine"}, "orig_nbformat": 4}
    )
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def notebooks(tmp_path, monkeypatch) -> Path:
    """An empty course in a folder of its own."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(execute, "NOTEBOOKS", folder)
    monkeypatch.setattr(readme, "NOTEBOOKS", folder)
    for module in (course, student):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(course, "BUILD", tmp_path / "build")
    monkeypatch.setattr(readme, "BUILD", tmp_path / "build")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "TEACHING", tmp_path / "TEACHING.md")
    monkeypatch.setattr(student, "STUDENT", tmp_path / "build" / "student")
    return folder


def test_rendering_twice_changes_nothing(notebooks):
    path = write(notebooks, "week02_a", "for i in range(3):\n    print(i, flush=True)", "1 + 1")
    assert render.main([]) == 0
    once = path.read_bytes()
    assert render.main(["week02_a"]) == 0
    assert path.read_bytes() == once
    notebook = nbformat.read(path, as_version=4)
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, 2]
    assert [cell.id for cell in notebook.cells] == ["intro", "cell-0", "cell-1"]
    assert [out.text for out in notebook.cells[1].outputs] == ["0\n1\n2\n"]
    assert notebook.metadata.kernelspec.display_name == "Python 3 (ipykernel)"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert once.endswith(b"}\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", r"Cell 1 \(cell-1\), `1 / 0`: ZeroDivisionError: division by zero"),
        (
            "import sys; sys.stderr.write('W0000 noise')",
            r"Cell 1 \(cell-1\) writes to stderr",
        ),
        ("import os; os._exit(1)", r"Cell 1 \(cell-1\), .*DeadKernelError"),
    ],
)
def test_a_failing_notebook_is_named_and_left_alone(notebooks, capsys, source, message):
    path = write(notebooks, "week02_a", "print('fine')", source, "print('never')")
    before = path.read_bytes()
    assert render.main([]) == 1
    assert path.read_bytes() == before
    assert re.search(r"week02_a\.ipynb: " + message, capsys.readouterr().out)
    assert [p.name for p in notebooks.iterdir()] == ["week02_a.ipynb"]


def test_course_goes_on_after_a_failure_and_names_it(notebooks, tmp_path, capsys):
    write(notebooks, "week02_a", "x = 3", "assert x < 3, 'too many'", week=2)
    write(notebooks, "week03_b", "block = bytearray(200_000_000)", FIGURE, week=3)
    assert course.main([]) == 1
    said = capsys.readouterr()
    failure = (
        "week02_a.ipynb: Cell 1 (cell-1), `assert x < 3, 'too many'`: AssertionError: too many"
    )
    assert failure in said.err
    assert "1 of 2 notebooks ran to their end" in said.out
    assert re.search(r"week03_b +2/2 cells +\d+\.\d s +\d+ MB", said.out)

    build = tmp_path / "build"
    report = json.loads((build / "course.json").read_text())["notebooks"]
    assert report["week02_a"]["error"] and not report["week03_b"]["error"]
    assert report["week03_b"]["peak_mb"] > 200 and report["week03_b"]["seconds"] > 0.5
    index = (build / "index.html").read_text(encoding="utf-8")
    assert 'href="week03_b.html"' in index and "count to three" in index
    assert "failed in Cell 1 (cell-1)" in index and "too many" in index
    page = BeautifulSoup((build / "week03_b.html").read_text(encoding="utf-8"), "html.parser")
    assert [img["alt"] for img in page.find_all("img")] == [
        'An empty pair of axes "without" lines & points.'
    ]


def test_one_notebook_alone_keeps_what_was_measured_of_the_others(notebooks, tmp_path):
    for week in (2, 3):
        write(notebooks, f"week0{week}_a", "1 + 1", week=week)
    assert course.main([]) == 0
    file = tmp_path / "build" / "course.json"
    before = json.loads(file.read_text())
    before["notebooks"]["week02_a"]["seconds"] = 77.0
    file.write_text(json.dumps(before))
    assert course.main(["week03_a"]) == 0
    assert json.loads(file.read_text())["notebooks"]["week02_a"]["seconds"] == 77.0
    before["versions"]["python"] = "3.0"
    file.write_text(json.dumps(before))
    assert course.main(["week03_a"]) == 0
    assert list(json.loads(file.read_text())["notebooks"]) == ["week03_a"]


def test_an_unknown_notebook_is_named(notebooks):
    write(notebooks, "week02_a", "1")
    with pytest.raises(SystemExit, match="no notebook week99; there are: week02_a"):
        execute.find(["week99"])
    assert [path.stem for path in execute.find(["notebooks/week02_a.ipynb"])] == ["week02_a"]


def test_student_version_has_no_solutions_and_no_ticks(notebooks, tmp_path):
    write(
        notebooks,
        "week02_a",
        "# tag: exercise\ndef f():\n    return ...",
        "# tag: solution\ndef f():\n    return 42",
        "print('✓ Exercise 1' if f() == 42 else '✗ Exercise 1: the answer is 42')",
        "print('lesson')",
    )
    assert render.main([]) == 0
    assert student.main([]) == 0
    notebook = nbformat.read(tmp_path / "build" / "student" / "week02_a.ipynb", as_version=4)
    text = json.dumps(notebook)
    assert "return 42" not in text and "lesson" in text
    assert not any("✓" in str(cell.get("outputs")) for cell in notebook.cells)


def test_student_version_lacks_the_folds_and_nothing_else(notebooks):
    """The published notebook is the student's; without its folds it is what `make student` writes."""
    path = write(
        notebooks,
        "week02_a",
        "# tag: exercise\ndef f():\n    return ...",
        "print('✎ Exercise 1: f: your turn')",
    )
    notebook = nbformat.read(path, as_version=4)
    fold = "<details><summary>Solution</summary>\n\n```python\ndef f(): ...\n```\n\n</details>"
    folded = nbformat.v4.new_markdown_cell(fold, id="ex1-solution", metadata={"tags": ["solution"]})
    nbformat.write(notebook, path)
    without = student.student(path)
    notebook.cells.append(folded)
    nbformat.write(notebook, path)
    assert student.student(path) == without


def test_the_readmes_picture_is_made_from_cells_that_there_are():
    assert readme.picture().size == Image.open(readme.PICTURE).size


def test_readme_table_comes_from_notebooks_and_measurements(
    notebooks, tmp_path, capsys, monkeypatch
):
    write(notebooks, "week02_a", "1")
    monkeypatch.setattr(readme, "SHOWN", [])
    monkeypatch.setattr(
        readme, "picture", lambda: pytest.importorskip("PIL.Image").new("P", (1, 1))
    )
    monkeypatch.setattr(readme, "PICTURE", tmp_path / "weeks.png")
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- weeks -->\n<!-- /weeks -->\nafter\n", encoding="utf-8")
    teaching = tmp_path / "TEACHING.md"
    teaching.write_text("<!-- verified -->\nold\n<!-- /verified -->\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"course\.json is missing: run `make course` first"):
        readme.main([])
    (tmp_path / "build").mkdir()
    measured = {"week02_a": {"seconds": 7.4, "peak_mb": 812, "error": ""}}
    report = tmp_path / "build" / "course.json"
    run = {"date": "2026-11-24", "machine": "an abacus", "versions": {"python": "3.13.0"}}
    report.write_text(json.dumps(run | {"notebooks": {}}))
    with pytest.raises(SystemExit, match=r"week02_a\.ipynb has no good run"):
        readme.main([])
    assert readme.main(["--check"]) == 1
    report.write_text(json.dumps(run | {"notebooks": measured}))
    assert readme.main([]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- weeks -->\n| week |") and text.endswith("\nafter\n")
    assert "[Counting](notebooks/week02_a.ipynb)" in text and "第2周" in text
    assert "count to three; stop there" in text and "| 7 s, 0.8 GB |" in text
    said = teaching.read_text(encoding="utf-8")
    assert "2026-11-24 with python 3.13.0, on an abacus: 1 of 1 lessons" in said
    assert "7 seconds" in said and "0.8 GB" in said and "old" not in said
    assert readme.main(["--check"]) == 0
    write(notebooks, "week03_b", "1", week=3)
    assert readme.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().out


def test_readme_of_this_course_is_up_to_date():
    assert readme.main(["--check"]) == 0


def test_lesson_says_what_an_opening_lacks(tmp_path):
    path = tmp_path / "week02_a.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Counting")]), path)
    with pytest.raises(ValueError, match=r"week02_a\.ipynb: the first cell needs"):
        lesson(path)


def seconds(entry: str) -> float:
    """Return the seconds in a row of the README's table."""
    return float(re.search(r"\| (\d+) s, ", entry)[1])


def test_lessons_promise_no_less_time_than_they_take():
    """The opening says `under N seconds`; the README's measured seconds must lie below."""
    table = readme.TABLE.search((ROOT / "README.md").read_text(encoding="utf-8"))[0]
    for path in execute.find([]):
        first = nbformat.read(path, as_version=4).cells[0].source
        promised = float(re.search(r"\*\*Takes\*\* .*?under (\d+) seconds", first)[1])
        row = next(line for line in table.splitlines() if f"notebooks/{path.name}" in line)
        assert seconds(row) < promised, path.name


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to cut the network")
def test_offline_cuts_the_network_and_empties_the_cache():
    code = (
        "import os, socket\n"
        "print(os.listdir(os.environ['KERAS_HOME']))\n"
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())\n"
        "socket.create_connection(('192.0.2.1', 80), 5)\n"
    )
    run = subprocess.run(
        [ROOT / "tools" / "offline.sh", sys.executable, "-c", code],
        capture_output=True,
        text=True,
    )
    if "nobody" in run.stderr or "needs Linux with" in run.stderr:
        pytest.skip(run.stderr.strip())
    assert run.stdout == "[]\n", run.stderr
    assert "Network is unreachable" in run.stderr and run.returncode == 1


REPORT = """<testsuites><testsuite>
<testcase classname="notebooks.week02_basics.ipynb" name="Cell 0"/>
<testcase classname="notebooks.week02_basics.ipynb" name="Cell 1"><failure>Notebook cell execution failed
Cell 1: Cell outputs differ

Input:
a - b

Traceback:
 mismatch 'stdout'

 assert reference_output == test_output failed:

  - from a list: float32
  ?                   ^^
  + from a list: float16
</failure></testcase>
<testcase classname="tests.test_net" name="test_original"><failure>a
#x1B[31mb#x1B[0m</failure></testcase>
</testsuite></testsuites>"""


def test_drift_says_what_newer_releases_changed(tmp_path):
    before, after, tests = (tmp_path / name for name in ("before", "after", "tests.xml"))
    before.write_text("keras==3.15.1\nold==1.0\nsame==2\n")
    after.write_text("keras==3.16.0\nnew==0.1\nsame==2\n")
    tests.write_text(REPORT)
    text = drift.markdown(before, after, tests)
    assert "| keras | 3.15.1 | 3.16.0 |" in text and "| old | 1.0 | — |" in text
    assert "| new | — | 0.1 |" in text and "same" not in text
    assert "## 2 of 3 tests and cells failed" in text and re.search(
        r"\*\*week02_basics, Cell 1 \(`\S+`\)\*\*", text
    )
    assert "```text\ncame   | from a list: float32\nstored | from a list: float16\n```" in text
    assert "**tests.test_net.test_original**" in text and "```text\na\nb\n```" in text
    tests.write_text("<testsuites/>")
    assert "None has changed" in drift.markdown(before, before, tests)
    assert "## 0 of 0 tests" in drift.markdown(before, after, tests)
    assert "did not run" in drift.markdown(before, after, tmp_path / "nowhere")


# --- the environment ----------------------------------------------------------------------------

NEEDS_MAKE = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="needs make and a shell"
)
FAKES = {  # a PYTHON, and what is said about it
    "nowhere": (None, "nowhere cannot be run as Python"),
    "locked": ("not executable", "locked cannot be run as Python"),
    "crash": ("#!/bin/sh\nkill -SEGV $$\n", "crash cannot be run as Python"),
    "mute": ("#!/bin/sh\nexit 0\n", "mute cannot be run as Python"),
    "old": ("#!/bin/sh\necho 3.9\n", "needs Python 3.11, 3.12 or 3.13; {0}/old is 3.9"),
    "new": ("#!/bin/sh\necho 3.14\n", "needs Python 3.11, 3.12 or 3.13; {0}/new is 3.14"),
    "bare": (
        '#!/bin/sh\ntest "$1" = -c && echo 3.12\n',
        "bare cannot make virtual environments here (Debian: apt install python3-venv)",
    ),
    "": (None, "This course needs Python 3.11, 3.12 or 3.13 (or say which: make PYTHON="),
}


@NEEDS_MAKE
@pytest.mark.parametrize("name", FAKES)
def test_make_names_what_is_wrong_with_an_interpreter(name, tmp_path):
    program, said = FAKES[name]
    for file in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-gpu.txt"):
        shutil.copy(ROOT / file, tmp_path)
    half = tmp_path / ".venv" / "half"
    half.parent.mkdir()
    half.touch()
    python = tmp_path / name if name else ""
    if program:
        python.write_text(program)
        python.chmod(0o644 if name == "locked" else 0o755)
    command = ["make", "-C", tmp_path, "lab", f"PYTHON={python}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and said.format(tmp_path) in done.stderr, done.stderr
    assert ("virtual environments" in done.stderr) == (name == "bare")
    assert ("PYTHON=/path/to/python3" in done.stderr) == (name != "bare")
    assert half.exists() == (name != "bare") and not (half.parent / "ready").exists()


@NEEDS_MAKE
def test_make_mends_a_half_made_environment_and_takes_a_whole_one_as_it_is(tmp_path):
    for file in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-gpu.txt"):
        shutil.copy(ROOT / file, tmp_path)
    python, inside = tmp_path / "python", tmp_path / ".venv" / "bin" / "python"
    python.write_text(
        "#!/bin/sh\n"
        'case "$1 $2" in\n'
        '"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;\n'
        '"-m pip") ;;\n'
        "*) echo 3.13 ;;\n"
        "esac\n"
    )
    python.chmod(0o755)
    half = tmp_path / ".venv" / "half"
    half.parent.mkdir()
    half.touch()
    for given in (python, tmp_path / "nowhere"):
        command = ["make", "-C", tmp_path, ".venv/ready", f"PYTHON={given}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert inside.exists() and not half.exists()
        (tmp_path / ".venv" / "ready").unlink()
