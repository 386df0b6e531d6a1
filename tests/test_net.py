"""The net itself: each fault that it is there to catch is made on purpose, in a copy of a notebook."""

import copy
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import nbformat
import pytest

from tests.notebook_rules import NOTEBOOKS, ROOT, problems, text_of

SUBJECT = NOTEBOOKS[0]
ORIGINAL = nbformat.read(SUBJECT, as_version=4)
# Sections that none of the four changes below needs; each of them costs a second or more.
LEFT_OUT = (
    "fit-surface",
    "fit-curvature",
    "fit-rates",
    "graph",
    "speed",
    "surprise",
    "became",
    "ex2",
)


def first(notebook, wanted):
    """Return the first code cell and output of which `wanted(output)` is true."""
    return next(
        (cell, out)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for out in cell.outputs
        if wanted(out)
    )


def is_figure(out) -> bool:
    """Tell whether an output is a picture."""
    return "image/png" in out.get("data", {})


def is_measured(out) -> bool:
    """Tell whether an output was printed by `measured` or `table`."""
    return bool(out.get("metadata", {}).get("measured"))


def uncounted(notebook) -> str:
    cell, _ = first(notebook, lambda out: out.output_type == "stream")
    cell.execution_count, cell.outputs = None, []
    return cell.id


def wordless_figure(notebook) -> str:
    cell, out = first(notebook, is_figure)
    out.metadata = {}
    return cell.id


def figure_of_matplotlib(notebook) -> str:
    cell, out = first(notebook, is_figure)
    out.data["text/plain"] = "<Figure size 720x400 with 1 Axes>"
    return cell.id


def bare_mark(notebook) -> str:
    cell, out = first(notebook, lambda out: out.output_type == "stream")
    out.text += "accuracy ≈ 0.93\n"
    return cell.id


def bare_line(notebook) -> str:
    cell, out = first(notebook, lambda out: out.output_type == "stream")
    out.text += "≋ on a good day\n"
    return cell.id


def mark_in_the_source(notebook) -> str:
    cell, _ = first(notebook, lambda out: out.output_type == "stream")
    cell.source += '\nprint("accuracy ≈", 0.93)'
    return cell.id


def vacuous_band(notebook) -> str:
    cell, out = first(notebook, is_measured)
    out.metadata["measured"][0] |= {"low": "-inf", "high": "inf"}
    return cell.id


def band_that_names_nothing(notebook) -> str:
    cell, out = first(notebook, is_measured)
    out.metadata["measured"][0]["excludes"] = {}
    return cell.id


def measured_without_excludes(notebook) -> str:
    cell, _ = first(notebook, is_measured)
    cell.source += '\nmeasured("accuracy", 0.93, 0, 1)'
    return cell.id


def empty_claim(notebook) -> str:
    cell, _ = first(notebook, is_measured)
    cell.source += '\nsituation("a fine machine", holds=True)'
    return cell.id


def stored_stderr(notebook) -> str:
    cell, _ = first(notebook, lambda out: out.output_type == "stream")
    cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text="W0000 careful\n"))
    return cell.id


def html(notebook) -> str:
    cell, out = first(notebook, is_measured)
    out.data["text/html"] = "<b>bold</b>"
    return cell.id


def address(notebook) -> str:
    cell, out = first(notebook, lambda out: out.output_type == "stream")
    out.text += "<object at 0x7f3a5c0b1d90>\n"
    return cell.id


def path_of_a_machine(notebook) -> str:
    cell, out = first(notebook, lambda out: out.output_type == "stream")
    out.text += "saved to /home/ada/model.keras\n"
    return cell.id


def ignore_marker(notebook) -> str:
    cell, _ = first(notebook, is_measured)
    cell.source = "# NBVAL_IGNORE_OUTPUT\n" + cell.source
    return cell.id


def silenced(notebook) -> str:
    cell, _ = first(notebook, is_measured)
    cell.source += ";"
    return cell.id


def timed(notebook) -> str:
    cell, _ = first(notebook, is_measured)
    cell.metadata["execution"] = {"shell.execute_reply": "2026-01-01T00:00:00.000000Z"}
    return cell.id


def unchecked_exercise(notebook) -> str:
    check, _ = first(notebook, lambda out: text_of(out).startswith("✓"))
    number = notebook.cells.index(check)
    check.outputs = []
    return notebook.cells[number - 2].id


def test_the_original_is_clean():
    assert problems(SUBJECT) == []


@pytest.mark.parametrize(
    "fault",
    [
        uncounted, wordless_figure, figure_of_matplotlib, bare_mark, bare_line, mark_in_the_source,
        vacuous_band, band_that_names_nothing, measured_without_excludes, empty_claim,
        stored_stderr, html, address, path_of_a_machine, ignore_marker, silenced, timed,
        unchecked_exercise,
    ],
)  # fmt: skip
def test_a_fault_is_named_with_notebook_and_cell(fault, tmp_path):
    notebook = copy.deepcopy(ORIGINAL)
    cell = fault(notebook)
    nbformat.write(notebook, tmp_path / SUBJECT.name)
    found = problems(tmp_path / SUBJECT.name)
    assert found, f"{fault.__name__} slips through"
    assert all(f"{SUBJECT.name}: Cell " in what and f"({cell})" in what for what in found), found


def test_re_execution_fails_at_changed_text_and_broken_bands_only(tmp_path):
    """One strict run over a copy with four changes: two must fail, two must not, the rest passes."""
    notebook = copy.deepcopy(ORIGINAL)
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith(LEFT_OUT)]
    verbatim, out = first(notebook, lambda out: out.output_type == "stream")
    out.text = out.text.replace(out.text[0], "§", 1)
    digit, out = first(notebook, lambda out: is_measured(out) and len(out.metadata.measured) == 1)
    out.data["text/plain"] = re.sub(r"(≈ *)\d", r"\g<1>7", out.data["text/plain"])
    line, out = first(notebook, lambda out: out.get("metadata", {}).get("situation"))
    out.data["text/plain"] = "≋ TensorFlow 9.9 on an abacus"
    band, _ = first(notebook, lambda out: text_of(out).startswith("✓"))
    band.source += '\nmeasured("too much", 2.0, 0, 1, excludes={"chance": 3})'
    copied = tmp_path / SUBJECT.name
    nbformat.write(notebook, copied)

    report = tmp_path / "report.xml"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--junitxml", report, "-c", ROOT / "pyproject.toml"),
            *("--rootdir", tmp_path, copied),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = {
        int(case.get("name").removeprefix("Cell "))
        for case in ElementTree.parse(report).iter("testcase")
        if len(case)
    }
    assert run.returncode == 1
    assert failed == {code.index(verbatim), code.index(band)}, run.stdout[-3000:]
    assert {code.index(digit), code.index(line)}.isdisjoint(failed)
    assert "too much: 2 is outside its band from 0 to 1" in run.stdout
