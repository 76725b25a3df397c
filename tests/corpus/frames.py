"""WebSocket frames that have to be answered with an error, and queries that no connection is opened for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.corpus.http import ID
from tests.corpus.json_texts import BYTES, GOOD, TEXTS
from tests.corpus.orders import ORDERS

LONGEST = 32 * 1024
"""Bytes in a frame; API Gateway closes the connection over a longer one."""

LONGEST_MESSAGE = 128 * 1024
"""Bytes in the message that API Gateway makes of a client's frames, and gives to the function."""


def frames(longest: int = LONGEST) -> Iterator[tuple[str, str | bytes]]:
    """Yield all frames of up to so many bytes with their names."""
    for name, text in TEXTS.items():
        if len(text.encode()) <= longest:
            yield f"text: {name}", text
    for name, content in BYTES.items():
        yield f"binary: {name}", content
    for name, order in list(ORDERS.items())[::4]:  # HTTP has them all, and they are read by the same code
        if len(text := json.dumps({**order, "action": "execute_order"})) <= longest:
            yield f"order: {name}", text
    for name, frame in _FRAMES.items():
        yield name, json.dumps(frame)


_ACTIONS: tuple[Any, ...] = (
    None, True, 0, 1.5, [], {}, "", " ", "order", "PING", "ping ", "\0", "\ud800", "\U0001f680", "$connect",
    "$disconnect", "$default", "__class__", "__proto__", "x" * 10_000, ["ping"], {"action": "ping"},
)  # fmt: skip
_IDS: tuple[Any, ...] = (
    None, True, 7, [], {}, [ID], "", "nonsense", ID[:-1], ID + "0", "{" + ID + "}", ID.replace("-", ""), ID + "\0",
    ID + "\n", " " + ID, "\ud800", "\U0001f680", "x" * 10_000,
)  # fmt: skip
_REQUEST_IDS: tuple[Any, ...] = (True, 7, [], {}, "", "\0", "\n", "\ud800", "\U0001f680", "x" * 129, "x" * 20_000)
_AFTER: tuple[Any, ...] = (None, True, "", "1", "x", -1, 1.5, 10_001, 10**400, [], {}, "1e1")
_CHANNELS: tuple[Any, ...] = (True, 7, [], {}, "", "ALL", "everything", "\0", "\ud800", "order#" + ID)

_FRAMES: dict[str, dict[str, Any]] = {
    "no action": {},
    "only a request id": {"requestId": "1"},
    "an order without action": GOOD,
    **{f"action {_short}": {"action": action} for action in _ACTIONS for _short in [repr(action)[:30]]},
    **{
        f"{action} {_short}": {"action": action, "orderId": order_id}
        for action in ("subscribe", "unsubscribe", "get_order", "cancel_order")
        for order_id in _IDS
        for _short in [repr(order_id)[:30]]
    },
    **{
        f"{action} without id": {"action": action}
        for action in ("subscribe", "unsubscribe", "get_order", "cancel_order")
    },
    **{f"{action} unknown": {"action": action, "orderId": ID} for action in ("get_order", "cancel_order")},
    **{
        f"request id {_short}": {"action": "ping", "requestId": request_id}
        for request_id in _REQUEST_IDS
        for _short in [repr(request_id)[:30]]
    },
    **{
        f"after {_short}": {"action": "subscribe", "orderId": ID, "afterSeq": after}
        for after in _AFTER
        for _short in [repr(after)[:30]]
    },
    **{
        f"channel {_short}": {"action": "subscribe", "channel": channel}
        for channel in _CHANNELS
        for _short in [repr(channel)[:30]]
    },
    "order and channel": {"action": "subscribe", "orderId": ID, "channel": "all"},
    "unknown field": {"action": "subscribe", "channel": "all", "x": 1},
    "ping with more": {"action": "ping", "x": 1},
    "user with a null byte": {"action": "subscribe", "channel": "user", "userId": "a\0"},
    "wrapped order": {"action": "execute_order", "order": GOOD},
}

QUERIES: tuple[str, ...] = (
    "orderId=",
    "orderId=nonsense",
    f"orderId={ID}0",
    "orderId=%00",
    "orderId=%F0%9F%9A%80",
    f"orderId={ID}&channel=all",
    "channel=",
    "channel=ALL",
    "channel=%00",
    "channel=all&afterSeq=-1",
    "channel=all&afterSeq=x",
    f"orderId={ID}&afterSeq=10001",
    f"orderId={ID}&afterSeq=1.5",
    f"orderId={ID}&afterSeq=" + "9" * 400,
    "userId=%00&channel=user",
    "userId=" + "x" * 129,
    "ticket=" + "x" * 129,
    f"ticket=x&orderId={ID}0",
    "unknown=1",
    "&".join(f"q{number}=1" for number in range(200)),
)
