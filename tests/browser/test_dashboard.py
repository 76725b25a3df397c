"""The dashboard, as a person uses it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocketRoute

expect: Any = pytest.importorskip("playwright.sync_api").expect

SETTLED = 60_000
"""Milliseconds until every order has ended, retries included."""
ORDER = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.0"}


def place(page: Page, amount: str = "1.5") -> None:
    """Place an order and wait until it is accepted."""
    page.get_by_test_id("amount-in").fill(amount)
    page.get_by_test_id("place").click()
    expect(page.get_by_test_id("form-status")).to_have_text("Order accepted.")


def own_rows(page: Page) -> Any:
    """Return the rows of the orders that were placed on this page."""
    return page.locator("[data-testid=order-row].mine")


def wait_until_ended(page: Page, number: int) -> None:
    """Wait until that many orders of this page are there and none of them is on its way."""
    expect(own_rows(page)).to_have_count(number, timeout=SETTLED)
    open_ones = page.locator(
        ".mine:is([data-status=pending], [data-status=routing], [data-status=building], [data-status=submitted])"
    )
    expect(open_ones).to_have_count(0, timeout=SETTLED)


def test_an_order_is_placed_and_seen_to_be_confirmed(dashboard: Page) -> None:
    place(dashboard)
    wait_until_ended(dashboard, 1)
    own_rows(dashboard).get_by_test_id("open-order").click()
    detail = dashboard.get_by_test_id("detail")
    expect(detail.get_by_test_id("detail-receipt")).to_be_visible()
    expect(detail.get_by_test_id("quote-raydium")).to_be_visible()
    expect(detail.get_by_test_id("quote-meteora")).to_be_visible()
    expect(detail.locator("[data-chosen=true]")).to_have_count(1)
    expect(detail.get_by_test_id("why")).not_to_be_empty()
    expect(detail.get_by_test_id("tx-hash")).to_have_text(re.compile("^[1-9A-HJ-NP-Za-km-z]{80,90}$"))
    sequence = detail.get_by_test_id("timeline-step").evaluate_all(
        "steps => steps.map(step => Number(step.dataset.seq))"
    )
    assert sequence == list(range(1, len(sequence) + 1))
    assert len(sequence) >= 5


def test_five_at_once_are_five_orders(dashboard: Page) -> None:
    dashboard.get_by_test_id("place-5").click()
    expect(dashboard.get_by_test_id("form-status")).to_have_text("5 of 5 orders accepted.")
    wait_until_ended(dashboard, 5)
    ids = own_rows(dashboard).evaluate_all("rows => rows.map(row => row.dataset.orderId)")
    assert len(set(ids)) == 5


@pytest.mark.parametrize("amount", ["-1", "0.0000000001", "much", ""])
def test_a_bad_amount_shows_what_the_api_says(dashboard: Page, dashboard_url: str, amount: str) -> None:
    answer = dashboard.request.post(f"{dashboard_url}/api/orders/execute", data=ORDER | {"amountIn": amount})
    said = next(error["message"] for error in answer.json()["errors"] if error["field"] == "amountIn")
    dashboard.get_by_test_id("amount-in").fill(amount)
    dashboard.get_by_test_id("place").click()
    expect(dashboard.get_by_test_id("error-amountIn")).to_have_text(said)
    expect(dashboard.get_by_test_id("amount-in")).to_be_focused()
    expect(own_rows(dashboard)).to_have_count(0)


def test_a_killed_socket_resumes_without_a_gap(page: Page, dashboard_url: str) -> None:
    sockets: list[WebSocketRoute] = []
    sent: list[str] = []

    def forward(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        is_first = not sockets

        def to_server(frame: str | bytes) -> None:
            sent.append(str(frame))
            server.send(frame)

        def to_page(frame: str | bytes) -> None:
            if not (is_first and json.loads(frame).get("seq", 0) > 1):  # so that every order is open when it is killed
                socket.send(frame)

        socket.on_message(to_server)
        server.on_message(to_page)
        sockets.append(socket)

    page.route_web_socket(re.compile("."), forward)
    page.goto(dashboard_url)
    live = "[data-testid=connection][data-state=live]"
    page.wait_for_selector(live)
    page.get_by_test_id("place-5").click()
    expect(page.locator(".mine[data-seq='1']")).to_have_count(5)
    for _ in range(3):
        page.wait_for_selector(f"{live}, [data-testid=connection][data-state=catching-up]")
        sockets[-1].close(code=1001, reason="killed by the test")
        page.wait_for_selector("[data-testid=connection][data-state=waiting]")
        missed = page.request.post(f"{dashboard_url}/api/orders/execute", data=ORDER).json()["orderId"]
        page.get_by_test_id("reconnect").click()
        page.wait_for_selector(f"[data-order-id='{missed}']")
    wait_until_ended(page, 5)
    page.wait_for_selector(live)
    assert len(sockets) >= 4
    mine = own_rows(page).evaluate_all("rows => rows.map(row => row.dataset.orderId)")
    assert any(frame.get("afterSeq", 0) > 0 and frame.get("orderId") in mine for frame in map(json.loads, sent))
    for row in own_rows(page).all():
        order = page.request.get(f"{dashboard_url}/api/orders/{row.get_attribute('data-order-id')}").json()["order"]
        expect(row).to_have_attribute("data-seq", str(order["version"]))
        expect(row).to_have_attribute("data-status", order["status"])


def test_a_lost_answer_does_not_place_a_second_order(dashboard: Page) -> None:
    lost: list[str] = []

    def lose_the_first_answer(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().json()["orderId"])
        route.abort()

    dashboard.route("**/api/orders/execute", lose_the_first_answer)
    place(dashboard)
    wait_until_ended(dashboard, 1)
    assert own_rows(dashboard).evaluate_all("rows => rows.map(row => row.dataset.orderId)") == lost


def test_what_is_not_there_is_said_to_be_not_available(page: Page, dashboard_url: str) -> None:
    for path in ("**/api/metrics", "**/health", "**/api/orders?*"):
        page.route(path, lambda route: route.fulfill(status=404, json={"code": "not_found", "detail": "No."}))
    page.goto(dashboard_url)
    for tile in ("health", "waiting", "total"):
        expect(page.get_by_test_id(f"tile-{tile}")).to_have_text("not available")
    expect(page.get_by_test_id("orders-note")).to_contain_text("not available")
    place(page)
    wait_until_ended(page, 1)


def test_a_cancel_that_comes_too_late_shows_what_the_api_says(dashboard: Page) -> None:
    said = "Too late, says the API."
    answer = {"code": "too_late_to_cancel", "detail": said}

    def refuse(route: Any) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=409, json=answer)
        else:
            route.continue_()

    dashboard.route("**/api/orders/*", refuse)
    dashboard.get_by_test_id("place-5").click()
    own_rows(dashboard).get_by_test_id("cancel-row").first.click()
    expect(dashboard.get_by_test_id("toasts")).to_contain_text(said)


def test_the_keyboard_is_enough(dashboard: Page) -> None:
    dashboard.get_by_test_id("amount-in").focus()
    dashboard.keyboard.press("Enter")
    wait_until_ended(dashboard, 1)
    opener = own_rows(dashboard).get_by_test_id("open-order")
    opener.focus()
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#detail-title")).to_be_focused()
    dashboard.keyboard.press("Escape")
    expect(dashboard.get_by_test_id("detail")).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_page_says_that_authentication_is_off(dashboard: Page) -> None:
    badge = dashboard.get_by_test_id("open-badge")
    expect(badge).to_have_text("Open: authentication is off")
    expect(dashboard.get_by_test_id("open-note")).to_be_hidden()
    badge.press("Enter")
    expect(dashboard.get_by_test_id("open-note")).to_contain_text("AuthMode")
    expect(dashboard.get_by_test_id("account")).to_have_count(0)
    expect(dashboard.get_by_test_id("sign-in")).to_have_count(0)


def test_the_theme_is_remembered(dashboard: Page) -> None:
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = dashboard.evaluate(background)
    dashboard.get_by_test_id("theme-toggle").click()
    dark = dashboard.evaluate(background)
    dashboard.reload()
    assert dark != light
    assert dashboard.evaluate(background) == dark


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, dashboard_url: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(dashboard_url)
    place(page)
    wait_until_ended(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    own_rows(page).get_by_test_id("open-order").tap()
    sheet = page.get_by_test_id("detail").bounding_box()
    assert sheet is not None
    assert sheet["x"] >= 0
    assert round(sheet["width"]) <= 360
    context.close()
