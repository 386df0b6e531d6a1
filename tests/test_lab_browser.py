"""In a real JupyterLab and a real browser: the sliders of `play`, and the fold of a solution.

Skipped where no Chromium or Chrome is installed, but a failure in CI.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.browsers import FLAGS, installed, sync_api
from tests.notebook_rules import ROOT

NOTEBOOKS = ROOT / "notebooks"
HOST = "127.0.0.1"
START = 120  # seconds for the server
WAIT = 120_000  # milliseconds for a step in the page: TensorFlow is imported in one
CELL = """
from week02_basics import figures
from week02_basics.play import play
import matplotlib.pyplot as plt
figures.use_style()

def climb(rate=0.1, steps=5):
    if steps > 9:
        raise ValueError("no room for more than 9 steps")
    fig, ax = plt.subplots(figsize=(5, 2.5))
    ax.plot([rate * step for step in range(steps + 1)], "o-")
    ax.set(title=f"{steps} steps at rate {rate:.3g}", xlabel="step", ylim=(0, 5))
    return fig, f"A line that climbs to {rate * steps:.3g} in {steps} steps."

play(climb, rate=(0.01, 0.8), steps=(1, 10))
"""
PICTURE = ".jupyter-widgets .widget-output img[src^='data:image/png']"
WRONG = ".jp-OutputArea [data-mime-type='application/vnd.jupyter.{}']"


@pytest.fixture(scope="module")
def browser() -> str:
    return installed()


@pytest.fixture(scope="module")
def notebook(browser, tmp_path_factory):
    """Serve a folder with one notebook by JupyterLab, as in a fresh account; gives its address."""
    folder, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    lesson = nbformat.read(NOTEBOOKS / "week02_basics.ipynb", as_version=4)
    fold = next(cell for cell in lesson.cells if "solution" in cell.metadata.get("tags", []))
    cells = [new_code_cell(CELL.strip()), new_markdown_cell(fold.source)]
    written = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(written, folder / "play.ipynb")
    quiet = home / "CONFIG" / "lab/user-settings/@jupyterlab/apputils-extension"
    quiet.mkdir(parents=True)
    answers = {"checkForUpdates": False, "fetchNews": "false"}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(answers), "utf-8")
    token = secrets.token_hex(16)
    environment = {k: v for k, v in os.environ.items() if k != "COURSE_STILL"}
    environment |= {
        f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")
    }
    environment |= {"IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)}
    options = {
        "ServerApp.ip": HOST,
        "ServerApp.port": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": token,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with open(home / "log", "wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield f"{address(server, home)}lab/tree/play.ipynb?token={token}"
    finally:
        ended(server)


def address(server: subprocess.Popen, home: Path) -> str:
    """Wait until the server answers; return its address."""
    until = time.monotonic() + START
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until and server.poll() is None:
        for file in (home / "RUNTIME").glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text("utf-8"))["url"]
                direct.open(f"{url}api", timeout=10).close()
                return url
            except (OSError, ValueError):  # it is not listening yet, or the file is half written
                pass
        time.sleep(0.1)
    raise TimeoutError(f"JupyterLab does not answer:\n{(home / 'log').read_text('utf-8')[-2000:]}")


def ended(server: subprocess.Popen) -> None:
    """End the server and its kernels: asked first, then killed."""
    if server.poll() is not None:
        return
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    server.terminate()
    _, alive = psutil.wait_procs(family, timeout=20)
    for process in alive:
        process.kill()
    server.wait(20)


@pytest.fixture(scope="module")
def page(browser, notebook):
    """Open the notebook in a browser that reaches this machine only."""
    strangers = []
    with sync_api.sync_playwright() as p:
        running = p.chromium.launch(executable_path=browser, args=FLAGS)
        context = running.new_context(viewport={"width": 1000, "height": 800})
        context.set_default_timeout(WAIT)
        sync_api.expect.set_options(timeout=WAIT)

        def guard(route):
            if urlparse(route.request.url).hostname == HOST:
                route.continue_()
            else:
                strangers.append(route.request.url)
                route.abort()

        context.route(re.compile(r"^(https?|wss?)://"), guard)
        page = context.new_page()
        page.goto(notebook)
        yield page
        running.close()
    assert not strangers, "the widgets asked other machines"


def test_a_solution_is_folded_until_it_is_opened(page):
    fold = page.locator(".jp-MarkdownOutput details")
    sync_api.expect(fold.locator("summary")).to_have_text("Solution")
    sync_api.expect(fold.locator("pre")).to_be_hidden()
    fold.locator("summary").click()
    sync_api.expect(fold.locator("pre")).to_contain_text("def standardise(x):")
    sync_api.expect(fold.locator("pre")).to_be_visible()


def test_a_slider_turned_by_keyboard_changes_the_figure(page):
    expect = sync_api.expect
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).wait_for()
    page.locator(".jp-CodeCell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    picture = page.locator(PICTURE)
    expect(picture).to_be_visible()  # before any slider is touched
    first = picture.get_attribute("src")

    sliders = page.locator(".widget-hslider")
    expect(sliders).to_have_text([re.compile(r"^rate\s*0\.100"), re.compile(r"^steps\s*5")])
    steps = sliders.nth(1).get_by_role("slider")
    steps.press("ArrowRight")
    expect(sliders.nth(1)).to_have_text(re.compile(r"^steps\s*6"))
    page.wait_for_function(
        "([css, old]) => document.querySelector(css)?.src !== old", arg=[PICTURE, first]
    )
    expect(picture).to_have_count(1)  # in place of the other
    expect(picture).to_be_visible()
    assert picture.get_attribute("src") != first

    steps.press("End")  # where the function fails
    expect(page.locator(".widget-output")).to_have_text("ValueError: no room for more than 9 steps")
    expect(picture).to_have_count(0)
    steps.press("Home")
    expect(picture).to_be_visible()
    expect(page.locator(".widget-output")).to_have_text("")
    for kind in ("error", "stderr"):
        expect(page.locator(WRONG.format(kind))).to_have_count(0)
