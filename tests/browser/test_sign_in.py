"""Signing in on the dashboard, as a person does it, on an engine with Cognito."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocketRoute

    from tests.browser.conftest import SignInCloud

expect: Any = pytest.importorskip("playwright.sync_api").expect

LIVE = "[data-testid=connection][data-state=live]"
SETTLED = 60_000
"""Milliseconds until every order has ended."""
UNAUTHORIZED = {"message": "Unauthorized"}


class Traffic:
    """What a page has asked for, and the secrets that it was given."""

    def __init__(self, page: Page) -> None:
        self.requests: list[Request] = []
        self.visited: list[str] = []
        self.sockets: list[str] = []
        self.tokens: list[str] = []
        self.tickets: list[str] = []
        self.statuses: list[int] = []
        page.on("request", self._asked)
        page.on("framenavigated", lambda frame: self.visited.append(frame.url))
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.on("requestfinished", self._finished)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _finished(self, request: Request) -> None:
        path, response = urlsplit(request.url).path, request.response()
        if response is None:
            return
        self.statuses.append(response.status)
        if path.endswith("/oauth2/token"):
            self.tokens += [text for name, text in response.json().items() if name.endswith("_token")]
        elif path == "/api/stream-tickets":
            self.tickets.append(response.json()["ticket"])

    def paths(self, start: str) -> list[str]:
        """Return the paths of the requests that begin so."""
        return [path for request in self.requests if (path := urlsplit(request.url).path).startswith(start)]

    def authorizations(self) -> list[str | None]:
        """Return the `prompt` of each time that the authority was asked for a code."""
        asked = [urlsplit(request.url) for request in self.requests]
        return [parse_qs(url.query).get("prompt", [None])[0] for url in asked if url.path.endswith("/oauth2/authorize")]

    def grants(self) -> list[str]:
        """Return the kinds of the grants for which tokens were asked."""
        bodies = [parse_qs(request.post_data or "") for request in self.requests if _asks_for_tokens(request)]
        return [body["grant_type"][0] for body in bodies]


def _asks_for_tokens(request: Request) -> bool:
    return urlsplit(request.url).path.endswith("/oauth2/token")


def enter_password(page: Page, cloud: SignInCloud, name: str) -> None:
    """Fill in the authority's form, and wait until the page is live."""
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(cloud.users[name])
    page.locator("[name=password]").press("Enter")
    page.wait_for_selector(LIVE)


def sign_in(page: Page, cloud: SignInCloud, name: str, place: str = "") -> None:
    """Open the page, and sign in."""
    page.goto(f"{cloud.url}/{place}")
    page.get_by_test_id("sign-in").click()
    enter_password(page, cloud, name)


def place_order(page: Page) -> str:
    """Place an order, and return its id when it is confirmed."""
    before = page.locator(".mine").count()
    page.get_by_test_id("place").click()
    expect(page.get_by_test_id("form-status")).to_have_text("Order accepted.")
    expect(page.locator(".mine")).to_have_count(before + 1)
    expect(page.locator(".mine").first).to_have_attribute("data-status", "confirmed", timeout=SETTLED)
    return str(page.locator(".mine").first.get_attribute("data-order-id"))


def fresh_page(browser: Browser) -> Page:
    """Return the page of a browser that nobody has signed in with."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    return context.new_page()


@pytest.fixture
def alice(page: Page, sign_in_cloud: SignInCloud) -> Page:
    """Return the dashboard with a trader signed in."""
    sign_in(page, sign_in_cloud, "alice")
    return page


def test_nothing_is_asked_for_before_somebody_has_signed_in(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    page.goto(sign_in_cloud.url)
    expect(page.get_by_role("heading", name="Sign in to place and watch your orders")).to_be_visible()
    expect(page.get_by_test_id("orders")).to_be_hidden()
    expect(page.get_by_test_id("connection")).to_be_hidden()
    page.wait_for_load_state("networkidle")
    assert traffic.paths("/api") == []
    assert traffic.authorizations() == []
    assert traffic.sockets == []


def test_a_trader_signs_in_and_sees_an_order_confirmed_live(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    sign_in(page, sign_in_cloud, "alice")
    expect(page.get_by_test_id("account")).to_have_text("alice")
    expect(page.get_by_test_id("role")).to_have_count(0)
    order_id = place_order(page)
    expect(page.locator(f"[data-order-id='{order_id}']")).not_to_have_attribute("data-seq", "1")
    expect(page.get_by_test_id("tile-confirmed")).not_to_have_text("0")
    assert page.url == f"{sign_in_cloud.url}/"
    asked = [request for request in traffic.requests if urlsplit(request.url).path.startswith("/api/")]
    assert asked
    assert all(request.headers.get("authorization") == f"Bearer {_access_token(traffic)}" for request in asked)
    assert 403 not in traffic.statuses
    assert traffic.paths("/api/metrics") == []


def _access_token(traffic: Traffic) -> str:
    return next(token for token in traffic.tokens if '"access"' in _payload(token))


def _payload(token: str) -> str:
    part = token.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def test_the_order_of_the_address_opens_after_signing_in(
    alice: Page, browser: Browser, sign_in_cloud: SignInCloud
) -> None:
    order_id = place_order(alice)
    page = fresh_page(browser)
    page.goto(f"{sign_in_cloud.url}/#order/{order_id}")
    expect(page.get_by_test_id("sign-in-place")).to_contain_text(order_id[-8:])
    page.get_by_test_id("sign-in").click()
    enter_password(page, sign_in_cloud, "alice")
    expect(page.get_by_test_id("detail-receipt")).to_be_visible()
    assert page.url == f"{sign_in_cloud.url}/#order/{order_id}"
    page.reload()
    expect(page.get_by_test_id("detail-receipt")).to_be_visible()
    assert page.url == f"{sign_in_cloud.url}/#order/{order_id}"
    page.context.close()


def test_a_reload_signs_in_without_asking(alice: Page) -> None:
    traffic = Traffic(alice)
    entries = alice.evaluate("history.length")
    for _ in range(2):
        alice.reload()
        alice.wait_for_selector(LIVE)
    expect(alice.get_by_test_id("account")).to_have_text("alice")
    assert traffic.authorizations() == ["none", "none"]
    assert traffic.paths("/_cognito/login") == []
    assert alice.evaluate("history.length") == entries


def test_a_silent_attempt_that_fails_is_not_repeated(alice: Page, sign_in_cloud: SignInCloud) -> None:
    alice.evaluate("location.hash = 'order/kept'")
    expect(alice.get_by_test_id("detail")).not_to_contain_text("Looking for")
    traffic = Traffic(alice)
    alice.context.clear_cookies()
    alice.reload()
    expect(alice.get_by_test_id("sign-in-notice")).to_contain_text("Your session has ended")
    assert alice.url == f"{sign_in_cloud.url}/#order/kept"
    alice.reload()
    expect(alice.get_by_test_id("sign-in")).to_be_visible()
    alice.wait_for_load_state("networkidle")
    assert traffic.authorizations() == ["none"]
    assert traffic.paths("/api") == []


@pytest.mark.parametrize("dead", ["**/.well-known/openid-configuration", "**/oauth2/token"])
def test_a_silent_attempt_without_the_authority_ends_signed_out(alice: Page, dead: str) -> None:
    traffic = Traffic(alice)
    alice.route(dead, lambda route: route.abort())
    alice.reload()
    expect(alice.get_by_test_id("sign-in-notice")).to_contain_text("can't be reached")
    alice.wait_for_load_state("networkidle")
    assert len(traffic.authorizations()) <= 1
    assert "code=" not in alice.url
    alice.unroute(dead)
    alice.get_by_test_id("sign-in").click()
    alice.wait_for_selector(LIVE)


def test_an_answer_that_this_tab_did_not_ask_for_signs_nobody_in(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    page.goto(f"{sign_in_cloud.url}/?code=somebody-elses&state=made-up#order/1")
    expect(page.get_by_test_id("sign-in-notice")).to_contain_text("You were not signed in")
    assert page.url == f"{sign_in_cloud.url}/#order/1"
    assert traffic.grants() == []


def test_signing_out_ends_it_at_the_authority_too(alice: Page, sign_in_cloud: SignInCloud) -> None:
    place_order(alice)
    alice.get_by_test_id("sign-out").click()
    expect(alice.get_by_test_id("sign-in-notice")).to_have_text("You are signed out.")
    assert alice.url == f"{sign_in_cloud.url}/"
    alice.go_back()
    expect(alice.get_by_test_id("sign-in")).to_be_visible()
    expect(alice.get_by_test_id("order-row")).to_have_count(0)
    alice.get_by_test_id("sign-in").click()
    enter_password(alice, sign_in_cloud, "bob")
    expect(alice.get_by_test_id("account")).to_have_text("bob")


def test_signing_out_in_one_tab_ends_the_others(
    alice: Page, context: BrowserContext, sign_in_cloud: SignInCloud
) -> None:
    other = context.new_page()
    other.goto(sign_in_cloud.url)
    other.get_by_test_id("sign-in").click()  # the authority knows her: no password
    other.wait_for_selector(LIVE)
    alice.get_by_test_id("sign-out").click()
    expect(other.get_by_test_id("session-ended")).to_be_visible()


def test_an_ended_session_leaves_what_was_loaded_and_asks_for_nothing(alice: Page, sign_in_cloud: SignInCloud) -> None:
    order_id = place_order(alice)
    alice.route("**/api/**", lambda route: route.fulfill(status=401, json=UNAUTHORIZED))
    alice.get_by_test_id("place").click()
    ended = alice.get_by_test_id("session-ended")
    expect(ended).to_contain_text("Your session has ended")
    expect(alice.get_by_test_id("form-error")).to_contain_text("Sign in again")
    expect(alice.get_by_test_id("orders-stale")).to_be_visible()
    expect(alice.locator(f"[data-order-id='{order_id}']")).to_be_visible()
    expect(alice.get_by_test_id("connection-text")).to_have_text("Not live")
    traffic = Traffic(alice)
    alice.get_by_test_id("place").click()
    alice.evaluate("dispatchEvent(new Event('online'))")
    alice.wait_for_load_state("networkidle")
    assert traffic.paths("/api") == []
    alice.unroute("**/api/**")
    ended.get_by_test_id("sign-in-again").click()
    alice.wait_for_selector(LIVE)
    expect(alice.locator(f"[data-order-id='{order_id}']")).to_be_visible()
    expect(ended).to_be_hidden()


def test_a_refused_token_is_renewed_once_and_the_order_placed(alice: Page) -> None:
    traffic = Traffic(alice)
    refused: list[str] = []

    def refuse_the_first(route: Any) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.headers["authorization"])
        route.fulfill(status=401, json=UNAUTHORIZED)

    alice.route("**/api/orders/execute", refuse_the_first)
    place_order(alice)
    assert traffic.grants() == ["refresh_token"]
    expect(alice.locator(".mine")).to_have_count(1)
    expect(alice.get_by_test_id("session-ended")).to_be_hidden()


def test_an_expired_token_is_renewed_for_a_new_connection(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    sockets: list[WebSocketRoute] = []

    def forward(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("."), forward)
    sign_in(page, sign_in_cloud, "alice")
    assert traffic.grants() == ["authorization_code"]
    sockets[0].send(json.dumps({"type": "error", "code": "token_expired", "message": "The token has expired."}))
    expect(page.get_by_test_id("connection")).not_to_have_attribute("data-state", "live")
    page.wait_for_selector(LIVE)
    assert traffic.grants() == ["authorization_code", "refresh_token"]
    assert len(sockets) == 2
    assert len({socket.url for socket in sockets}) == 2  # a ticket of its own
    place_order(page)


def test_a_failing_ticket_is_a_failed_connection(page: Page, sign_in_cloud: SignInCloud) -> None:
    failed: list[str] = []

    def fail_twice(route: Any) -> None:
        if len(failed) < 2:
            failed.append(route.request.url)
            route.fulfill(status=503, json={"message": "Service Unavailable"})
        else:
            route.continue_()

    page.route("**/api/stream-tickets", fail_twice)
    sign_in(page, sign_in_cloud, "alice")
    assert len(failed) == 2


def test_a_trader_sees_nobody_elses_orders_and_an_administrator_everybodys(
    alice: Page, browser: Browser, sign_in_cloud: SignInCloud
) -> None:
    alices = place_order(alice)
    bob = fresh_page(browser)
    sign_in(bob, sign_in_cloud, "bob")
    bobs = place_order(bob)
    alice.reload()
    expect(alice.locator(f"[data-order-id='{alices}']")).to_be_visible()
    expect(alice.locator(f"[data-order-id='{bobs}']")).to_have_count(0)
    alice.evaluate(f"location.hash = 'order/{bobs}'")
    expect(alice.get_by_test_id("detail")).not_to_contain_text("Looking for")
    expect(alice.get_by_test_id("detail-receipt")).to_have_count(0)
    olga = fresh_page(browser)
    traffic = Traffic(olga)
    sign_in(olga, sign_in_cloud, "olga")
    expect(olga.get_by_test_id("role")).to_have_text("admin")
    for order_id in (alices, bobs):
        expect(olga.locator(f"[data-order-id='{order_id}']").get_by_test_id("owner")).to_have_text(re.compile("^by "))
    expect(olga.get_by_test_id("tile-waiting")).to_have_text(re.compile("^[0-9]"))
    expect(olga.get_by_test_id("tile-total")).to_have_text(re.compile("^[0-9]"))
    olga.get_by_test_id("check-dependencies").click()
    expect(olga.get_by_test_id("dependencies")).to_contain_text("Orders")
    live = place_order(bob)
    expect(olga.locator(f"[data-order-id='{live}']")).to_have_attribute("data-status", "confirmed", timeout=SETTLED)
    assert 403 not in traffic.statuses
    for page in (bob, olga):
        page.context.close()


def test_tokens_and_tickets_are_in_no_address_and_no_storage(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    kept: list[str] = []
    storage = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])"
    sign_in(page, sign_in_cloud, "alice")
    kept.append(page.evaluate(storage))
    page.get_by_test_id("reconnect").click()
    page.wait_for_selector(f"{LIVE}")
    page.reload()
    page.wait_for_selector(LIVE)
    kept.append(page.evaluate(storage))
    kept.append(page.evaluate("indexedDB.databases().then(JSON.stringify)"))
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    kept.append(page.evaluate(storage))
    assert len(traffic.tokens) >= 6  # three kinds, twice
    assert len(traffic.tickets) >= 3
    addresses = [*traffic.visited, *(request.url for request in traffic.requests)]
    for token in traffic.tokens:
        assert not any(token in text for text in [*addresses, *traffic.sockets, *kept])
    for ticket in traffic.tickets:
        assert not any(ticket in text for text in [*addresses, *kept])
    used = [parse_qs(urlsplit(url).query)["ticket"][0] for url in traffic.sockets]
    assert len(set(used)) == len(used)
    assert set(used) <= set(traffic.tickets)


def test_a_page_without_a_client_says_how_to_use_a_token(page: Page, sign_in_cloud: SignInCloud) -> None:
    traffic = Traffic(page)
    _serve_with(page, sign_in_cloud, {"mode": "jwt", "issuer": "https://issuer.example", "scopes": ["openid"]})
    page.goto(sign_in_cloud.url)
    expect(page.get_by_test_id("gate-card")).to_contain_text("Authorization: Bearer")
    expect(page.get_by_test_id("gate-card")).to_contain_text("https://issuer.example")
    expect(page.get_by_test_id("sign-in")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert traffic.paths("/api") == []


def test_a_page_that_can_not_tell_does_not_claim_to_be_open(page: Page, sign_in_cloud: SignInCloud) -> None:
    _serve_with(page, sign_in_cloud, {"mode": "something new"})
    page.goto(sign_in_cloud.url)
    expect(page.get_by_test_id("gate-card")).to_contain_text("not set up correctly")
    expect(page.get_by_test_id("open-badge")).to_be_hidden()
    expect(page.get_by_test_id("orders")).to_be_hidden()


def _serve_with(page: Page, cloud: SignInCloud, configuration: dict[str, Any]) -> None:
    """Have the page say that people sign in in this way."""

    def answer(route: Any) -> None:
        response = route.fetch()
        content = json.dumps(configuration).replace('"', "&quot;")
        text = re.sub(r'(<meta name="sign-in" content=")[^"]*', lambda match: match[1] + content, response.text())
        route.fulfill(response=response, body=text)

    page.route(f"{cloud.url}/", answer)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_who_is_signed_in_without_scrolling_sideways(
    browser: Browser, sign_in_cloud: SignInCloud, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(sign_in_cloud.url)
    button = page.get_by_test_id("sign-in")
    expect(button).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    button.tap()
    enter_password(page, sign_in_cloud, "olga")
    expect(page.get_by_test_id("sign-out")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_dashboard_does_not_flash_before_somebody_has_signed_in(page: Page, sign_in_cloud: SignInCloud) -> None:
    page.route("**/assets/app.js", lambda route: route.abort())  # what is shown before any module runs
    page.goto(sign_in_cloud.url)
    expect(page.get_by_test_id("orders")).to_be_hidden()
    expect(page.get_by_test_id("order-form")).to_be_hidden()
    expect(page.get_by_test_id("open-badge")).to_be_hidden()
