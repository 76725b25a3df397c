"""How to sign in at an engine: what it says itself, and where its authority's endpoints are (OIDC discovery)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from orders_client.auth.confidentiality import require_confidential
from orders_client.errors import OrdersError
from orders_client.retries import Retries, json_of, send_with_retries
from orders_client.wire import decoding

_DISCOVERY = "/.well-known/openid-configuration"
_FEW_RETRIES = Retries(attempts=2)


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """How to sign in at an engine, as its `/assets/sign-in.json` says.

    Args:
        mode: ``none`` where authentication is off.
        authority: where people sign in and tokens come from.
        client_id: the public client that browsers and this command line are there.
        scopes: what they ask for.
    """

    mode: str
    authority: str = ""
    client_id: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether nobody has to sign in."""
        return self.mode == "none"


@dataclass(frozen=True, slots=True)
class Authority:
    """The endpoints of an authority. The last two may be absent."""

    url: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str | None = None
    offers_offline_access: bool = False


def sign_in_settings(http: httpx.Client, address: str) -> SignInSettings:
    """Ask the engine at an address how to sign in. Raises `OrdersError`."""
    url = f"{address}/assets/sign-in.json"
    body = _get(http, url)
    with decoding(f"what {url} says about signing in"):
        return SignInSettings(
            mode=str(body["mode"]),
            authority="" if body["mode"] == "none" else str(body["authority"]),
            client_id=body.get("clientId"),
            scopes=tuple(map(str, body.get("scopes", ()))),
        )


def discover(http: httpx.Client, authority: str) -> Authority:
    """Ask an authority for its endpoints. Raises `OrdersError`, also where tokens would travel in the clear."""
    body = _get(http, require_confidential(authority.rstrip("/")) + _DISCOVERY)
    with decoding(f"the endpoints of {authority}"):
        endpoint, revocation = body["token_endpoint"], body.get("revocation_endpoint")
        return Authority(
            url=authority,
            authorization_endpoint=require_confidential(body["authorization_endpoint"]),
            token_endpoint=require_confidential(endpoint),
            revocation_endpoint=require_confidential(revocation) if revocation else None,
            offers_offline_access="offline_access" in body.get("scopes_supported", ()),
        )


def _get(http: httpx.Client, url: str) -> dict[str, Any]:
    try:
        return json_of(send_with_retries(http, _FEW_RETRIES, http.build_request("GET", url)))
    except httpx.InvalidURL as error:
        raise OrdersError(f"{url!r} is no address.", "It begins with http:// or https://.") from error
