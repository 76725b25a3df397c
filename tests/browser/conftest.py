"""A real Chromium on the dashboard of a running engine: DASHBOARD_URL names it, else the local cloud of the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED = ("Failed to load resource", "WebSocket connection to")
"""What Chromium itself writes when the API refuses something or a connection breaks, which the tests bring about."""


@pytest.fixture(scope="session")
def dashboard_url(request: pytest.FixtureRequest) -> str:
    """Return where the dashboard is."""
    if url := os.environ.get("DASHBOARD_URL"):
        return url.rstrip("/")
    try:
        return str(request.getfixturevalue("cloud").settings.url)
    except pytest.FixtureLookupError:
        pytest.skip("set DASHBOARD_URL to the address of a running engine")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once."""
    api = pytest.importorskip("playwright.sync_api")
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("there is no Chromium here")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser profile of its own for each test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Return an empty page; whatever goes wrong in its scripts or offends its security policy fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: _note(message, faults))
    yield page
    assert faults == []


@pytest.fixture
def dashboard(page: Page, dashboard_url: str) -> Page:
    """Return the dashboard, connected."""
    page.goto(dashboard_url)
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    return page


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
        faults.append(message.text)
