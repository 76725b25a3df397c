"""Who sent an event: the one place where a Lambda event becomes a caller, over HTTP and WebSocket alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import ANYONE, AuthMode, Caller, User, check_valid, valid_user
from order_engine.contracts.identity import user_from_claims, user_from_context

if TYPE_CHECKING:
    from order_engine.engine import Engine


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
    return _valid(_opener(event, mode), mode, now)


def frame_sender(event: Mapping[str, Any], mode: AuthMode) -> Caller:
    """Return who opened the connection of a frame. His token may have ended since, or nobody may be known at all: the
    session refuses both, and closes the connection.
    """
    try:
        return _opener(event, mode)
    except Unauthenticated:
        return ANYONE


def handshake_user(event: Mapping[str, Any], engine: Engine, mode: AuthMode) -> User:
    """Return who asks for a WebSocket connection: by a ticket, or by an access token as bots can send one.

    Both at once are refused, as they may be two people's.

    Raises:
        Unauthenticated: neither shows who it is, or not any more.
        DependencyUnavailable: the tickets or the issuer's keys can't be read; a ticket may be used up.
    """
    ticket = _part(event.get("queryStringParameters"), "ticket")
    headers = event.get("headers") or {}
    token = {name.lower(): value for name, value in headers.items()}.get("authorization")
    if isinstance(ticket, str) and ticket and token is None:
        caller = engine.stream_tickets.redeem(ticket)
    elif isinstance(token, str) and token and ticket is None:
        caller = user_from_claims(engine.ports.token_verifier.verify(_bearer_token(token)), mode)
    else:
        raise Unauthenticated("A connection needs a ticket or an access token, one of the two.")
    return valid_user(caller, engine.ports.clock.now())


def _bearer_token(header: str) -> str:
    """Return the token in a header (RFC 6750, 2.1)."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header must be: Bearer, a space, the access token.")
    return token.strip()


def _opener(event: Mapping[str, Any], mode: AuthMode) -> Caller:
    return user_from_context(_authorizer(event)) if mode.authenticates else ANYONE


def _valid(caller: Caller, mode: AuthMode, now: datetime) -> Caller:
    check_valid(caller, mode, now)
    return caller


def _authorizer(event: Mapping[str, Any]) -> object:
    return _part(event.get("requestContext"), "authorizer")


def _part(whole: object, name: str) -> object:
    return whole.get(name) if isinstance(whole, Mapping) else None
