"""Chromium for the tests that look at the console as a person would.

It is the system's own Chromium, driven by Playwright's Python package; nothing is downloaded.
Where it is missing the tests are skipped, except in CI, where that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = (
    "No Chromium found. Install it (Debian, Ubuntu: `sudo apt-get install chromium`) "
    "or name one in the environment variable CHROMIUM."
)
NO_PLAYWRIGHT = "Playwright's Python package is missing. Install the development requirements."


def find_chromium() -> str | None:
    """The path of a Chromium: `CHROMIUM` when set, else what the system has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _missing(what_to_do: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(what_to_do)
    pytest.skip(what_to_do)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser; each test opens a context of its own in it.

    One for each module: Playwright allows one at a time, and modules import this by name.
    """
    path = find_chromium() or _missing(NO_BROWSER)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _missing(NO_PLAYWRIGHT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield running
        running.close()


@contextmanager
def watched_page(browser: Browser, *expected: str, **context: Any) -> Iterator[Page]:
    """A page of its own context that fails at its end if the browser complained.

    Whatever reaches the browser's console as error or warning counts, from pages that it
    opens too: script errors, what the content security policy refused, missing files.
    `expected` are parts of messages that the test provokes.
    """
    complaints: list[str] = []
    opened = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **context)
    opened.set_default_timeout(15_000)
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    yield opened.new_page()
    opened.close()
    left = [text for text in complaints if not any(part in text for part in expected)]
    assert not left, f"the browser complained: {left}"
