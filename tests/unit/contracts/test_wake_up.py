"""The message on the queue: an order id; whatever later versions add is ignored."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from order_engine.contracts.queue import WakeUp

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


@pytest.mark.parametrize(
    ("body", "correlation_id"),
    [
        (f'{{"orderId": "{ID}"}}', None),
        (f'{{"orderId": "{ID}", "correlationId": "request-1"}}', "request-1"),
        (f'{{"orderId": "{ID}", "priority": 1}}', None),
    ],
)
def test_a_message_names_an_order(body: str, correlation_id: str | None) -> None:
    wake_up = WakeUp.model_validate_json(body)
    assert (str(wake_up.order_id), wake_up.correlation_id) == (ID, correlation_id)


@pytest.mark.parametrize(
    "body",
    [
        *("", "wake up!", "null", "[]", "{}", '"' + ID + '"', '{"order": "' + ID + '"}', '{"orderId": null}'),
        *('{"orderId": 42}', '{"orderId": "42"}', '{"orderId": [] }', "[" * 10_000, "\0", '{"orderId": "\\ud800"}'),
        f'{{"orderId": "{ID}", "correlationId": 5}}',
    ],
)
def test_anything_else_is_poison(body: str) -> None:
    with pytest.raises(ValidationError):
        WakeUp.model_validate_json(body)
