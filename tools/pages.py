"""The course as pages to read in a browser: one for each lesson, one that lists them; no scripts."""

import base64
import html
import io
import shutil
from pathlib import Path

import jinja2
import nbformat
from bs4 import BeautifulSoup, Tag
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from pygments.formatters import HtmlFormatter

from tools.execute import Run
from tools.lessons import Lesson, lesson

TEMPLATES = Path(__file__).parent / "templates"
THUMBNAIL = 480  # pixels across


class _Renderer(IPythonRenderer):
    """Markdown to HTML whose formulas are MathML: they need no script, and are read aloud."""

    def block_math(self, body: str) -> str:
        return f'<div class="wide">{_mathml(body, "block")}</div>'

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")


def _mathml(formula: str, display: str) -> str:
    """Return a formula of LaTeX as MathML."""
    return convert(formula.replace("{aligned}", "{align*}"), display=display)


class _Exporter(HTMLExporter):
    """A notebook to HTML through the course's own template."""

    @jinja2.pass_context
    def markdown2html(self, context: jinja2.runtime.Context, source: str) -> str:
        """Render a Markdown cell."""
        return MarkdownWithMath(renderer=_Renderer(escape=False, anchor_link_text="#")).render(
            source
        )


def style() -> str:
    """Return the pages' style sheet, with colours for code in light and in dark surroundings."""
    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight")
        for name in ("default", "github-dark")
    )
    own = (TEMPLATES / "course" / "style.css").read_text(encoding="utf-8")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{own}"


def page(notebook: nbformat.NotebookNode, path: Path, every: list[Path]) -> str:
    """Render an executed notebook as one HTML page.

    Args:
        notebook: with the outputs to show.
        path: where it is stored, one of `every`.
        every: the notebooks of the course in order, for the links to its neighbours.
    """
    about, place = lesson(path), every.index(path)
    links = [("Before", *every[:place][-1:]), ("Next", *every[place + 1 :][:1])]
    before, after = [_link(*link) if len(link) > 1 else "<span></span>" for link in links]
    exporter = _Exporter(template_name="course", extra_template_basedirs=[str(TEMPLATES)])
    course = {
        "title": f"Week {about.week} — {about.title}",
        "style": style(),
        "links": f'{before}<a href="index.html">All weeks</a>{after}',
    }
    body, _ = exporter.from_notebook_node(notebook, {"course": course})
    return _finished(body)


def _link(word: str, path: Path) -> str:
    """Return a link to a neighbour's page."""
    about = lesson(path)
    title = html.escape(f"Week {about.week} — {about.title}")
    return f'<a href="{path.stem}.html">{word}: {title}</a>'


def _finished(body: str) -> str:
    """Add the table of contents, and what readers with a keyboard, a phone or another voice need."""
    soup = BeautifulSoup(body, "html.parser")
    for link in soup.select('a[href^="week"]'):
        link["href"] = link["href"].replace(".ipynb", ".html")
    for anchor in soup.select("a.anchor-link"):
        anchor["aria-label"] = f"Link to {anchor.parent.get_text().removesuffix('#').strip()}"
    for chinese in soup.find_all("sub"):
        chinese["lang"] = "zh"
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "wide"}))
    for number, wide in enumerate(soup.select("pre, div.wide"), 1):
        wide["tabindex"] = "0"  # so that the arrow keys can scroll it
        wide["role"], wide["aria-label"] = "group", f"{_kind(wide)} {number}"
    headings = soup.select("main h2")
    if headings:
        headings[0].insert_before(_contents(soup, headings))
    return str(soup)


def _contents(soup: BeautifulSoup, headings: list) -> Tag:
    """Return the table of contents, which can be folded."""
    contents = soup.new_tag("details", attrs={"class": "toc", "open": ""})
    contents.append(soup.new_tag("summary", string="On this page"))
    contents.append(soup.new_tag("ul"))
    for heading in headings:
        entry = soup.new_tag("li")
        text = heading.get_text().removesuffix("#").strip()
        entry.append(soup.new_tag("a", href=f"#{heading['id']}", string=text))
        contents.ul.append(entry)
    nav = soup.new_tag("nav", attrs={"aria-label": "On this page"})
    nav.append(contents)
    return nav


def _kind(element: Tag) -> str:
    """Name a region that scrolls."""
    if element.name == "pre":
        return "Output" if "output" in element.get("class", []) else "Code"
    return "Table" if element.table else "Formula"


def index(runs: dict[Path, Run], versions: dict[str, str]) -> str:
    """Return the page that lists the lessons, with what came of executing each."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "course"), autoescape=True
    )
    used = ", ".join(f"{package} {number}" for package, number in versions.items())
    return environment.get_template("contents.html.j2").render(
        style=jinja2.utils.markupsafe.Markup(style()),
        summary=f"Executed with {used}.",
        entries=[_entry(path, lesson(path), run) for path, run in runs.items()],
    )


def _entry(path: Path, about: Lesson, run: Run) -> dict:
    """Return what the list says of one lesson."""
    picture, alt = thumbnail(run.notebook)
    took = f"✓ re-executed in {run.seconds:.0f} s, {run.peak_mb:,.0f} MB at most"
    return {
        "page": f"{path.stem}.html",
        "week": about.week,
        "title": about.title,
        "chinese": about.chinese,
        "learn": about.learn,
        "picture": picture,
        "alt": alt,
        "failed": bool(run.error),
        "result": f"✗ failed in {run.error}" if run.error else took,
    }


def thumbnail(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    """Return the largest figure of a notebook, made small, as a data URL, and its alt text."""
    figures = [
        (output.data["image/png"], output.metadata.get("image/png", {}).get("alt", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    if not figures:
        return "", ""
    data, alt = max(figures, key=lambda figure: len(figure[0]))
    image, png = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), io.BytesIO()
    image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    image.save(png, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}", alt


def copy_images(images: Path, target: Path) -> None:
    """Copy the pictures that the lessons' Markdown shows, so that the pages can be moved."""
    if images.is_dir():
        shutil.copytree(images, target, dirs_exist_ok=True)
