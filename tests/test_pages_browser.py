"""The course's pages in a real browser: on a desk and on a phone, in light and dark, and by axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browsers import FLAGS, installed, sync_api
from tests.notebook_rules import NOTEBOOKS

PAGES = ["index", *(path.stem for path in NOTEBOOKS)]
WAIT = 120_000  # milliseconds; a busy machine takes its time
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser():
    """A browser without network, for all pages."""
    with sync_api.sync_playwright() as p:
        running = p.chromium.launch(executable_path=installed(), args=FLAGS)
        yield running
        running.close()


# Contrast takes axe most of its time, and in code it depends on the class of a token alone: of code
# blocks whose every class stands in an earlier one, it is not measured again.
REPEATED = """() => {
  const seen = new Set()
  for (const block of document.querySelectorAll("main .highlight")) {
    const classes = [...block.querySelectorAll("span")].map((span) => span.className)
    if (classes.every((name) => seen.has(name))) block.dataset.repeated = ""
    classes.forEach((name) => seen.add(name))
  }
}"""


def serious(page, rules: str) -> list:
    """Return what axe finds seriously wrong; rules are "contrast", "others" or "all"."""
    options, context = {"resultTypes": ["violations"]}, None
    if rules == "contrast":
        page.evaluate(REPEATED)
        options["runOnly"] = ["color-contrast"]
        context = {"exclude": ["[data-repeated]"]}
    elif rules == "others":
        options["rules"] = {"color-contrast": {"enabled": False}}
    found = Axe().run(page, context, options).response["violations"]
    return [
        (each["id"], [node["html"][:150] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in SERIOUS
    ]


def look(browser, file, scheme: str, rules: dict[int, list[str]]) -> None:
    """Open a page at each width and fail for what is wrong with it.

    Args:
        browser: a running one.
        file: the page.
        scheme: "light" or "dark".
        rules: by width in pixels, what axe is to look at.
    """
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(request.url[:200]))
    page.on("request", lambda r: r.url[:5] in ("file:", "data:") or troubles.append(r.url))
    try:
        page.goto(file.as_uri())
        for width, kinds in rules.items():
            page.set_viewport_size({"width": width, "height": 844})
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            light = sum(int(part) for part in colour.strip("rgb()").split(",")) > 3 * 127
            assert light == (scheme == "light")
            inside, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert inside <= window == width, f"{width} px wide, the page scrolls to {inside}"
            broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")
            assert not broken, f"{broken} pictures do not load"
            for kind in kinds:
                found = serious(page, kind)
                assert not found, found
        assert not troubles, troubles
    finally:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(browser, site, name):
    """Colours do not depend on the width, nor the structure on the colours; see `make test-more`."""
    file = site / f"{name}.html"
    look(browser, file, "light", {1280: ["contrast", "others"], 390: ["others"]})
    look(browser, file, "dark", {1280: [], 390: ["contrast"]})


@pytest.mark.more
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_every_combination(browser, site, name, scheme):
    look(browser, site / f"{name}.html", scheme, {1280: ["all"], 390: ["all"]})


def test_axe_finds_what_is_wrong(browser, tmp_path):
    """The check above is no formality: it sees a picture without words and grey on grey."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html lang="en"><title>x</title><main><img src="x.png"><p style="color:#bbb">pale'
        '<div class="highlight"><span class="k">a</span></div>'
        '<div class="highlight"><span class="k">b</span><span class="z">c</span></div>'
        '<div class="highlight" style="color:#bbb"><span class="k">pale again</span></div>'
    )
    page = browser.new_page()
    page.goto(bad.as_uri())
    assert [name for name, _ in serious(page, "others")] == ["image-alt"]
    ((name, nodes),) = serious(page, "contrast")
    assert name == "color-contrast" and len(nodes) == 1  # the third block repeats the first
    assert len(serious(page, "all")) == 2
    page.close()
