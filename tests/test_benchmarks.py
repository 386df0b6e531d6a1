"""The benchmarks: the runner's arithmetic, the rivals, a tiny run, and what is quoted of them."""

import importlib
import json
import os
import re
import time

from week06_cnn import models, training
from week06_cnn.speed import FusedAdam

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import CLAIMS, __main__, checks, course, optimizers, picture, race, report, rivals
from benchmarks.race import Claim, Times
from tests.notebook_rules import NOTEBOOKS, ROOT, code_cells

EVERY = [*CLAIMS, "checks"]

# --- the runner -------------------------------------------------------------------------------


def test_variants_take_turns():
    order, said = [], []
    ways = {name: lambda name=name: order.append(name) for name in "ABC"}
    times = race.race(ways, {"A": 3, "B": 1, "C": 2}, said.append)
    assert order == list("ABCACA")
    assert [len(times[name].wall) for name in "ABC"] == [3, 1, 2]
    assert [len(times[name].cpu) for name in "ABC"] == [3, 1, 2]
    assert said[:2] == ["round 1, A", "round 1, B"]


def test_rounds_can_be_capped(monkeypatch):
    monkeypatch.setattr(race, "at_most", 2)
    times = race.race({"A": int, "B": int}, {"A": 5, "B": 1})
    assert len(times["A"].wall) == 2 and len(times["B"].wall) == 1


def test_the_watch_can_be_stopped():
    def run():
        time.sleep(0.02)
        with race.paused():
            time.sleep(0.3)

    times = race.race({"run": run, "again": run}, 1)
    assert all(0.01 < t.wall[0] < 0.25 for t in times.values())


def test_median_spread_and_ratio():
    claim = Claim("title")
    a, b = Times([4.0, 9.0, 6.0], [1.0, 2.0, 3.0]), Times([2.0, 3.0, 1.0], [1.0, 1.0, 1.0])
    claim.row("a", a, note="why")
    claim.row("a, a second", a, per=36, unit="images/s")
    assert claim.rows[0] == {
        "variant": "a",
        "unit": "s",
        "value": 6.0,
        "low": 4.0,
        "high": 9.0,
        "rounds": 3,
        "cpu_s": 2.0,
        "note": "why",
    }
    assert [claim.rows[1][k] for k in ("value", "low", "high")] == [6.0, 4.0, 9.0]
    claim.ratio("a / b", a, b, at_least=3)
    claim.ratio("a / b", a, b, at_most=2.9)
    claim.ratio("b / a, first round", b.wall[:1], a.wall)
    first, second, third = claim.ratios
    assert (first["value"], first["low"], first["high"]) == (3, 2, 6) and first["cpu"] == 2
    assert first["met"] and not second["met"] and "met" not in third
    assert third["value"] == 0.5 and third["rounds"] == 1
    with pytest.raises(ValueError, match="one goal, not two"):
        claim.ratio("a / b", a, b, at_least=1, at_most=2)
    with pytest.raises(ValueError, match="nothing was measured"):
        claim.row("none", [])


def test_growth_is_measured_on_four_shares():
    seen = []
    curves = race.grow({"one": seen.append, "other": lambda share: None}, rounds=2)
    assert seen == [1 / 8, 1 / 4, 1 / 2, 1] * 2
    assert [share for share, _ in curves["other"]] == [1 / 8, 1 / 4, 1 / 2, 1]


def test_the_machine_is_named():
    machine = race.machine()
    assert machine["cpu"] and machine["cores"] >= 1
    assert machine["versions"]["tensorflow"] == tf.__version__


# --- the report -------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path, monkeypatch):
    for name in ("BUILD", "SUMMARY", "PAGE", "PICTURE"):
        path = tmp_path / "files" / getattr(report, name).name
        monkeypatch.setattr(report, name, path)
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(report, "PAGES", [])
    (tmp_path / "files").mkdir()
    return report


def made_up(quick: bool = False) -> dict:
    claim = Claim("Made up", growth={"curve": [(0.125, 1.0), (1.0, 4.0)]})
    claim.row("one", [1.0, 2.0, 3.0])
    claim.ratio("one / other", [2.0], [4.0], at_least=1)
    return claim.as_dict() | {"quick": quick, "seconds": 1.0, "machine": race.machine()}


def test_store_wants_full_runs(places):
    for name in CLAIMS:
        places.add(name, made_up(quick=name == "mnist"))
    with pytest.raises(SystemExit, match=r"no full run of mnist: `make bench`"):
        places.store()
    assert not places.SUMMARY.exists()
    places.add("mnist", made_up())
    assert list(places.read(places.BUILD)["claims"]) == list(CLAIMS)
    places.store()
    page = places.PAGE.read_text(encoding="utf-8")
    assert "0 of 8 goals are reached" in page and page.count("## Made up") == len(CLAIMS)
    assert "| one / other | 0.5 |" in page and "at least 1: missed" in page
    assert places.PICTURE.read_bytes().startswith(b"\x89PNG")
    assert report.quoted()["mnist", "one / other"] == 0.5


def test_table_on_the_terminal_is_aligned():
    lines = report.text(made_up()).splitlines()
    assert lines[0] == "Made up" and lines[2].index("2") == lines[1].index("median")
    assert "at least 1: missed" in report.text(made_up())


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (123.4, "123"), (12.34, "12.3"), (0.01234, "0.0123")]
)
def test_numbers_have_three_digits(value, text):
    assert report.number(value) == text


# --- the claims -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_claim_can_be_imported_and_uses_the_courses_code(name):
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.TITLE and callable(module.run)
    source = (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
    assert re.search(r"from week\d\d_|from tools", source)


def test_a_claim_runs_quickly_from_the_command_line(places, capsys):
    assert __main__.main(["optimizers", "--quick"]) == 0
    stored = json.loads(places.BUILD.read_text(encoding="utf-8"))["claims"]["optimizers"]
    assert stored["quick"] and len(stored["rows"]) == 4
    assert "1 of 1 claims measured" in capsys.readouterr().out


def test_the_last_run_of_all_checks_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "TIMES", tmp_path / "ci.txt")
    ran = []

    def run(*command):
        ran.append(command)
        checks.TIMES.write_text(
            "== make lint took 61 s\n== make test took 840 s\n== .ci/run took 902 s\n"
        )

    monkeypatch.setattr(checks, "_call", run)
    checks.TIMES.write_text("== make lint took 60 s\n")  # it failed, then was not read
    for _ in range(2):
        claim = checks.run(False, lambda text: None)
        assert [row["value"] for row in claim.rows] == [61, 840, 902]
        assert claim.ratios[0]["value"] == pytest.approx(902 / 1200) and claim.ratios[0]["met"]
    assert ran == [(".ci/run",)]


def test_the_course_is_measured_anew_only_if_a_notebook_changed(tmp_path, monkeypatch):
    notebook, stored = tmp_path / "week02_basics.ipynb", tmp_path / "course.json"
    monkeypatch.setattr(course, "REPORT", stored)
    monkeypatch.setattr(course, "find", lambda names: [notebook])
    notebook.touch()
    assert not course._fresh()
    stored.write_text('{"notebooks": {"week02_basics": {}}}')
    os.utime(notebook, (1, 1))
    assert course._fresh()
    os.utime(notebook, (2e9, 2e9))
    assert not course._fresh()
    os.utime(notebook, (1, 1))
    stored.write_text('{"notebooks": {"week03_regression": {}}}')
    assert not course._fresh()


def test_a_claim_that_stops_is_reported(places, capsys, monkeypatch):
    monkeypatch.setattr(optimizers, "run", lambda quick, say: 1 / 0)
    assert __main__.main(["optimizers"]) == 1
    captured = capsys.readouterr()
    assert "ZeroDivisionError" in captured.err and "0 of 1" in captured.out
    with pytest.raises(SystemExit):
        __main__.main(["unknown"])
    assert "no claim unknown" in capsys.readouterr().err


def test_keras_rules_are_the_lessons_seven():
    from week02_basics.taught import taught

    lesson = taught("week04_optimizers")
    made = optimizers.keras_rules(lesson.VALLEY_RATES)
    assert list(made) == list(lesson.RULES)
    assert (
        len({(type(o), getattr(o, "momentum", 0), str(o.get_config())) for o in made.values()}) == 7
    )


# --- the rivals -------------------------------------------------------------------------------


def test_rivals_have_the_sizes_that_they_should():
    assert rivals.keras_example(0).count_params() == 34_826
    loop = rivals.notes_cnn(0)
    with loop.graph.as_default():
        sizes = [np.prod(v.shape) for v in tf.compat.v1.trainable_variables()]
    assert sum(sizes) == models.notes_cnn().count_params()


@pytest.mark.parametrize("build", [rivals.notes_cnn, rivals.notes_softmax])
def test_sessions_learn(build):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 600)
    images = rng.integers(0, 60, [600, 28, 28]).astype(np.uint8)
    images[np.arange(600), 2 * labels + 4] = 255
    x, y, loop = rivals.flat(images), rivals.one_hot(labels), build(seed=0)
    before = loop.accuracy(x, y)
    for _ in range(5):
        loop.train(x, y, batch=20, keep=0.7)
    assert loop.accuracy(x, y) > max(0.3, before)


def test_fused_adam_is_keras_adam():
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=[5, 7]), rng.normal(size=[50, 5, 7])

    def walk(optimizer):
        variable = keras.Variable(start)
        optimizer.build([variable])
        step = tf.function(lambda gradient: optimizer.apply([gradient], [variable]))
        for gradient in gradients.astype(np.float32):
            step(tf.constant(gradient))
        return variable.numpy()

    ends = [walk(kind(0.01, beta_1=0.8)) for kind in (keras.optimizers.Adam, FusedAdam)]
    np.testing.assert_allclose(*ends, atol=1e-5)
    assert np.abs(ends[0] - start).max() > 0.1


def test_training_uses_it_on_one_device():
    model = models.small_cnn(filters=(4,), seed=0)
    images = np.zeros([8, 28, 28], np.uint8)
    training.train(model, images, np.zeros(8, int), peak=0.01, batch=4)
    assert isinstance(vars(model)["__week06_graphs"]["train"][1][1], FusedAdam)


# --- what is quoted ---------------------------------------------------------------------------


def test_quotes_follow_the_summary():
    ratios = {("mnist", "a / b"): 8.6149, ("optimizers", "c / d"): 1234.5}
    text = "8.1<!-- bench mnist: a / b --> and 999<!-- bench optimizers: c / d --> and 7"
    right = "8.6<!-- bench mnist: a / b --> and 1,234<!-- bench optimizers: c / d --> and 7"
    assert report.requoted(text, ratios) == report.requoted(right, ratios) == right
    with pytest.raises(KeyError):
        report.requoted("1<!-- bench mnist: b / a -->", ratios)


class TestSummary:
    """The committed summary, its page, and the ratios that other pages quote from it."""

    def test_it_is_a_full_run_of_every_claim(self):
        claims = report.read(report.SUMMARY)["claims"]
        assert set(CLAIMS) <= set(claims)
        for name, claim in claims.items():
            assert not claim["quick"], name
            assert claim["machine"]["cpu"] and claim["machine"]["versions"]["tensorflow"], name

    def test_the_page_is_written_from_it(self):
        page = report.PAGE.read_text(encoding="utf-8")
        assert page == report.markdown(report.read(report.SUMMARY)), "run `make bench-store`"
        assert report.PICTURE.exists()

    @pytest.mark.parametrize("path", report.PAGES, ids=lambda path: path.name)
    def test_quoted_ratios_are_the_summarys(self, path):
        text = path.read_text(encoding="utf-8")
        assert report.requoted(text, report.quoted()) == text, "run `make bench-store`"

    def test_pages_are_plain(self):
        """The picture's text is ASCII, and so is what it draws of the summary."""
        from matplotlib.text import Text

        figure = picture.draw(report.read(report.SUMMARY))
        assert all(text.get_text().isascii() for text in figure.findobj(Text))


def test_week_8_freezes_any_batch():
    """The benchmark of batches needs `constants(…, batch=None)`."""
    path = next(path for path in NOTEBOOKS if path.stem == "week08_inception")
    cells = code_cells(nbformat.read(path, as_version=4))
    assert any("batch=1" in cell.source for cell in cells if cell.id == "frozen-constants")
