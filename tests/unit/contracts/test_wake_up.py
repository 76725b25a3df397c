"""The message on the queue: an order id; whatever later versions add is ignored."""

from __future__ import annotations

import json

import pytest

from order_engine.application.errors import UnreadableMessage
from order_engine.contracts.queue import JsonWakeUpCodec

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
CODEC = JsonWakeUpCodec()


@pytest.mark.parametrize(
    ("correlation_id", "message"),
    [
        (None, {"orderId": ID}),
        ("request-1", {"orderId": ID, "correlationId": "request-1"}),
        ("ünï\0 \ud800", {"orderId": ID, "correlationId": "ünï\0 \ud800"}),
    ],
)
def test_a_message_is_sent_as_json_that_sqs_takes(correlation_id: str | None, message: dict[str, str]) -> None:
    body = CODEC.encode(ID, correlation_id)
    assert json.loads(body) == message
    assert body.isascii()
    assert body.isprintable()
    assert CODEC.decode(body) == ID


@pytest.mark.parametrize(
    "body",
    [
        f'{{"orderId": "{ID}"}}',
        f'{{"orderId": "{ID}", "correlationId": "request-1"}}',
        f'{{"orderId": "{ID}", "priority": 1}}',
        f'{{"orderId": "{ID}", "correlationId": 5}}',
        f'{{"orderId": "{ID}", "correlationId": null}}',
        f'{{"orderId": "{ID.upper()}"}}',
    ],
)
def test_a_message_names_an_order(body: str) -> None:
    assert CODEC.decode(body) == ID


@pytest.mark.parametrize(
    "body",
    [
        *("", "wake up!", "null", "[]", "{}", '"' + ID + '"', '{"order": "' + ID + '"}', '{"orderId": null}'),
        *('{"orderId": 42}', '{"orderId": "42"}', '{"orderId": [] }', "[" * 10_000, "\0", '{"orderId": "\\ud800"}'),
        *('{"orderId": ' + "1" * 5_000 + "}", f'{{"orderId": {{"S": "{ID}"}}}}', "\ud800", "NaN"),
    ],
)
def test_anything_else_is_unreadable_and_the_error_says_why(body: str) -> None:
    with pytest.raises(UnreadableMessage) as unreadable:
        CODEC.decode(body)
    assert str(unreadable.value)
