"""The codes of the API's errors, each with its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping

STATUS_BY_CODE: Mapping[str, int] = {
    "invalid_json": 400,
    "duplicate_key": 400,
    "not_an_object": 400,
    "invalid_order_id": 400,
    "unknown_action": 400,
    "unauthenticated": 401,
    "token_expired": 401,
    "insufficient_scope": 403,
    "user_id_mismatch": 403,
    "order_not_found": 404,
    "route_not_found": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "idempotency_conflict": 409,
    "too_late_to_cancel": 409,
    "not_connected": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "rate_limited": 429,
    "too_many_subscriptions": 429,
    "internal_error": 500,
    "service_unavailable": 503,
}
