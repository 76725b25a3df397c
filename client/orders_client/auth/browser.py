"""Sign in with the browser: authorization code with PKCE, answered on this machine (RFC 8252)."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from orders_client.auth.authority import Authority, SignInSettings
from orders_client.auth.grants import AuthorizationRequest, Grants
from orders_client.auth.loopback import PORTS, loopback
from orders_client.auth.tokens import Tokens
from orders_client.errors import SignInFailed


def sign_in_with_browser(
    http: httpx.Client,
    settings: SignInSettings,
    authority: Authority,
    scopes: tuple[str, ...],
    send_to: Callable[[AuthorizationRequest], None],
    timeout: float,
    ports: tuple[int, ...] = PORTS,
) -> Tokens:
    """Return the tokens of whoever signs in.

    Args:
        send_to: opens the request's address in a browser, or asks somebody to.
        timeout: how many seconds they may take.
        ports: where the browser may come back, the first that is free.

    Raises:
        SignInFailed: nobody signed in in time, or the authority refused, or there is no client or no port for this.
    """
    if settings.client_id is None:
        raise SignInFailed(
            "The engine names no client with which people could sign in from here.",
            "Use a token (ORDERS_TOKEN), or orders login --client-credentials.",
        )
    grants = Grants(http, authority.token_endpoint, settings.client_id)
    offline = ("offline_access",) if authority.offers_offline_access else ()
    with loopback(ports) as browser:
        request = grants.authorization_request(
            authority.authorization_endpoint, browser.redirect_uri, (*scopes, *offline)
        )
        browser.accept(request.is_answered_by)
        send_to(request)
        code = request.code_in(browser.wait(timeout))
    return grants.redeem(request, code)
