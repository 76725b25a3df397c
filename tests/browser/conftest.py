"""A real Chromium on the dashboard of a running engine: DASHBOARD_URL names it, else the local cloud of the tests.

Signing in is tested on one where people do: SIGN_IN_CLOUD names the file in which a local cloud with `AUTH=1` describes
itself (`.local/cloud.json`), else the tests start one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class SignInCloud:
    """A local cloud where people sign in: its address, and their passwords by name."""

    url: str
    users: Mapping[str, str]


@pytest.fixture(scope="module")
def sign_in_cloud() -> Iterator[SignInCloud]:
    """Give a cloud with Cognito; it stops after the module, as two at a time are much for a small machine."""
    if file := os.environ.get("SIGN_IN_CLOUD"):
        described = json.loads(Path(file).read_text(encoding="utf-8"))
        users = json.loads(Path(described["usersFile"]).read_text(encoding="utf-8"))
        yield SignInCloud(described["url"].rstrip("/"), users)
        return
    from local.cloud import temporary_cloud  # noqa: PLC0415 - other tests have no use for it
    from tests.support.cloud import PARAMETERS  # noqa: PLC0415

    with temporary_cloud(**PARAMETERS | {"AuthMode": "cognito"}) as cloud:
        yield SignInCloud(str(cloud.settings.url), cloud.users)


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
