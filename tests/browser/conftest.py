"""A real browser, the system's Chromium without a window, and pages opened from disk in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

#: What Chromium is called, depending on who packaged it.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: Milliseconds that a page may take for one thing before it counts as broken.
PATIENCE = 10_000


@pytest.fixture(scope="session")
def browser():
    """One browser for the session; skipped where there is none, but never in CI."""
    binary = next(filter(None, map(shutil.which, NAMES)), None)
    if binary is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say(
            f"none of {', '.join(NAMES)} is on PATH: install one (Debian: apt-get install chromium)"
        )
    # Chromium refuses its sandbox to root, and containers often have a small /dev/shm.
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=binary, args=arguments)
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open HTML text as a file; at the end nothing was fetched and nothing went wrong."""

    @contextmanager
    def open_page(html, **context) -> Iterator:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        trouble, asked = [], []
        surroundings = browser.new_context(**context)
        surroundings.set_default_timeout(PATIENCE)
        page = surroundings.new_page()
        page.on("console", lambda said: trouble.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        yield page
        surroundings.close()
        assert trouble == []
        assert asked == [file.as_uri()]

    return open_page
