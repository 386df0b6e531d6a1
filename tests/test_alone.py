"""A lesson opened elsewhere: the line that `make address` puts into it is all that it needs."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from tests.notebook_rules import NOTEBOOKS, ROOT
from tools import address

HERE = "https://github.com/me/course"


def test_the_codespace_is_described_in_valid_json():
    described = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert described["image"] and described["postCreateCommand"] == "make .venv/ready"
    assert "\n.venv/ready" not in (ROOT / "Makefile").read_text("utf-8")  # it is READY's value
    assert "READY := .venv/ready\n" in (ROOT / "Makefile").read_text("utf-8")


def test_binder_installs_the_same_versions_on_a_python_that_the_course_takes():
    """Left to itself, Binder takes the newest Python that it has, TensorFlow or not."""
    folder = ROOT / ".binder"
    assert (folder / "runtime.txt").read_text("utf-8") in {f"python-3.{k}\n" for k in (11, 12, 13)}
    _, other = (folder / "requirements.txt").read_text("utf-8").split()
    assert (folder / other).resolve() == ROOT / "requirements.txt"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The course as a wheel; skips where no package index answers."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode and ("NewConnectionError" in made.stderr or "No matching" in made.stderr):
        pytest.skip("no package index can be reached")
    assert made.returncode == 0, made.stderr
    return next(Path(folder).glob("*.whl"))


@pytest.mark.more
def test_the_wheel_holds_modules_and_notebooks_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for path in NOTEBOOKS:
        assert f"week02_basics/notebooks/{path.name}" in names
        assert f"{path.stem}/checks.py" in names
    assert all(name.startswith(("week", "tensorflow_course-")) for name in names), names


@pytest.mark.more
def test_the_line_is_enough_in_an_empty_environment(wheel, tmp_path):
    """A notebook server with nothing but Jupyter: the line, then the lesson.

    Week 2 runs whole; of the others the set-up and the exported cells, which import and load all.
    """
    venv.create(tmp_path / "venv", with_pip=True)
    python = next((tmp_path / "venv").glob("[bS]*/python*"))
    install = [python, "-m", "pip", "install", "--quiet", "ipykernel", "nbclient"]
    subprocess.run(install, check=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    for path in NOTEBOOKS:
        folder = tmp_path / path.stem
        folder.mkdir()
        notebook = nbformat.read(path, as_version=4)
        if path.stem != "week02_basics":
            notebook.cells = [
                cell
                for cell in notebook.cells
                if "export" in cell.metadata.get("tags", []) or cell.id.startswith("setup")
            ]
        notebook.cells.append(new_code_cell(SEEN))
        line = address.command(HERE).replace(f"git+{HERE}", f"--quiet {wheel}")
        assert str(wheel) in line
        notebook.cells.insert(0, new_code_cell(line))
        nbformat.write(notebook, folder / path.name)
        run = [python, "-m", "nbclient.cli", "--inplace", "--timeout=1800", path.name]
        run = [python, "-c", "from nbclient.cli import main; main()", *run[3:]]
        done = subprocess.run(
            run, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        last = nbformat.read(folder / path.name, as_version=4).cells[-1].outputs[0].text
        assert str(tmp_path) in last and str(ROOT) not in last, last


SEEN = """
import week02_basics, week02_basics.taught
print(week02_basics.__file__, week02_basics.taught.NOTEBOOKS)
week02_basics.taught.taught("week03_regression")
"""
