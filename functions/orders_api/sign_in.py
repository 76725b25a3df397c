"""What the page and the command line have to know to sign somebody in."""

from __future__ import annotations

import json

from settings import OrdersApiSettings

from order_engine.application.identity import Scope

SCOPES = ("openid", Scope.READ, Scope.WRITE)
"""What is asked for. Administrators are given `orders/admin` beside it, by the issuer."""


def sign_in_addresses(settings: OrdersApiSettings) -> tuple[str, ...]:
    """Return the addresses that the page talks to when it signs somebody in; none where authentication is off."""
    if not settings.auth_mode.authenticates:
        return ()
    return settings.sign_in_authority or settings.token_issuer, *settings.sign_in_origins.split()


def sign_in_configuration(settings: OrdersApiSettings) -> str:
    """Return how to sign in, as JSON: nothing of it is a secret.

    `authority` is where the issuer's discovery document is (OpenID Connect Discovery 1.0, 4); `clientId` is missing
    where no public client has been registered.
    """
    mode = settings.auth_mode
    if not mode.authenticates:
        return json.dumps({"mode": mode})
    client = {"clientId": settings.browser_client_id} if settings.browser_client_id else {}
    issuer, authority = settings.token_issuer, settings.sign_in_authority or settings.token_issuer
    return json.dumps({"mode": mode, "issuer": issuer, "authority": authority, **client, "scopes": SCOPES})
