"""Queue messages that are no wake-up for an order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.corpus.http import ID
from tests.corpus.json_texts import TEXTS
from tests.corpus.orders import ORDERS

LONGEST = 1024 * 1024
"""Bytes in a message, and in all messages of one request together: more is refused by SQS."""

_NOT_IN_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What SQS refuses: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


def messages() -> Iterator[tuple[str, str]]:
    """Yield all messages with their names; SQS takes each of them."""
    for name, text in TEXTS.items():
        if text.strip() and not _NOT_IN_SQS.search(text):
            yield f"text: {name}", text
    for name, order in list(ORDERS.items())[::2]:
        yield f"order: {name}", json.dumps(order)
    for name, message in _MESSAGES.items():
        yield name, json.dumps(message)


_IDS: tuple[Any, ...] = (
    None, True, 0, 1.5, [], {}, [ID], {"S": ID}, "", " ", "nonsense", ID[:-1], ID + "0", ID + "\0", "\ud800",
    "\U0001f680", "x" * 10_000, "'; DROP TABLE orders; --",
)  # fmt: skip

_CORRELATION_IDS: dict[str, Any] = {
    "of another type": 7, "true": True, "array": [], "object": {}, "too long": "x" * 129, "null byte": "\0",
    "half a surrogate pair": "\ud800",
}  # fmt: skip

_MESSAGES: dict[str, dict[str, Any]] = {
    "other spelling": {"order_id": ID},
    "wrapped": {"detail": {"orderId": ID}},
    "an unknown order": {"orderId": ID},
    "no order has this id": {"orderId": "00000000-0000-0000-0000-000000000000"},
    "as large as can be": {"orderId": ID + "x" * (LONGEST - len(json.dumps({"orderId": ID})))},
    "an unknown order and much more": {"orderId": ID, "x": ["y" * 100] * 2_000},
    "a stream record": {"eventName": "INSERT", "dynamodb": {"NewImage": {"orderId": {"S": ID}}}},
    "an S3 event": {"Records": [{"s3": {"bucket": {"name": "x"}}}]},
    "an SNS envelope": {"Type": "Notification", "Message": json.dumps({"orderId": ID})},
    **{f"correlation id {_name}": {"orderId": ID, "correlationId": _id} for _name, _id in _CORRELATION_IDS.items()},
    **{f"id {_short}": {"orderId": order_id} for order_id in _IDS for _short in [repr(order_id)[:30]]},
}
