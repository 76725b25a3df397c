"""The tokens that an authority gives, and what they say of their owner."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_EARLY = timedelta(seconds=10)
"""How long before its end a token is replaced: the engine's clock may be ahead, and a request takes time."""

_NAME_CLAIMS = ("cognito:username", "preferred_username", "username", "email", "name", "client_id", "azp")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a grant gives.

    Args:
        expires_at: when the access token ends; None where nothing says so.
        refresh_token: gets new ones; client credentials have none.
        name: the user's name, from the ID token.
    """

    access_token: str = field(repr=False)
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    name: str | None = None

    @property
    def have_expired(self) -> bool:
        """Whether the access token is known to have ended."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    @property
    def are_about_to_expire(self) -> bool:
        """Whether it is time for another access token."""
        return self.expires_at is not None and self.expires_at - _EARLY <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an access token is for, by its own words: nothing here is verified, the engine does that."""

    subject: str | None
    name: str | None
    scopes: tuple[str, ...]
    expires_at: datetime | None

    @property
    def has_expired(self) -> bool:
        """Whether the access token is known to have ended."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


def identity_of(access_token: str) -> Identity:
    """Return what an access token says of itself; nothing where it is opaque."""
    claims = claims_of(access_token)
    scopes = claims.get("scope", claims.get("scp", ()))
    return Identity(
        subject=_text(claims.get("sub")),
        name=name_in(claims),
        scopes=tuple(scopes.split() if isinstance(scopes, str) else map(str, scopes)),
        expires_at=_moment(claims.get("exp")),
    )


def tokens_from(body: Mapping[str, Any]) -> Tokens:
    """Read a token response (RFC 6749, 5.1). Raises KeyError where it has no access token."""
    access_token = str(body["access_token"])
    return Tokens(
        access_token=access_token,
        expires_at=_moment(body.get("expires_at")) or identity_of(access_token).expires_at,
        refresh_token=_text(body.get("refresh_token")),
        name=name_in(claims_of(str(body.get("id_token", "")))),
    )


def claims_of(token: str) -> Mapping[str, Any]:
    """Return the claims of a JWT without verifying it; none where it is no JWT."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def name_in(claims: Mapping[str, Any]) -> str | None:
    """Return the name of the user, or of the client, that claims are about."""
    return next((_text(claims[claim]) for claim in _NAME_CLAIMS if claims.get(claim)), None)


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
