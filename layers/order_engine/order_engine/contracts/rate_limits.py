"""Rate limits as response headers (IETF draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from order_engine.application.errors import RateLimited
from order_engine.application.ports import RATE_WINDOW, Allowance


def allowance_headers(allowance: Allowance | None) -> dict[str, str]:
    """Say how many orders are left; nothing where there is no limit."""
    if allowance is None:
        return {}
    return {
        "RateLimit-Policy": f'"orders";q={allowance.limit};w={RATE_WINDOW}',
        "RateLimit": f'"orders";r={allowance.remaining};t={allowance.resets_in}',
    }


def refusal_headers(refusal: RateLimited) -> dict[str, str]:
    """Say that none is left, and when there will be."""
    allowance = Allowance(refusal.limit, 0, refusal.retry_after)
    return {"Retry-After": str(refusal.retry_after), **allowance_headers(allowance)}
