"""Where the course is published: no link before there is an address, every link once there is one."""

import re
import shutil
import subprocess
import tomllib

import nbformat
import pytest

from tests.notebook_rules import NOTEBOOKS, ROOT
from tools import address

ELSEWHERE = ("colab.research.google.com", "codespaces.new", "mybinder.org", "%pip install")
ASIDE = {".git", ".venv", "build", "logs", "my_pictures", ".pytest_cache", ".ruff_cache"}


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The files that may name the address, in a folder of their own and without one."""
    (tmp_path / "notebooks").mkdir()
    for path in address.files():
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    monkeypatch.setattr(address, "ROOT", tmp_path)
    monkeypatch.setattr(address, "NOTEBOOKS", tmp_path / "notebooks")
    assert address.main(["none"]) == 0
    return tmp_path


def held(folder):
    """Return the bytes of every file, by name."""
    return {path.name: path.read_bytes() for path in folder.rglob("*.*")}


def test_no_file_of_the_course_holds_a_placeholder():
    word = re.compile(rb"\bOWN" + rb"ER\b")
    every = []
    if shutil.which("git") and (ROOT / ".git").exists():
        git = ["git", "-C", ROOT, "ls-files", "-z"]
        listed = subprocess.run(git, capture_output=True, text=True, check=False).stdout
        every = [ROOT / name for name in listed.split("\0") if name]
    if not every:  # unpacked, not cloned
        tops = [path for path in ROOT.iterdir() if path.name not in ASIDE]
        every = [path for top in tops for path in [top, *top.rglob("*")]]
    assert len(every) > 100
    found = [path for path in every if path.is_file() and word.search(path.read_bytes())]
    assert not [str(path.relative_to(ROOT)) for path in found]


def test_all_files_agree_on_the_address():
    """Also after a week was added, or a set-up text rewritten."""
    stale = [path.name for path in address.changes(address.address())]
    assert not stale, f"run `make address ADDRESS={address.address() or 'none'}`: {stale}"


def test_without_an_address_nothing_points_anywhere(copy):
    texts = [path.read_text(encoding="utf-8") for path in address.files()]
    assert not [where for where in ELSEWHERE for text in texts if where in text]
    assert "urls" not in tomllib.loads(texts[0])["project"] and address.address() == ""
    assert "<!-- address -->\n<!-- /address -->\n" in texts[1]


def test_with_an_address_everything_is_linked_and_none_takes_it_back(copy, capsys):
    before = held(copy)
    assert address.main(["https://github.com/else/where"]) == 0
    assert address.main(["https://github.com/me/my.course.git/"]) == 0
    after, name = held(copy), "me/my.course"
    assert address.address() == f"https://github.com/{name}"
    page = after["README.md"].decode()
    for path in NOTEBOOKS:
        colab = f"https://colab.research.google.com/github/{name}/blob/main/notebooks/{path.name}"
        assert f"]({colab})" in page, f"README.md does not open {path.name} in Colab"
    assert f"](https://codespaces.new/{name})" in page
    assert f"](https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/notebooks)" in page
    for path in NOTEBOOKS:
        old, new = (nbformat.reads(b[path.name].decode(), as_version=4) for b in (before, after))
        text = next(cell for cell in new.cells if cell.id == "setup-text")
        *_, empty, line = text.source.split("\n")
        install = f"`{address.command(address.address())}`"
        assert line == f"In Colab or on another server, first run {install} in a cell above."
        assert not empty and text.source.count("%pip") == 1
        assert sum(a != b for a, b in zip(old.cells, new.cells, strict=True)) == 1
    assert not [name for name, content in after.items() if b"else/where" in content]
    capsys.readouterr()
    assert address.main([f"https://github.com/{name}"]) == 0
    assert capsys.readouterr().out == "" and held(copy) == after
    assert address.main(["none"]) == 0
    assert held(copy) == before


BAD = ["", "http://github.com/a/b", "https://elsewhere.org/a/b", "https://github.com/a", "x y"]
BAD += ["https://github.com/a/b/c", 'https://github.com/a/b"c', "https://github.com/a/.."]


def test_a_bad_address_changes_nothing(copy, capsys):
    before = held(copy)
    for arguments in ([], ["none", "none"], *([bad] for bad in BAD)):
        assert address.main(arguments) == 2, arguments
        assert "ADDRESS=https://github.com/you/your-course" in capsys.readouterr().err
    assert held(copy) == before


def test_a_file_without_a_place_for_the_address_stops_it_before_the_first_change(copy, capsys):
    faults = {
        "pyproject.toml": ("[project.optional", '[project.urls]\nHome = "x"\n\n[project.optional'),
        "README.md": ("<!-- /address -->", ""),
        "notebooks/week10_tfrecord.ipynb": ('"setup-text"', '"elsewhere"'),
        "notebooks/week04_optimizers.ipynb": ('"cells": [', '"cells": '),
    }
    for name, (old, new) in faults.items():
        whole = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(whole.replace(old, new), encoding="utf-8")
        before = held(copy)
        assert address.main(["https://github.com/me/course"]) == 2
        assert capsys.readouterr().err.startswith("Nothing was changed. ")
        assert held(copy) == before
        (copy / name).write_text(whole, encoding="utf-8")
    assert address.main(["https://github.com/me/course"]) == 0
