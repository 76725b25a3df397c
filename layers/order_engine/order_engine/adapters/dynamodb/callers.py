"""How callers are written into items: of tickets, connections and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from order_engine.application.identity import ANYONE, Caller, User, scopes_in

_LONG_AGO = datetime.fromtimestamp(0, UTC)


def caller_attributes(caller: Caller) -> dict[str, Any]:
    """Return the attributes that say who it is; none for anyone."""
    if not isinstance(caller, User):
        return {}
    return {
        "userId": {"S": caller.user_id},
        "scopes": {"S": " ".join(sorted(caller.scopes))},
        "tokenExpiresAt": {"N": str(int(caller.expires_at.timestamp()))},
    }


def caller_in(item: Mapping[str, Any]) -> Caller:
    """Return the caller that the attributes say; one of whom only the name is known may do nothing."""
    if "userId" not in item:
        return ANYONE
    expires = item["tokenExpiresAt"]["N"] if "tokenExpiresAt" in item else None
    return User(
        item["userId"]["S"],
        scopes_in(item["scopes"]["S"].split() if "scopes" in item else ()),
        datetime.fromtimestamp(int(expires), UTC) if expires is not None else _LONG_AGO,
    )
