"""Who sent an event: the one place where a Lambda event becomes a caller, over HTTP and WebSocket alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from order_engine.application.identity import ANYONE, AuthMode, Caller, check_valid
from order_engine.contracts.identity import user_from_claims, user_from_context


def http_caller(event: Mapping[str, Any], mode: AuthMode, now: datetime) -> Caller:
    """Return who sent an HTTP request, from the claims that the gateway's JWT authorizer has verified.

    Raises:
        Unauthenticated: authentication is on, and the event carries no valid identity.
        TokenExpired: the token has ended.
    """
    if not mode.authenticates:
        return ANYONE
    return _valid(user_from_claims(_part(_part(_authorizer(event), "jwt"), "claims"), mode), mode, now)


def connected_caller(event: Mapping[str, Any], mode: AuthMode, now: datetime) -> Caller:
    """Return who opens a WebSocket connection, from the context of its authorizer. Raises as `http_caller` does."""
    return _valid(frame_sender(event, mode), mode, now)


def frame_sender(event: Mapping[str, Any], mode: AuthMode) -> Caller:
    """Return who opened the connection of a frame; his token may have ended since. Raises `Unauthenticated`."""
    return user_from_context(_authorizer(event)) if mode.authenticates else ANYONE


def _valid(caller: Caller, mode: AuthMode, now: datetime) -> Caller:
    check_valid(caller, mode, now)
    return caller


def _authorizer(event: Mapping[str, Any]) -> object:
    return _part(event.get("requestContext"), "authorizer")


def _part(whole: object, name: str) -> object:
    return whole.get(name) if isinstance(whole, Mapping) else None
