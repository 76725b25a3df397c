"""Take the pictures of the dashboard for the documents: python tests/browser/screenshots.py <url> <folder>.

With a third argument, the file with the passwords of a local cloud where people sign in (`.local/users.json`), those
of signing in.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PRESETS = 6


def main(url: str, folder: Path) -> None:
    """Place some orders, and take the dashboard light, dark, with an order open, and on a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = _open(browser, url, "light")
        for number in range(PRESETS):
            page.get_by_test_id("preset").nth(number).click()
            page.get_by_test_id("place-5").click()
            page.wait_for_timeout(900)
        page.wait_for_timeout(6_000)
        page.get_by_test_id("place-5").click()
        page.wait_for_timeout(700)
        _save(page, folder, "dashboard-light")
        dark = _open(browser, url, "dark")
        _save(dark, folder, "dashboard-dark")
        dark.locator("tr[data-status=confirmed]").get_by_test_id("open-order").first.click()
        _save(dark, folder, "order-detail")
        _save(_open(browser, url, "light", width=360), folder, "dashboard-phone")
        browser.close()


def sign_in(url: str, folder: Path, passwords: dict[str, str]) -> None:
    """Take the page signed out, and as an administrator sees it after a trader has placed some orders."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, scheme in (("alice", "light"), ("olga", "dark")):
            page = _new_page(browser, scheme)
            page.goto(url)
            page.get_by_test_id("sign-in").wait_for()
            if name == "alice":
                _save(page, folder, "sign-in")
            page.get_by_test_id("sign-in").click()
            page.locator("[name=username]").fill(name)
            page.locator("[name=password]").fill(passwords[name])
            page.locator("[name=password]").press("Enter")
            page.wait_for_selector("[data-testid=connection][data-state=live]")
            page.get_by_test_id("place-5").click()
            page.wait_for_timeout(6_000)
            _save(page, folder, f"signed-in-{name}")
        browser.close()


def _open(browser: Browser, url: str, scheme: str, width: int = 1440) -> Page:
    page = _new_page(browser, scheme, width)
    page.goto(url)
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    page.wait_for_selector("[data-testid=order-row]")
    return page


def _new_page(browser: Browser, scheme: str, width: int = 1440) -> Page:
    return browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if width < 500 else 1,
    )


def _save(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    if sys.argv[3:]:
        sign_in(sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")))
    else:
        main(sys.argv[1], Path(sys.argv[2]))
