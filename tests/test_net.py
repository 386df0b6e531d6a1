"""The net itself: each fault that it is there to catch is made on purpose, in a copy of a notebook."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import nbformat
import pytest

from tests.claims import claims
from tests.notebook_rules import NOTEBOOKS, ROOT, problems

SUBJECT = next(path for path in NOTEBOOKS if claims(path.stem))
# Sections that none of the changes below needs; each of them costs a second or more.
LEFT_OUT = ("fit-rounding", "fit-optimizer", "tape", "valley", "graph", "pays", "trace", "became")


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


def is_text(out) -> bool:
    """Tell whether an output was printed by plain code."""
    return out.output_type == "stream"


def uncounted(notebook) -> str:
    cell, _ = first(notebook, is_text)
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
    cell, out = first(notebook, is_text)
    out.text += "accuracy ≈ 0.93\n"
    return cell.id


def bare_line(notebook) -> str:
    cell, out = first(notebook, is_text)
    out.text += "≋ on a good day\n"
    return cell.id


def mark_without_a_number(notebook) -> str:
    cell, out = first(notebook, is_text)
    out.text += "≈ as good\n"
    return cell.id


def mark_within_a_line(notebook) -> str:
    cell, out = first(notebook, is_text)
    out.text += "it ran ≋ on a good day\n"
    return cell.id


def band_in_a_lesson(notebook) -> str:
    cell, _ = first(notebook, is_text)
    cell.source += '\nmeasured("accuracy", 0.93, 0.9, 1, excludes={"chance": 0.1})'
    return cell.id


def claim_without_a_cell(notebook) -> str:
    held = {claim.cell for claim in claims(SUBJECT.stem)}
    lost = next(cell for cell in notebook.cells if cell.id in held)
    old, lost.id = lost.id, "another-name"
    return old


def stored_stderr(notebook) -> str:
    cell, _ = first(notebook, is_text)
    cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text="W0000 careful\n"))
    return cell.id


def html(notebook) -> str:
    cell, out = first(notebook, is_figure)
    out.data["text/html"] = "<b>bold</b>"
    return cell.id


def address(notebook) -> str:
    cell, out = first(notebook, is_text)
    out.text += "<object at 0x7f3a5c0b1d90>\n"
    return cell.id


def path_of_a_machine(notebook) -> str:
    cell, out = first(notebook, is_text)
    out.text += "saved to /home/ada/model.keras\n"
    return cell.id


def ignore_marker(notebook) -> str:
    cell, _ = first(notebook, is_text)
    cell.source = "# NBVAL_IGNORE_OUTPUT\n" + cell.source
    return cell.id


def silenced(notebook) -> str:
    cell, _ = first(notebook, is_text)
    cell.source += ";"
    return cell.id


def timed(notebook) -> str:
    cell, _ = first(notebook, is_text)
    cell.metadata["execution"] = {"shell.execute_reply": "2026-01-01T00:00:00.000000Z"}
    return cell.id


def exercise(notebook) -> int:
    """Return the place of the first exercise's stub."""
    return next(
        k for k, cell in enumerate(notebook.cells) if "exercise" in cell.metadata.get("tags", [])
    )


def stub_that_is_solved(notebook) -> str:
    check = notebook.cells[exercise(notebook) + 1]
    check.outputs[0].text = "✓ Exercise 1: standardise\n"
    return check.id


def solution_that_is_run(notebook) -> str:
    solution = notebook.cells[exercise(notebook) + 2]
    code = nbformat.v4.new_code_cell("f = 1", id=solution.id, metadata={"tags": ["solution"]})
    code.execution_count = 1
    notebook.cells[exercise(notebook) + 2] = code
    return solution.id


def solution_that_is_open(notebook) -> str:
    solution = notebook.cells[exercise(notebook) + 2]
    solution.source = solution.source.replace("<details>", "").replace("</details>", "")
    return solution.id


def exercise_without_solution(notebook) -> str:
    stub = notebook.cells[exercise(notebook)]
    del notebook.cells[exercise(notebook) + 2]
    return stub.id


FAULTS = [
    uncounted, wordless_figure, figure_of_matplotlib, bare_mark, bare_line, stored_stderr, html,
    address, path_of_a_machine, ignore_marker, silenced, timed,
    mark_without_a_number, mark_within_a_line, band_in_a_lesson, claim_without_a_cell,
    stub_that_is_solved, solution_that_is_run, solution_that_is_open, exercise_without_solution,
]  # fmt: skip


def test_the_original_is_clean():
    assert problems(SUBJECT) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_named_with_notebook_and_cell(fault, tmp_path):
    notebook = nbformat.read(SUBJECT, as_version=4)
    cell = fault(notebook)
    nbformat.write(notebook, tmp_path / SUBJECT.name)
    found = problems(tmp_path / SUBJECT.name)
    assert any(f"({cell})" in what for what in found), found or f"{fault.__name__} slips through"
    assert all(what.startswith(f"{SUBJECT.name}: Cell ") for what in found), found


def test_re_execution_fails_at_changed_text_and_refuted_claims_only(tmp_path):
    """One strict run over a copy with four changes: two must fail, two must not, the rest passes."""
    notebook = nbformat.read(SUBJECT, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith(LEFT_OUT)]
    cells = {cell.id: cell for cell in notebook.cells}
    cells["tensors-cut"].outputs[0].text = cells["tensors-cut"].outputs[0].text.replace("4", "§")
    line = cells["setup"].outputs[0]
    line.data["text/plain"] = "≋ TensorFlow 9.9 on an abacus"
    out = cells["fit-gap"].outputs[0]
    out.text = re.sub(r"(≈ *)\d", r"\g<1>7", out.text)
    cells["fit-compare"].source += "\nsession_path = session_path + 1e-3"  # printed before
    copied = tmp_path / SUBJECT.name
    nbformat.write(notebook, copied)

    report = tmp_path / "report.xml"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.claims.plugin", "--junitxml", report, "-c", ROOT / "pyproject.toml"),
            *("--rootdir", tmp_path, copied),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = {
        code[int(case.get("name").removeprefix("Cell "))].id
        for case in ElementTree.parse(report).iter("testcase")
        if len(case)
    }
    assert run.returncode == 1
    assert failed == {"tensors-cut", "fit-compare", "fit-gap"}, run.stdout[-3000:]
    assert "claim `the_line_is_found` after cell `fit-compare`: 0.10107" in run.stdout
    assert "which excludes: the start 0, step 41 " in run.stdout
    assert "claim `four_ways_walk_one_path`" in run.stdout
