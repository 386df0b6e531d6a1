"""Re-execute the course and render it: `python -m tools.course [NAME …]`, the job of `make course`.

Writes an HTML page for each notebook, an index and `course.json` into `build/`; the notebooks
themselves are not touched.
"""

import html
import json
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

from nbconvert import HTMLExporter

from tools.execute import ROOT, Run, execute, find
from tools.lessons import lesson

BUILD = ROOT / "build"
TEMPLATES = Path(__file__).parent / "templates"

INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TensorFlow, week by week</title>
<style>
:root {{ color-scheme: light dark; --line: #d0d7de; --soft: #59636e; --link: #0059b3; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --line: #3d444d; --soft: #9aa4af; --link: #6cb6ff; }}
}}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ line-height: 1.2; margin-bottom: .3rem; }}
a {{ color: var(--link); }}
.soft {{ color: var(--soft); }}
article {{ border-top: 1px solid var(--line); padding: 1rem 0; }}
h2 {{ font-size: 1.15rem; margin: 0; }}
ul {{ margin: .5rem 0; padding-left: 1.2rem; }}
.failed {{ font-weight: bold; overflow-wrap: anywhere; }}
</style></head><body>
<h1>TensorFlow, week by week</h1>
<p class="soft">{where}</p>
{articles}
</body></html>
"""

ARTICLE = """<article><h2><a href="{page}">Week {week} — {title}</a></h2>
<p class="soft" lang="zh">{chinese}</p>
<ul>{learn}</ul>
<p class="{look}">{result}</p></article>"""


def page(run: Run, path: Path) -> str:
    """Render an executed notebook as one HTML page."""
    exporter = HTMLExporter(
        template_name="course",
        extra_template_basedirs=[str(TEMPLATES)],
        anchor_link_text="#",
    )
    body, _ = exporter.from_notebook_node(run.notebook, {"metadata": {"name": lesson(path).title}})
    return re.sub(r'href="(week\w+)\.ipynb', r'href="\1.html', body)


def article(path: Path, run: Run) -> str:
    """Return a notebook's entry in the index."""
    about = lesson(path)
    return ARTICLE.format(
        page=f"{path.stem}.html",
        week=about.week,
        title=html.escape(about.title),
        chinese=html.escape(about.chinese),
        learn="".join(f"<li>{html.escape(item)}</li>" for item in about.learn),
        look="failed" if run.error else "soft",
        result=html.escape(
            f"✗ failed in {run.error}"
            if run.error
            else f"✓ re-executed in {run.seconds:.0f} s, {run.peak_mb:,.0f} MB at most"
        ),
    )


def show_progress(path: Path, run: Run) -> None:
    """Say how far a notebook is: in one line that updates on a terminal, else at its end."""
    line = f"{path.stem:24} {run.done:3}/{run.cells} cells  {run.seconds:5.1f} s  {run.peak_mb:6.0f} MB"
    if sys.stdout.isatty():
        print(f"\r{line}", end="", flush=True)
    elif run.done in (0, run.cells) or run.done % 10 == 0:
        print(line, flush=True)


def main(names: list[str]) -> int:
    """Execute and render the named notebooks, or all; return 1 if one failed."""
    BUILD.mkdir(exist_ok=True)
    runs = {}
    for path in find(names):
        runs[path] = run = execute(path, lambda run, path=path: show_progress(path, run))
        if sys.stdout.isatty():
            print()
        (BUILD / f"{path.stem}.html").write_text(page(run, path), encoding="utf-8")
    versions = {"python": platform.python_version()} | {
        package: version(package) for package in ("tensorflow", "keras", "numpy")
    }
    where = ", ".join(f"{package} {number}" for package, number in versions.items())
    articles = "\n".join(article(path, run) for path, run in runs.items())
    (BUILD / "index.html").write_text(
        INDEX.format(where=f"Executed with {where}.", articles=articles),
        encoding="utf-8",
    )
    measured = {
        path.stem: {
            "seconds": round(run.seconds, 1),
            "peak_mb": round(run.peak_mb),
            "error": run.error,
        }
        for path, run in runs.items()
    }
    report = {"versions": versions, "notebooks": measured}
    (BUILD / "course.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    failed = [f"{path.name}: {run.error}" for path, run in runs.items() if run.error]
    total = sum(run.seconds for run in runs.values())
    print(f"{len(runs) - len(failed)} of {len(runs)} notebooks ran to their end in {total:.0f} s")
    print(f"pages: {(BUILD / 'index.html').relative_to(ROOT)}")
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
