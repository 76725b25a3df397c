"""Every route of the HTTP API: its methods, and the scopes of which a caller needs one."""

from __future__ import annotations

import re

from order_engine.application.identity import TO_ADMINISTER, TO_READ, TO_WRITE, Scope

OPEN = None
"""Anybody may ask for this: it shows nothing of anybody."""

Access = tuple[Scope, ...] | None

ROUTES: dict[str, dict[str, Access]] = {
    "/": {"GET": OPEN},
    "/assets/{file}": {"GET": OPEN},
    "/health": {"GET": OPEN},
    "/health/deep": {"GET": TO_ADMINISTER},
    "/api/metrics": {"GET": TO_ADMINISTER},
    "/api/stream-tickets": {"POST": TO_READ},
    "/api/orders": {"GET": TO_READ, "POST": TO_WRITE},
    "/api/orders/execute": {"POST": TO_WRITE},
    "/api/orders/{orderId}": {"GET": TO_READ, "DELETE": TO_WRITE},
    "/api/orders/{orderId}/history": {"GET": TO_READ},
}
"""Literal paths come before those they are also an example of."""

_PATTERNS = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in ROUTES.items()]


def methods_at(path: str) -> tuple[str, ...]:
    """Return the methods that a path can be asked for with; none where there is no such path."""
    return tuple(_methods(path))


def is_open(method: str, path: str) -> bool:
    """Return whether a request needs no identity."""
    return _methods(path).get(method, TO_READ) is OPEN


def _methods(path: str) -> dict[str, Access]:
    return next((methods for pattern, methods in _PATTERNS if pattern.fullmatch(path)), {})
