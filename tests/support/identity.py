"""Who tests are, on a cloud with authentication or without, so that the same test runs on both.

Where authentication is off, a request names its user and sends no token. Where it is on, the user is the token's
subject, and may be named as well. So tests name users where they need them, and always send these headers.
"""

from __future__ import annotations

from functools import cache

from local.cloud import LocalCloud
from order_engine.application.identity import ANONYMOUS, ANYONE, Caller, Scope, User
from tests.support.callers import NEVER
from tests.support.tokens import TRADE, access_token, bearer, claims, mint

EVERY_SCOPE = " ".join(Scope)


def identity_headers(cloud: LocalCloud, user_id: str | None = None, scope: str = TRADE) -> dict[str, str]:
    """Return what a request or a handshake of a user must send: of one with this id, or of the administrator olga."""
    return bearer(token(cloud, user_id, scope)) if authenticates(cloud) else {}


def environment(cloud: LocalCloud) -> dict[str, str]:
    """Return the variables with which the command line is an administrator."""
    return {"ORDERS_TOKEN": token(cloud)} if authenticates(cloud) else {}


def own_id(cloud: LocalCloud) -> str:
    """Return whose orders those are that are placed with `identity_headers(cloud)`, and name nobody."""
    return str(claims(token(cloud))["sub"]) if authenticates(cloud) else ANONYMOUS


def administrator(cloud: LocalCloud) -> Caller:
    """Return the caller whom the functions take the sender of `identity_headers(cloud)` for."""
    return User(own_id(cloud), frozenset(Scope), NEVER) if authenticates(cloud) else ANYONE


def authenticates(cloud: LocalCloud) -> bool:
    """Return whether a request without a token is refused."""
    return cloud.auth_mode != "none"


@cache
def token(cloud: LocalCloud, user_id: str | None = None, scope: str = TRADE) -> str:
    """Return an access token: of olga, had by signing in; or of a user with this id, signed with the pool's key."""
    return access_token(cloud, "olga") if user_id is None else mint(cloud, sub=user_id, scope=scope)
