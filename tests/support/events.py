"""The sample events in `events/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[2] / "events"

ALICES_ORDER = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
"""The order that most of the events are about."""
BOBS_ORDER = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a2c"
CONNECTION = "JKJaWcFbliACJ-g="
"""The connection that the WebSocket events come from."""


def event(name: str) -> dict[str, Any]:
    """Return a new copy of the event in `events/<name>.json`."""
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return read


def place_order(body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a request to place an order with this body, text or anything that JSON can hold."""
    return request("http_place_order", body, headers)


def request(name: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a sample request with another body and further headers."""
    changed = event(name)
    if body is not None:
        changed["body"] = body if isinstance(body, str) else json.dumps(body)
    changed["headers"] |= headers or {}
    return changed


def frame(body: Any) -> dict[str, Any]:
    """Return a WebSocket message with this body, text or anything that JSON can hold."""
    return event("websocket_ping") | {"body": body if isinstance(body, str) else json.dumps(body)}


def sqs(*bodies: str) -> dict[str, Any]:
    """Return a batch of SQS messages; the ids of messages and receipts are ``message-<n>`` and ``receipt-<n>``."""
    (sample,) = event("sqs_wake_up")["Records"]
    ids = [
        {"messageId": f"message-{n}", "receiptHandle": f"receipt-{n}", "body": body} for n, body in enumerate(bodies)
    ]
    return {"Records": [sample | changed for changed in ids]}
