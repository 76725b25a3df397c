"""Identities as the gateways hand them to functions: claims of an access token, or the context of an authorizer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import ANONYMOUS, AuthMode, User, scopes_in

_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")
"""OpenID Connect Core 1.0, 2: at most 255 ASCII characters."""
_ACCESS = "access"


def user_from_claims(claims: object, mode: AuthMode) -> User:
    """Return the user of an access token.

    An ID token says who somebody is, and permits nothing; Cognito marks which is which by `token_use`. Other issuers
    have no such claim, and their ID tokens are for another audience.

    Args:
        claims: of the payload; API Gateway makes a string of each.

    Raises:
        Unauthenticated: they are none of an access token.
    """
    if not isinstance(claims, Mapping):
        raise Unauthenticated
    if claims.get("token_use", None if mode is AuthMode.COGNITO else _ACCESS) != _ACCESS:
        raise Unauthenticated("This needs an access token; another kind of token was sent.")
    return _user(claims.get("sub"), {*_words(claims.get("scope")), *_words(claims.get("scp"))}, claims.get("exp"))


def user_from_context(context: object) -> User:
    """Return the user of a connection, from what `context_of` wrote. Raises `Unauthenticated` for anything else."""
    if not isinstance(context, Mapping):
        raise Unauthenticated
    return _user(context.get("subject"), set(_words(context.get("scope"))), context.get("expiresAt"))


def context_of(user: User) -> dict[str, str]:
    """Return what the WebSocket authorizer tells the functions behind it."""
    return {
        "subject": user.user_id,
        "scope": " ".join(sorted(user.scopes)),
        "expiresAt": str(int(user.expires_at.timestamp())),
    }


def _user(subject: object, scopes: set[str], expires: object) -> User:
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject) or subject == ANONYMOUS:
        raise Unauthenticated  # an issuer's user of that name would own the orders placed without authentication
    return User(subject, scopes_in(scopes), _time(expires))


def _time(seconds: object) -> datetime:
    """Return a NumericDate (RFC 7519, 2). Raises `Unauthenticated` for anything else, and for none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        raise Unauthenticated
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unauthenticated from None


def _words(value: Any) -> list[str]:
    """Return the scopes in a claim: separated by spaces, or a list, which the gateway writes as `[a b]`."""
    if isinstance(value, str):
        return value.removeprefix("[").removesuffix("]").split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
