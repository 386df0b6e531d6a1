"""The pages that `make course` writes, made here from the notebooks as they are stored."""

import re

from week02_basics.taught import code_of

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.notebook_rules import NOTEBOOKS, code_cells
from tools.lessons import lesson

STORED = {path: nbformat.read(path, as_version=4) for path in NOTEBOOKS}


def soup_of(site, name: str) -> BeautifulSoup:
    """Return a page, parsed."""
    return BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_holds_the_whole_lesson(site, path):
    soup = soup_of(site, path.stem)
    cells = code_cells(STORED[path])
    assert [cell["id"] for cell in soup.select(".cell")] == [cell.id for cell in cells]
    outputs = [out for cell in cells for out in cell.outputs]
    alts = [out.data["text/plain"] for out in outputs if "image/png" in out.get("data", {})]
    assert [img["alt"] for img in soup.select("img.figure")] == alts
    for cell, shown in zip(cells, soup.select(".cell"), strict=True):
        assert cell.source.strip() in shown.get_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_folded_and_closed(site, path):
    """Of each folded solution the page shows one word, and the code behind it when it is opened."""
    folded = [
        cell.source
        for cell in STORED[path].cells
        if cell.cell_type == "markdown" and "solution" in cell.metadata.get("tags", [])
    ]
    folds = soup_of(site, path.stem).select("main details:not(.toc)")
    solutions = [fold for fold in folds if fold.summary.get_text() == "Solution"]
    assert len(solutions) == len(folded)
    assert not any(fold.has_attr("open") for fold in folds)
    for fold, source in zip(solutions, folded, strict=True):
        assert code_of("markdown", source) in fold.find("pre").get_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_formulas_are_mathml(site, path):
    soup = soup_of(site, path.stem)
    prose = "".join(c.source for c in STORED[path].cells if c.cell_type == "markdown")
    prose = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", prose)
    formulas = re.findall(r"(?s)\$\$.+?\$\$|\$.+?\$", prose)
    assert len(soup.find_all("math")) == len(formulas)
    assert not soup.find_all("merror")
    for math in soup.find_all("math"):
        assert not re.search(r"[\\&$]", math.get_text()), math.get_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_page_lead_somewhere(site, path):
    soup = soup_of(site, path.stem)
    ids = {element["id"] for element in soup.select("[id]")}
    for link in [a["href"] for a in soup.select("a[href]")] + [
        i["src"] for i in soup.select("img")
    ]:
        if link.startswith("#"):
            assert link[1:] in ids, link
        elif not re.match(r"https?:|data:", link):
            target = link.partition("#")[0]
            assert (site / target).is_file() or target.startswith(("README", "../")), link
    around = [a.get_text() for a in soup.select("header a")]
    place = NOTEBOOKS.index(path)
    for word, neighbours in [
        ("Before", NOTEBOOKS[:place][-1:]),
        ("Next", NOTEBOOKS[place + 1 :][:1]),
    ]:
        for neighbour in neighbours:
            about = lesson(neighbour)
            assert f"{word}: Week {about.week} — {about.title}" in around
    assert "All weeks" in around


def test_the_list_of_lessons_shows_each(site):
    articles = soup_of(site, "index").find_all("article")
    assert len(articles) == len(NOTEBOOKS)
    for article, path in zip(articles, NOTEBOOKS, strict=True):
        about = lesson(path)
        assert article.a["href"] == f"{path.stem}.html"
        assert [li.get_text() for li in article.find_all("li")] == about.learn
        assert len(article.img["alt"]) >= 20 and article.img["src"].startswith("data:image/png")
        assert "re-executed in 9 s" in article.get_text()
