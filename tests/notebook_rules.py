"""What every stored notebook must keep to, as functions that name the cell at fault."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from tests.claims import claims
from tests.claims.kernel import text_of

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_KB = {"week08_inception": 800, "week10_tfrecord": 800}  # any other notebook: 600
MAX_LINES = 25
TAGS = {"export", "exercise", "solution"}
UNSTABLE = {
    "a memory address": r"0x[0-9a-f]{6,}",
    "an absolute path": r"(?<![\w.:/])/(?:tmp|root|home|work|Users|usr|var|opt)/\S+|[A-Z]:\\\w",
    "a time stamp": r"\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d",
    "a Keras timing": r"\d+m?s/(?:step|epoch)",
    "an object's repr": r"<[\w. ]+ object at |<keras\.src",
}
FOLD = re.compile(
    r"(?s)<details><summary>Solution</summary>\n\n.*?```python\n.+?\n```\n.*</details>"
)
MASKED = re.compile(r"(?m)^\u224b.*$|\u2248[ \t]*[-+]?\d[\d.,]*(e[-+]?\d+)?")

Problems = Iterator[str]


def verbatim_share(notebook: dict) -> tuple[int, int]:
    """Count the characters of stored text outputs: those compared verbatim, and all."""
    texts = [text_of(out) for cell in code_cells(notebook) for out in cell.outputs]
    every = sum(len(text) for text in texts)
    return every - sum(len(m.group()) for text in texts for m in MASKED.finditer(text)), every


def code_cells(notebook: dict) -> list[dict]:
    """Return the code cells, in the order in which nbval numbers them (from 0)."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def problems(path: Path) -> list[str]:
    """Return every breach of the rules in a notebook file; an empty list is a clean bill."""
    notebook = nbformat.read(path, as_version=4)
    held = {claim.cell for claim in claims(path.stem)}
    found = [
        *_of_file(path, notebook),
        *_of_opening(notebook),
        *_of_exercises(notebook),
        *_of_claims(notebook, held),
    ]
    for number, cell in enumerate(code_cells(notebook)):
        for rule in (_of_metadata, _of_source, _of_outputs, _of_calls, _of_marks):
            found += [f"Cell {number} ({cell.id}): {what}" for what in rule(number, cell)]
    return [f"{path.name}: {what}" for what in found]


def _of_file(path: Path, notebook: dict) -> Problems:
    size, limit = path.stat().st_size / 1024, MAX_KB.get(path.stem, 600)
    if size > limit:
        yield f"{size:.0f} KB, more than {limit}: browsers show it slowly or not at all"
    spec = notebook.metadata.get("kernelspec", {})
    if spec.get("name") != "python3" or set(notebook.metadata) != {
        "kernelspec",
        "language_info",
    }:
        yield "metadata of a machine: run `make render`"
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) != len(ids):
        yield "cells without an id of their own"
    if any(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", str(i)) for i in ids):
        yield "cell ids made up by an editor: name cells after what they show"


def _of_opening(notebook: dict) -> Problems:
    first = notebook.cells[0].source if notebook.cells else ""
    if not re.match(r"# Week \d+ — \S", first):
        yield "does not open with `# Week N — title`"
    if not re.search(r"\n<sub>.*[\u4e00-\u9fff].*</sub>\n", first):
        yield "the Chinese title is not under the H1"
    for part in ("You will learn to", "You need", "Takes"):
        if f"**{part}**" not in first:
            yield f"the opening lacks **{part}**"
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("## Set-up", "## Exercises", "## Summary", "**Further reading**"):
        if not re.search(rf"(?m)^{re.escape(part)}", prose):
            yield f"{part} is missing"


def _of_exercises(notebook: dict) -> Problems:
    """Stub, check and folded solution follow one another, so that nothing overwrites an answer."""
    for place, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if "solution" in tags and cell.cell_type == "code":
            yield f"Cell ({cell.id}): a solution in a code cell overwrites the student's answer"
        if "exercise" not in tags:
            continue
        check, solution = [*notebook.cells[place + 1 :], None, None][:2]
        if not check or check.cell_type != "code":
            yield f"Cell ({cell.id}): no check stands behind this exercise"
        elif not re.fullmatch(
            r"✎ Exercise \d+: .+: your turn\n?", "".join(map(text_of, check.outputs))
        ):
            yield f"Cell ({check.id}): on the stub the check prints more than `✎ Exercise N: …: your turn`"
        if not solution or "solution" not in solution.metadata.get("tags", []):
            yield f"Cell ({cell.id}): no solution stands behind the check of this exercise"
        elif not FOLD.fullmatch(solution.source):
            yield f"Cell ({solution.id}): a solution is one fold, `<details><summary>Solution</summary>`"


def _of_claims(notebook: dict, held: set[str]) -> Problems:
    ids = {cell.id for cell in code_cells(notebook)}
    for cell in sorted(held - ids):
        yield f"Cell ({cell}): a claim is bound to it, and there is no such cell"
    for cell in code_cells(notebook):
        if re.search("[≈≋]", "".join(map(text_of, cell.outputs))) and cell.id not in held:
            yield f"Cell ({cell.id}): a mark is stored, and no claim stands behind it"


def _of_metadata(number: int, cell: dict) -> Problems:
    if cell.execution_count != number + 1:
        yield f"execution count {cell.execution_count}, so it may not be compared: run `make render`"
    if extra := set(cell.metadata) - {"tags"}:
        yield f"metadata {sorted(extra)}: run `make render`"
    if strange := set(cell.metadata.get("tags", [])) - TAGS:
        yield f"tags {sorted(strange)}, known are {sorted(TAGS)}"


def _of_source(number: int, cell: dict) -> Problems:
    lines = cell.source.splitlines()
    if len(lines) > MAX_LINES:
        yield f"{len(lines)} lines, more than {MAX_LINES}"
    if re.search(r";\s*$", cell.source):
        yield "a trailing `;` does not silence an output when it is re-checked"
    if "NBVAL" in cell.source:
        yield "an NBVAL marker: print `≈` before what may differ, and claim what must hold"
    if "sys.path" in cell.source:
        yield "edits sys.path: the week packages are installed"
    if re.match(r"\s*[%!]", cell.source):
        yield "a magic or shell line"


def _calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """Return the calls in a cell's source, each with the name that is called."""
    for node in ast.walk(ast.parse(re.sub(r"(?m)^\s*[%!].*", "", source))):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def _of_calls(number: int, cell: dict) -> Problems:
    for name, _ in _calls(cell.source):
        if name in ("measured", "band", "situation", "within", "holds"):
            yield f"`{name}` in a lesson: claims stand beside it, in tests/claims"


def _of_outputs(number: int, cell: dict) -> Problems:
    for out in cell.outputs:
        if out.output_type == "error":
            yield f"a stored error, {out.ename}"
        elif out.output_type == "stream" and out.name != "stdout":
            yield f"stored {out.name}: {out.text[:60]!r}"
        data = out.get("data", {"text/plain": ""})
        if set(data) not in ({"text/plain"}, {"text/plain", "image/png"}):
            yield f"an output of {sorted(data)}: not shown or not compared everywhere"
        if "image/png" in data:
            alt = out.metadata.get("image/png", {}).get("alt", "")
            if len(alt) < 20 or alt != data.get("text/plain"):
                yield "a figure without words: show it with `show(fig, alt)`"
        for what, pattern in UNSTABLE.items():
            if found := re.search(pattern, text_of(out)):
                yield f"{what} in the output: {found.group()[:60]!r}"


def _of_marks(number: int, cell: dict) -> Problems:
    for out in cell.outputs:
        text = text_of(out)
        if text.count("≈") != len(re.findall(r"≈[ \t]*[-+]?\d", text)):
            yield f"≈ without a number behind it is not compared: {text[:60]!r}"
        if text.count("≋") != len(re.findall(r"(?m)^≋", text)):
            yield f"≋ within a line is not compared: {text[:60]!r}"
