"""Every path of the HTTP API and its methods: what a request for anything else is told."""

from __future__ import annotations

import re

METHODS = {
    "/": ("GET",),
    "/assets/{file}": ("GET",),
    "/health": ("GET",),
    "/api/metrics": ("GET",),
    "/api/orders": ("GET", "POST"),
    "/api/orders/execute": ("POST",),
    "/api/orders/{orderId}": ("GET", "DELETE"),
    "/api/orders/{orderId}/history": ("GET",),
}
"""Literal paths come before those they are also an example of."""

_PATTERNS = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in METHODS.items()]


def methods_at(path: str) -> tuple[str, ...]:
    """Return the methods that a path can be asked for with; none where there is no such path."""
    return next((methods for pattern, methods in _PATTERNS if pattern.fullmatch(path)), ())
