"""TensorBoard, opened in a real browser on the logs that week 5 writes.

Skipped where no Chromium or Chrome is installed, but a failure in CI. The pictures that the notebook
shows are taken by the same tests:

    SCREENSHOTS=notebooks/images python -m pytest tests/test_week05_browser.py
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

from week02_basics.taught import taught
from week03_regression.digits import load_digits
from week05_tensorboard import projector, server

import numpy as np
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

WEEK = "week05_tensorboard"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless --no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars "
    "--host-resolver-rules=MAP~*~~NOTFOUND~,~EXCLUDE~127.0.0.1"
)
PLAIN = ("--disable-gpu",)
WEBGL = ("--enable-unsafe-swiftshader", "--use-gl=angle", "--use-angle=swiftshader")
MAX_KB = 200
WAIT = 90_000  # milliseconds: a page builds itself, and a busy machine takes its time


def browser_path() -> str:
    """Return the installed browser; skip without one, and fail in CI."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        why = f"no browser is installed (looked for {', '.join(BROWSERS)})"
        if os.environ.get("CI"):
            pytest.fail(f"{why}; in CI this test must run")
        pytest.skip(why)
    return found
