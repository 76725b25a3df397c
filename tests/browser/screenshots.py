"""Take the pictures of the dashboard for the documents: python tests/browser/screenshots.py <url> <folder>.

With a user's name and password after them, those of signing in, on a local cloud that was started with AUTH=1.
"""

from __future__ import annotations

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


def signing_in(url: str, folder: Path, user: str, password: str) -> None:
    """Take the dashboard before and after somebody has signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page.goto(url)
        button = page.get_by_role("button", name="Sign in")
        button.wait_for()
        _save(page, folder, "sign-in")
        button.click()
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-testid=connection][data-state=live]")
        page.get_by_test_id("place-5").click()
        page.wait_for_timeout(6_000)
        page.evaluate("scrollTo(0, 0)")
        _save(page, folder, "signed-in")
        browser.close()


def _open(browser: Browser, url: str, scheme: str, width: int = 1440) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if width < 500 else 1,
    )
    page.goto(url)
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    page.wait_for_selector("[data-testid=order-row]")
    return page


def _save(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    address, images, *credentials = sys.argv[1:]
    if credentials:
        signing_in(address, Path(images), *credentials)
    else:
        main(address, Path(images))
