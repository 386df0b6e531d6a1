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
from week05_tensorboard import server

import numpy as np
import pytest
from PIL import Image

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
def board(browser, digits, tmp_path_factory):
    """Write what the lesson writes, and serve it; gives the address."""
    week = taught("week05_tensorboard")
    root = tmp_path_factory.mktemp("lesson")
    logs, order = root / "logs", week.batches(digits)
    week.record_then(logs / "then", digits, order)
    week.record_extras(logs / "extras", digits, *week.record_now(logs / "now", digits, order))
    week.sweep(logs / "sweep", digits)
    week.record_keras(logs / "keras", digits)
    week.record_metadata(logs / "metadata", digits, order[:3])
    week.write_projector(logs / "projector", digits.x_test[:1000], digits.y_test[:1000])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)  # so that pages show the folder as `logs`
        with server.serving("logs", timeout=180) as url:
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
    folder = SCREENSHOTS or tmp_path
    shot = page.screenshot(
        animations="disabled", clip={"x": 0, "y": 0, "width": SIZE["width"], "height": height}
    )
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    assert image.size == (SIZE["width"], height)
    pixels = np.asarray(image)
    assert np.mean(pixels[100:] > 200) > 0.6, "the page is dark"
    file, fresh = folder / f"week05_{name}.png", folder / f".week05_{name}.tmp"
    image.quantize(256, dither=Image.Dither.NONE).save(fresh, format="png", optimize=True)
    os.replace(fresh, file)
    assert file.stat().st_size < MAX_KB * 1024
    return pixels


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


def test_scalars_show_both_eras_in_one_chart(tab, tmp_path):
    page = tab("scalars&regexInput=^(now|then)$&tagFilter=^(loss/|accuracy/)&_smoothingWeight=0")
    seen(page, "loss/loss", "accuracy/accuracy/accuracy", "now", "then")
    cards = page.locator("tf-scalar-card").locator("visible=true")
    cards.nth(1).wait_for()
    for card in cards.all()[:2]:
        drawn(card.locator("vz-line-chart2 path"), at_least=2)  # a line for each run
    no_banner(page)
    for group in ("accuracy", "epoch_accuracy"):  # fold up what would be cut off
        page.locator("button.heading").get_by_text(group, exact=True).click()
    page.mouse.move(900, 400)
    page.mouse.wheel(0, -9999)
    sync_api.expect(cards.first).to_be_in_viewport(ratio=1)
    page.wait_for_timeout(1000)  # they fold slowly
    picture(page, "scalars", tmp_path, height=600)


def test_time_series_lists_runs_and_tags(tab):
    page = tab("timeseries")
    seen(page, "now", "then", "sweep/rate_0.2", "keras/validation", "epoch_loss")
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


def test_histograms_show_weights_and_biases_of_both_runs(tab, tmp_path):
    page = tab("histograms&regexInput=^(now|then)$&tagFilter=^layer")
    seen(page, "layer/weights/summaries/histogram", "layer/biases/summaries/histogram")
    charts = page.locator("vz-histogram-timeseries").locator("visible=true")
    charts.nth(3).wait_for()
    for chart in charts.all()[:4]:
        drawn(chart.locator("path"), at_least=20)  # a ridge for each step
    no_banner(page)
    picture(page, "histograms", tmp_path, height=702)


def test_images_show_mistakes_and_weights(tab, tmp_path):
    for tag in ("mistakes", "weights"):
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
    picture(page, "images", tmp_path, height=650)


def test_hparams_list_every_rate_with_its_accuracy(tab, tmp_path):
    page = tab("hparams")
    seen(page, "learning_rate", "test_accuracy", "0.050000", "0.20000", "1.0000", "5.0000")
    page.get_by_text("Number of matching session groups: 4").wait_for()
    no_banner(page)
    picture(page, "hparams", tmp_path)


def test_the_projector_shows_a_thousand_digits(chromium, browser, board, tmp_path):
    context, strangers = opened(chromium, browser, tmp_path / "profile", WEBGL)
    page = context.new_page()
    page.goto(f"{board}#projector")
    inner = page.frame_locator("iframe").frame_locator("iframe")
    inner.get_by_text("Points: 1000").wait_for()
    inner.get_by_text("Dimension: 784").wait_for()
    variance = inner.get_by_text(re.compile(r"Total variance described: [\d.]+"))
    variance.wait_for()
    share = float(re.search(r"([\d.]+)%", variance.inner_text())[1])
    assert 10 < share < 60
    for label in ("digit", "name"):  # the header of metadata.tsv
        assert inner.get_by_text(label, exact=True).count()
    sync_api.expect(inner.get_by_text(BANNER).locator("visible=true")).to_have_count(0)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    pixels = picture(page, "projector", tmp_path)
    cloud = pixels[140:780, 400:1000]
    assert 0.01 < np.mean(cloud < 100) < 0.5, "no digits are drawn"
    context.close()
    assert not strangers
