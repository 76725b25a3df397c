"""Callers of tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import Scope, User
from order_engine.contracts.identity import context_of

NEVER = datetime(2100, 1, 1, tzinfo=UTC)
"""When the tokens of tests end, unless they are to."""


def user(name: str, *scopes: Scope, expires_at: datetime = NEVER) -> User:
    """Return a user with these scopes and no others."""
    return User(name, frozenset(scopes), expires_at)


def trader(name: str, expires_at: datetime = NEVER) -> User:
    """Return a user who may read and place orders of his own."""
    return user(name, Scope.READ, Scope.WRITE, expires_at=expires_at)


def administrator(name: str = "olga") -> User:
    """Return a trader who may read everybody's orders."""
    return user(name, *Scope)


ALICE, BOB, MALLORY, OLGA = trader("alice"), trader("bob"), trader("mallory"), administrator()


def claims_of(caller: User) -> dict[str, str]:
    """Return the claims of the caller's access token from Cognito, as API Gateway's JWT authorizer hands them on."""
    return {
        "sub": caller.user_id,
        "token_use": "access",
        "scope": " ".join(["openid", *sorted(caller.scopes)]),
        "exp": str(int(caller.expires_at.timestamp())),
        "iss": "https://issuer.example.org",
        "client_id": "browser",
    }


def over_http(caller: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return an HTTP request as the gateway passes it on when this caller sends it."""
    given["requestContext"]["authorizer"] = {"jwt": {"claims": claims_of(caller), "scopes": None}}
    return given


def over_websocket(caller: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return a WebSocket event of a connection that this caller has opened."""
    given["requestContext"]["authorizer"] = {"principalId": caller.user_id, "integrationLatency": 7} | context_of(
        caller
    )
    return given


@dataclass
class KnownTokens:
    """`TokenVerifier` that takes these tokens for good ones.

    Args:
        claims: of each token.
    """

    claims: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def verify(self, token: str) -> Mapping[str, Any]:
        if token not in self.claims:
            raise Unauthenticated("The access token is not valid.")
        return self.claims[token]
