"""The message on the order queue: ``{"orderId", "correlationId"?}``.

Fields added by later versions are ignored, so that versions can be mixed.
"""

from __future__ import annotations

import json
from uuid import UUID

from order_engine.application.errors import UnreadableMessage


class JsonWakeUpCodec:
    """`WakeUpCodec`: messages as JSON text."""

    def encode(self, order_id: str, correlation_id: str | None = None) -> str:
        """Return the message for an order."""
        body = {"orderId": order_id}
        if correlation_id:
            body["correlationId"] = correlation_id
        return json.dumps(body)

    def decode(self, body: str) -> str:
        """Return the id of the order that a message is about, in its canonical form. Raises `UnreadableMessage`."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableMessage(f"it is not JSON: {error}") from error
        order_id = message.get("orderId") if isinstance(message, dict) else None
        if not isinstance(order_id, str):
            raise UnreadableMessage("it is no JSON object with an orderId")
        try:
            return str(UUID(order_id))
        except ValueError as error:
            raise UnreadableMessage("its orderId is no UUID") from error
