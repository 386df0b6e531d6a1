"""The course's pages in a real browser: on a desk and on a phone, in light and dark, and by axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browsers import FLAGS, installed, sync_api
from tests.notebook_rules import NOTEBOOKS

PAGES = ["index", *(path.stem for path in NOTEBOOKS)]
WIDTHS = (1280, 390)  # a desk and a phone, pixels
WAIT = 120_000  # milliseconds; a busy machine takes its time
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser():
    """A browser without network, for all pages."""
    with sync_api.sync_playwright() as p:
        running = p.chromium.launch(executable_path=installed(), args=FLAGS)
        yield running
        running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(browser, site, name, scheme):
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(request.url[:200]))
    page.on("request", lambda r: r.url[:5] in ("file:", "data:") or troubles.append(r.url))
    try:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            page.goto((site / f"{name}.html").as_uri())
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            light = sum(int(part) for part in colour.strip("rgb()").split(",")) > 3 * 127
            assert light == (scheme == "light")
            inside = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert inside[0] <= inside[1], f"{width} px wide, the page scrolls to {inside[0]}"
            broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
            assert not broken, f"{broken} pictures do not load"
            found = Axe().run(page).response["violations"]
            serious = [
                (each["id"], [node["html"][:150] for node in each["nodes"][:3]])
                for each in found
                if each["impact"] in SERIOUS
            ]
            assert not serious, serious
        assert not troubles, troubles
    finally:
        context.close()


def test_axe_finds_what_is_wrong(browser, tmp_path):
    """The check above is no formality: it sees a picture without words and grey on grey."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html lang="en"><title>x</title><main><img src="x.png"><p style="color:#bbb">pale'
    )
    page = browser.new_page()
    page.goto(bad.as_uri())
    found = {
        each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS
    }
    assert {"image-alt", "color-contrast"} <= found
    page.close()
