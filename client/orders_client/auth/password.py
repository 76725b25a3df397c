"""Signs in on the local cloud without a browser, for scripts and tests."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from orders_client.auth.authority import discover, sign_in_settings
from orders_client.auth.confidentiality import is_loopback
from orders_client.auth.grants import Grants
from orders_client.auth.local_cloud import ONLY_LOCAL, LocalCloud
from orders_client.auth.loopback import PORTS
from orders_client.auth.tokens import Tokens
from orders_client.errors import SignInFailed

_REDIRECT_URI = f"http://localhost:{PORTS[0]}/callback"
"""Where the code would be sent. Nobody listens there: it is read from the redirect."""

_MOST_PAGES = 5


def sign_in_with_password(cloud: LocalCloud, user: str, scopes: tuple[str, ...], http: httpx.Client) -> Tokens:
    """Return a user's tokens: an authorization code with PKCE, where this fills in the form that a browser would show.

    Raises:
        SignInFailed: the local cloud refuses.
        Unavailable: it does not run.
    """
    password = cloud.password_of(user)
    settings = sign_in_settings(http, cloud.url)
    if settings.client_id is None or not is_loopback(settings.authority):
        raise SignInFailed(f"People do not sign in on this machine for {cloud.url}.", ONLY_LOCAL)
    authority = discover(http, settings.authority)
    grants = Grants(http, authority.token_endpoint, settings.client_id)
    request = grants.authorization_request(authority.authorization_endpoint, _REDIRECT_URI, scopes or settings.scopes)
    page = _browse(http, http.build_request("GET", request.url))
    form = form_in(page.text)
    answer = _browse(
        http,
        http.build_request(
            "POST",
            urljoin(str(page.url), form.action),
            data={**form.fields, "username": user, "password": password},
        ),
    )
    if not answer.has_redirect_location:
        raise SignInFailed(
            f"The local cloud refuses {user}'s password.", "Its state may be that of another: make clean-local."
        )
    return grants.redeem(request, request.code_in(answer.headers["location"]))


class SignInForm(HTMLParser):
    """The first form of a page: where it is sent, and its fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._forms = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or a field."""
        of = dict(attrs)
        self._forms += tag == "form"
        if tag == "form" and self._forms == 1:
            self.action = of.get("action") or ""
        elif tag == "input" and self._forms == 1 and of.get("name"):
            self.fields[str(of["name"])] = of.get("value") or ""


def form_in(html: str) -> SignInForm:
    """Return the first form of a page."""
    form = SignInForm()
    form.feed(html)
    return form


def _browse(http: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request and follow redirects, but not the one that ends the sign-in."""
    for _ in range(_MOST_PAGES):
        try:
            answer = http.send(request)
        except httpx.TransportError as error:
            raise SignInFailed(f"{request.url.host} does not answer: {error}", "Start it: make run AUTH=1.") from error
        if answer.is_error:
            raise SignInFailed(f"The local cloud's sign-in page answers {answer.status_code}.", "See: make logs.")
        if not answer.has_redirect_location or answer.headers["location"].startswith(_REDIRECT_URI):
            return answer
        request = http.build_request("GET", urljoin(str(answer.url), answer.headers["location"]))
    raise SignInFailed("The local cloud's sign-in page redirects without end.", "See: make logs.")
