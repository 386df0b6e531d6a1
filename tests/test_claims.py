"""The claims beside the lessons: a band catches what it says, and a lesson made wrong is refuted."""

import contextlib
import io
import math
from types import SimpleNamespace

from week02_basics.taught import run

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests import claims
from tests.cells import before, stored
from tests.claims import Refuted, after, evaluate, holds, unheld, within
from tests.claims.kernel import answer, question
from tests.notebook_rules import NOTEBOOKS
from tools import execute

CLAIMED = [path for path in NOTEBOOKS if claims.claims(path.stem)]


# --- bands ------------------------------------------------------------------------------------


def test_a_value_in_its_band_passes_and_one_outside_is_told_with_what_the_band_excludes():
    within(0.97, 0.9, 1, excludes={"chance": 0.1, "too good": 1.1})
    with pytest.raises(Refuted, match=r"0.5 is outside its band from 0.9 to 1, .*: chance 0.1"):
        within(0.5, 0.9, 1, excludes={"chance": 0.1})
    with pytest.raises(Refuted, match="nan is outside"):
        within(math.nan, 0, math.inf, excludes={"chance": -1})


@pytest.mark.parametrize(
    ("low", "high", "excludes", "what"),
    [
        (1, 1, {"chance": 0}, "is empty"),
        (0, 1, {}, "name a failure"),
        (0, 1, {"chance": 0.5}, "lets 'chance' .0.5. pass"),
        (0, 1, {"unknown": math.nan}, "lets 'unknown' .nan. pass"),
    ],
)
def test_a_band_that_excludes_nothing_is_refused(low, high, excludes, what):
    with pytest.raises(ValueError, match=what):
        within(0.7, low, high, excludes=excludes)


@pytest.mark.parametrize(
    ("printed", "number", "held"),
    [
        ("≈ 0.93", 0.9342, True),
        ("≈     0.93", 0.9342, True),
        ("≈ 0.94", 0.9342, False),
        ("≈ 2.2e-08", 2.23e-8, True),
        ("≈ 2.2e-07", 2.23e-8, False),
        ("≈ -5", -5.2, True),
        ("≈ 12,345", 12345, True),
        ("≈ 116.", 116.3, True),
        ("≈ inf", math.inf, True),
    ],
)
def test_a_mark_is_held_by_a_band_around_its_number(printed, number, held):
    assert bool(unheld(f"accuracy {printed} of all", [number], 0)) is not held


def test_a_marked_line_needs_some_claim():
    assert unheld("≋ on a fine machine", [], 0)
    assert not unheld("≋ on a fine machine", [], 1)
    assert not unheld("plain text", [], 0)


# --- claims in a kernel -----------------------------------------------------------------------


@pytest.fixture
def alone(monkeypatch):
    """Forget after the test what was bound in it."""
    monkeypatch.setattr(claims, "_claims", dict(claims._claims))


def bind(cell: str, check, tries: int = 1) -> None:
    """Bind a claim to the trial notebook, in this process only."""
    check.__module__ = "tests.claims.week77_trial"
    after(cell, tries)(check)


def test_claims_are_told_apart_by_cell_and_named_when_refuted(alone):
    def accuracy_is_high(names):
        within(names.accuracy, 0.9, 1, excludes={"chance": 0.1})

    def accuracy_is_a_share(names):
        holds(0 <= names.accuracy <= 1, "an accuracy is a share")

    bind("table", accuracy_is_high)
    bind("figure", accuracy_is_a_share)
    found = evaluate("week77_trial", "table", {"accuracy": 0.5})
    assert (
        len(found["refuted"]) == 1
        and "`accuracy_is_high` after cell `table`" in found["refuted"][0]
    )
    assert found["numbers"] == [0.5] and found["sentences"] == 0
    assert not evaluate("week77_trial", "figure", {"accuracy": 0.5})["refuted"]
    assert "AttributeError" in evaluate("week77_trial", "figure", {})["refuted"][0]


def test_an_answer_is_read_as_it_was_given_and_a_broken_kernel_is_told():
    names = {"__name__": "__main__"}
    text = repr(eval(question("week77_trial", "none")["claims"], names))
    ok = {"user_expressions": {"claims": {"status": "ok", "data": {"text/plain": text}}}}
    assert answer(ok) == {"refuted": [], "tries": 1, "numbers": [], "sentences": 0}
    assert set(names) - {"__builtins__"} == {"__name__"}
    with pytest.raises(RuntimeError, match="NameError: no"):
        answer(
            {
                "user_expressions": {
                    "claims": {"status": "error", "ename": "NameError", "evalue": "no"}
                }
            }
        )


TRIAL = """
from tests.claims import after, holds, within

@after("c1")
def the_answer_is_right(lesson):
    within(lesson.answer, 41, 43, excludes={"half": 21})

@after("c2", tries=3)
def the_third_try_is_fast(lesson):
    holds(len(lesson.turns) >= 3, "it has become fast")
"""


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Return a function that executes a notebook of three cells with claims beside it."""
    monkeypatch.setattr(claims, "_claims", {})
    monkeypatch.setattr(claims, "FOLDER", tmp_path)
    monkeypatch.setenv("COURSE_CLAIMS", str(tmp_path))
    (tmp_path / "week77_trial.py").write_text(TRIAL)

    def go(cell: str) -> execute.Run:
        path = tmp_path / "week77_trial.ipynb"
        sources = ["turns = []", cell, "turns.append(1)\nprint(len(turns) > 0)"]
        cells = [new_code_cell(source, id=f"c{k}") for k, source in enumerate(sources)]
        nbformat.write(new_notebook(cells=cells), path)
        return execute.execute(path)

    return go


def test_a_refuted_claim_fails_its_cell_where_the_course_is_executed(trial):
    run = trial("answer = 21")
    assert "Cell 1 (c1)" in run.error and "`the_answer_is_right`" in run.error
    assert "21 is outside its band from 41 to 43, which excludes: half 21" in run.error


def test_a_claim_about_time_has_its_cell_executed_again(trial):
    run = trial("answer = 42; print('≈ 42')")
    assert run.error == "" and run.done == run.cells == 3


def test_a_mark_that_no_claim_holds_fails_its_cell(trial):
    assert (
        "no claim was held against the number in `≈ 7`" in trial("answer = 42; print('≈ 7')").error
    )


# --- claims of the lessons --------------------------------------------------------------------


def test_the_claims_that_there_are_belong_to_notebooks():
    files = {file.stem for file in claims.FOLDER.glob("week*.py")}
    assert files == {path.stem for path in CLAIMED}


@pytest.mark.parametrize("path", CLAIMED, ids=lambda path: path.stem)
def test_each_claim_names_a_cell_that_there_is(path):
    cells = {cell.id for cell in stored(path)}
    for claim in claims.claims(path.stem):
        assert claim.cell in cells, f"{claim.name}: no cell {claim.cell}"
    names = [claim.name for claim in claims.claims(path.stem)]
    assert len(set(names)) == len(names)
    mutated = set(claims.module(path.stem).MUTATIONS)
    assert mutated <= set(names), f"mutations of no claim: {mutated - set(names)}"
    assert len(mutated) >= len(names) / 2, "most claims want a mutation that they do not survive"


def mutations() -> list:
    """Return week, claim and mutation for each way in which a lesson is made wrong."""
    found = []
    for path in CLAIMED:
        module = claims.module(path.stem)
        for name, how in module.MUTATIONS.items():
            marks = [pytest.mark.more] if name in getattr(module, "DEAR", ()) else []
            case = pytest.param(path.stem, name, *how, id=f"{path.stem}-{name}", marks=marks)
            found.append(case)
    return found


@pytest.mark.parametrize(("week", "name", "cell", "old", "new"), mutations())
def test_a_lesson_made_wrong_is_refuted(week, name, cell, old, new, monkeypatch, tmp_path):
    """The cells that a claim's cell needs run with one text replaced; then the claim must fail."""
    monkeypatch.setenv("COURSE_STILL", "1")
    monkeypatch.chdir(tmp_path)
    claim = next(claim for claim in claims.claims(week) if claim.name == name)
    cells = stored(execute.NOTEBOOKS / f"{week}.ipynb")
    assert old in next(c.source for c in cells if c.id == cell), f"{cell} does not hold {old!r}"
    namespace: dict = {"__name__": "__main__"}
    chosen = before(cells, claim.cell)
    assert cell in [c.id for c in chosen], f"{claim.cell} does not depend on {cell}"
    with contextlib.redirect_stdout(io.StringIO()):
        for each in chosen:
            source = each.source.replace(old, new) if each.id == cell else each.source
            run(source, namespace, f"{week}:{each.id}")
            plt.close("all")
    with pytest.raises(Exception) as caught:
        claim.check(SimpleNamespace(**namespace))
    assert isinstance(caught.value, (Refuted, ValueError, ZeroDivisionError)), caught.value
