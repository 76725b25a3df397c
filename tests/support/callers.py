"""Callers of tests."""

from __future__ import annotations

from datetime import UTC, datetime

from order_engine.application.identity import Scope, User

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
