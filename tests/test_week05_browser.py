"""TensorBoard in a real browser, on the logs that week 5's notebook writes.

Skipped where no Chromium or Chrome is installed, but a failure in CI. The pictures that the notebook
shows are taken on the way:

    SCREENSHOTS=notebooks/images python -m pytest tests/test_week05_browser.py
"""

import io
import os
import re
import time
from pathlib import Path
from urllib.parse import quote, urlparse

from week02_basics.taught import taught
from week03_regression.digits import load_digits
from week05_tensorboard import events, server

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageDraw

from tests.browsers import FLAGS, installed, sync_api

PLAIN = ("--disable-gpu",)
WEBGL = ("--enable-unsafe-swiftshader", "--use-gl=angle", "--use-angle=swiftshader")
SCREENSHOTS = os.environ.get("SCREENSHOTS") and Path(os.environ["SCREENSHOTS"]).resolve()
SIZE = {"width": 1440, "height": 800}
MAX_KB = 200
WAIT = 60_000  # milliseconds: pages build themselves, and a busy machine takes its time
BANNER = re.compile(
    r"failed|Error|No checkpoint|No dashboards|No \w+ data was found|not found|do not match"
)


@pytest.fixture(scope="module")
def browser() -> str:
    return installed()


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def root(browser, digits, tmp_path_factory):
    """Write what the lesson writes, into `logs`; gives the folder that holds it."""
    week = taught("week05_tensorboard")
    root = tmp_path_factory.mktemp("lesson")
    logs, order, data = root / "logs", week.batches(2), week.patients_data(digits)
    with tf.summary.create_file_writer(str(logs / "first")).as_default():
        for step in range(5):
            tf.summary.scalar("loss", 0.5**step, step)
    week.record_then(logs / "then", digits, order)
    week.record_now(logs / "now", digits, order)
    layers = {
        name: week.train(logs / "clinic" / name, data, **setting)
        for name, setting in week.PATIENTS.items()
    }
    week.record_descents(
        logs / "descent",
        {"stuck": week.descend([5, 1]), "unfinished": week.descend([2, 4.5], rate=0.0001)},
    )
    week.record_mistakes(logs / "extras", layers["healthy"], data[2], data[3])
    week.sweep(logs / "sweep", data)
    week.record_keras(logs / "keras", data)
    week.record_twice(logs / "mixed")
    vectors = week.embeddings(layers["healthy"], data[2][:1000])
    chosen = slice(10_000, 11_000)
    week.write_projector(
        logs / "projector", digits.x_train[chosen], digits.y_train[chosen], vectors
    )
    return root


@pytest.fixture(scope="module")
def board(root):
    """TensorBoard as a student starts it; gives the address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)  # so that pages show the folder as `logs`
        with server.serving("logs", timeout=300) as url:
            yield url


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as p:
        yield p.chromium


def opened(chromium, browser, profile: Path, flags: tuple[str, ...]):
    """Start a browser with a profile of its own that reaches this machine only."""
    context = chromium.launch_persistent_context(
        profile,
        executable_path=browser,
        headless=True,
        args=[*FLAGS, *flags],
        viewport=SIZE,
        color_scheme="light",
    )
    context.set_default_timeout(WAIT)
    sync_api.expect.set_options(timeout=WAIT)
    strangers = []

    def guard(route):
        if urlparse(route.request.url).hostname == server.HOST:
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    context.route(re.compile(r"^(https?|wss?)://"), guard)
    return context, strangers


@pytest.fixture(scope="module")
def tab(chromium, browser, board, tmp_path_factory):
    """Return a function that opens one of TensorBoard's tabs, without WebGL."""
    context, strangers = opened(chromium, browser, tmp_path_factory.mktemp("profile"), PLAIN)
    page = context.new_page()

    def go(fragment: str):
        page.goto("about:blank")
        page.goto(f"{board}#{quote(fragment, safe='&=')}")
        return page

    yield go
    context.close()
    assert not strangers, "TensorBoard's pages asked other machines"


def picture(page, name: str, tmp_path: Path, height: int = SIZE["height"]) -> np.ndarray:
    """Take a screenshot of the page's top, in 256 colours; check its size and that it is light."""
    shot = page.screenshot(
        animations="disabled", clip={"x": 0, "y": 0, "width": SIZE["width"], "height": height}
    )
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    assert image.size == (SIZE["width"], height)
    pixels = np.asarray(image)
    assert np.mean(pixels[100:] > 200) > 0.6, "the page is dark"
    store(image, name, tmp_path)
    return pixels


def store(image: Image.Image, name: str, tmp_path: Path) -> None:
    """Store a picture in 256 colours, where the notebook shows it if `SCREENSHOTS` says so."""
    folder = SCREENSHOTS or tmp_path
    file, fresh = folder / f"week05_{name}.png", folder / f".week05_{name}.tmp"
    image.quantize(256, dither=Image.Dither.NONE).save(fresh, format="png", optimize=True)
    os.replace(fresh, file)
    assert file.stat().st_size < MAX_KB * 1024


def no_banner(page) -> None:
    """Fail if the page says that something went wrong."""
    sync_api.expect(page.get_by_text(BANNER).locator("visible=true")).to_have_count(0)


def seen(page, *texts: str) -> None:
    """Wait until each text stands somewhere on the page."""
    for text in texts:
        found = page.get_by_text(text, exact=True).locator("visible=true").first
        sync_api.expect(found).to_be_visible()


def drawn(paths, at_least: int) -> None:
    """Wait until so many lines are drawn; axes and symbols have short paths."""
    count = "all => all.filter((path) => (path.getAttribute('d') || '').length > 200).length"
    until = time.monotonic() + WAIT / 1000
    while paths.evaluate_all(count) < at_least:
        assert time.monotonic() < until, f"{paths.evaluate_all(count)} lines, not {at_least}"
        paths.page.wait_for_timeout(100)


def charts(page, count: int, lines: int):
    """Return the first charts of the tab Scalars, drawn, with the groups below them folded up."""
    cards = page.locator("tf-scalar-card").locator("visible=true")
    cards.nth(count - 1).wait_for()
    for card in cards.all()[:count]:
        drawn(card.locator("vz-line-chart2 path"), at_least=lines)
    return cards


def outliers(page) -> None:
    """Let charts show all values, the first ones too."""
    box = page.locator("paper-checkbox", has_text="Ignore outliers").locator("visible=true").first
    if box.get_attribute("aria-checked") == "true":  # the browser remembers it
        box.click()
    page.wait_for_timeout(1500)


def test_the_first_run_is_a_curve_of_five_points(tab, tmp_path):
    page = tab("scalars&regexInput=^first$&tagFilter=^loss$&_smoothingWeight=0")
    seen(page, "first")
    card = page.locator("tf-scalar-card").locator("visible=true").first
    card.wait_for()
    outliers(page)
    no_banner(page)
    picture(page, "first", tmp_path, height=560)


def test_training_and_validation_share_a_chart(tab, tmp_path):
    runs = "^clinic/(healthy|few digits)/"
    page = tab(f"scalars&regexInput={runs}&tagFilter=^loss$&_smoothingWeight=0")
    for name in ("healthy", "few digits"):
        seen(page, f"clinic/{name}/train", f"clinic/{name}/validation")
    cards = charts(page, 1, lines=4)
    no_banner(page)
    sync_api.expect(cards.first).to_be_in_viewport(ratio=1)
    outliers(page)
    picture(page, "scalars", tmp_path, height=680)


def test_each_illness_is_seen_in_its_tab_and_found_in_its_file(tab, board, root):
    """The numbers of the gallery: the page has what the files have."""
    page = tab("scalars&regexInput=^clinic/.*train&tagFilter=^(gradient|ratio|zeros)/layer_3$")
    charts(page, 3, lines=5)
    seen(page, "gradient/layer_3", "ratio/layer_3", "zeros/layer_3")
    no_banner(page)
    last = {}
    for name in taught("week05_tensorboard").PATIENTS:
        files = events.scalars(root / "logs" / "clinic" / name / "train")
        for tag in ("loss", "gradient/layer_2", "ratio/layer_3", "zeros/layer_3"):
            query = f"run={quote(f'clinic/{name}/train')}&tag={quote(tag)}"
            shown = server.fetch(f"{board}data/plugin/scalars/scalars?{query}")
            assert [point[1] for point in shown] == files[tag].steps
            np.testing.assert_allclose([p[2] for p in shown], files[tag].values, rtol=1e-6)
        last[name] = {tag: series.values[-1] for tag, series in files.items()}
    ratios = {name: np.array(values["ratio/layer_3"]) for name, values in last.items()}
    assert last["dead layer"]["zeros/layer_3"] == 1 and last["dead layer"]["gradient/layer_2"] == 0
    assert ratios["rate too low"] < 1e-4 and last["rate too low"]["loss"] > 2
    assert last["sigmoid"]["gradient/layer_2"] < 0.1 * last["sigmoid"]["gradient/layer_6"]
    assert last["few digits"]["loss"] < 0.05
    assert last["rate too high"]["loss"] > last["healthy"]["loss"]


def test_stuck_and_unfinished_differ_in_the_gradient_norm(tab, board):
    page = tab("scalars&regexInput=^descent/&tagFilter=^gradient_norm$&_smoothingWeight=0")
    seen(page, "descent/stuck", "descent/unfinished", "gradient_norm")
    charts(page, 1, lines=2)
    no_banner(page)
    norms = {
        name: server.fetch(
            f"{board}data/plugin/scalars/scalars?run=descent/{name}&tag=gradient_norm"
        )
        for name in ("stuck", "unfinished")
    }
    assert norms["stuck"][-1][2] < 1e-3 < 1 < norms["unfinished"][-1][2]


def test_two_runs_in_one_folder(chromium, browser, root, tmp_path):
    """By default the earlier one vanishes; without the fast loader the line runs back."""
    shots = []
    for options in ([], ["--load_fast=false"]):
        context, strangers = opened(chromium, browser, tmp_path / f"p{len(shots)}", PLAIN)
        with server.serving(root / "logs" / "mixed", timeout=300, options=options) as url:
            page = context.new_page()
            page.goto(f"{url}#scalars&_smoothingWeight=0")
            card = page.locator("tf-scalar-card").locator("visible=true").first
            card.wait_for()
            page.wait_for_timeout(2500)
            no_banner(page)
            shots.append(Image.open(io.BytesIO(card.screenshot())).convert("RGB"))
        context.close()
        assert not strangers
    width, height = max(s.width for s in shots) + 20, sum(s.height + 40 for s in shots)
    both, y = Image.new("RGB", (width, height), "white"), 10
    for shot, words in zip(
        shots, ["tensorboard --logdir ...", "... --load_fast=false"], strict=True
    ):
        ImageDraw.Draw(both).text((12, y), words, fill="black", font_size=15)
        both.paste(shot, (10, y + 24))
        y += shot.height + 40
    assert np.any(np.asarray(shots[0].resize((99, 99))) != np.asarray(shots[1].resize((99, 99))))
    store(both, "mixed", tmp_path)


def test_time_series_lists_runs_and_tags(tab):
    page = tab("timeseries&regexInput=^(now|keras|sweep)")
    seen(page, "now", "sweep/rate_0.05/train", "keras/validation", "epoch_loss")
    no_banner(page)


def choose_run(page, run: str) -> None:
    """Choose a run in the tab Graphs."""
    page.locator("tf-graph-controls paper-dropdown-menu").first.click()
    page.locator("paper-item:visible").get_by_text(run, exact=True).click()


def test_graphs_show_the_scopes(tab, tmp_path):
    page = tab("graphs")
    for run, own in [("then", "init"), ("now", "gradient_tape")]:
        choose_run(page, run)
        for scope in ("input", "layer", "loss", "train", "accuracy", own):
            page.locator(f'g.node[data-name="{scope}"]').first.wait_for()
        no_banner(page)
    seen(page, "Main Graph")
    picture(page, "graphs", tmp_path)
    layer = page.locator('g.node[data-name="layer"]').first
    layer.dblclick()
    for scope in ("weights", "biases", "xw_plus_b", "softmax"):
        page.locator(f'g.node[data-name="layer/{scope}"]').first.wait_for()


def test_the_graph_that_keras_writes_is_the_conceptual_one(tab):
    """The lesson says so: the op graph is malformed, the conceptual one shows the model."""
    page = tab("graphs")
    choose_run(page, "keras/train")
    sync_api.expect(page.get_by_text(re.compile("Malformed GraphDef")).first).to_be_visible()
    page.get_by_text("Conceptual graph").click()
    page.locator('g.node[data-name^="sequential"]').first.wait_for()


def test_histograms_show_a_dead_layer_beside_a_healthy_one(tab, tmp_path):
    page = tab("histograms&regexInput=^clinic/(healthy|dead layer)/train&tagFilter=^output/layer_3")
    seen(page, "output/layer_3")
    charts = page.locator("vz-histogram-timeseries").locator("visible=true")
    charts.nth(1).wait_for()
    for chart in charts.all()[:2]:
        drawn(chart.locator("path"), at_least=6)  # a ridge for each recorded step
    no_banner(page)
    picture(page, "histograms", tmp_path, height=520)


def test_images_show_mistakes(tab, tmp_path):
    for tag in ("mistakes",):
        page = tab(f"images&regexInput=extras&tagFilter={tag}")
        page.get_by_text(f"tag: {tag}").locator("visible=true").first.wait_for()
        page.get_by_text("sample: 10 of 10").first.wait_for()
        page.wait_for_function(
            """() => {
                const found = [];
                const walk = (root) => root.querySelectorAll("*").forEach((e) => {
                    if (e.tagName === "IMG") found.push(e);
                    if (e.shadowRoot) walk(e.shadowRoot);
                });
                walk(document);
                return found.filter((image) => image.naturalWidth === 28).length >= 10;
            }"""
        )
        no_banner(page)
    picture(page, "images", tmp_path, height=560)


def test_hparams_list_every_rate_with_its_accuracy(tab, tmp_path):
    page = tab("hparams")
    seen(page, "learning_rate", "0.00050000", "0.0050000", "0.050000", "0.50000")
    page.get_by_text("Number of matching session groups: 4").wait_for()
    no_banner(page)
    picture(page, "hparams", tmp_path)


def test_the_projector_shows_a_thousand_digits_as_the_network_takes_them(
    chromium, browser, board, tmp_path
):
    context, strangers = opened(chromium, browser, tmp_path / "profile", WEBGL)
    page = context.new_page()
    page.goto(f"{board}#projector")
    inner = page.frame_locator("iframe").frame_locator("iframe")
    inner.get_by_text("Points: 1000").wait_for()
    inner.get_by_text("Dimension: 32").wait_for()
    variance = inner.get_by_text(re.compile(r"Total variance described: [\d.]+"))
    variance.wait_for()
    share = float(re.search(r"([\d.]+)%", variance.inner_text())[1])
    assert 30 < share < 95
    for label in ("digit", "name"):  # the header of metadata.tsv
        assert inner.get_by_text(label, exact=True).count()
    sync_api.expect(inner.get_by_text(BANNER).locator("visible=true")).to_have_count(0)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    pixels = picture(page, "projector", tmp_path)
    cloud = pixels[140:780, 400:1000]
    assert 0.01 < np.mean(cloud < 100) < 0.5, "no digits are drawn"
    context.close()
    assert not strangers
