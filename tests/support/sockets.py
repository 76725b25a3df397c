"""A WebSocket client that uses none of our code: send a frame, receive frames up to the one that is waited for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from websockets.sync.client import ClientConnection

from local.cloud import LocalCloud
from tests.support.cloud import TERMINAL, Message, messages_until
from tests.support.stored import scan


def say(connection: ClientConnection, action: str, **fields: Any) -> str:
    """Send a frame and return the id that its answer will carry."""
    request_id = str(uuid4())
    connection.send(json.dumps({"action": action, "requestId": request_id, **fields}))
    return request_id


def ask(connection: ClientConnection, action: str, **fields: Any) -> Message:
    """Send a frame and return its answer; what comes before it is dropped."""
    request_id = say(connection, action, **fields)
    return messages_until(connection, lambda message: message.get("requestId") == request_id)[-1]


def subscribe(connection: ClientConnection, **target: Any) -> list[Message]:
    """Subscribe and return what comes with it: the confirmation, and for an order the snapshot; or an error."""
    say(connection, "subscribe", **target)
    last = "snapshot" if "orderId" in target else "subscribed"
    return messages_until(connection, lambda message: message["type"] in (last, "error"))


def events_in(messages: Iterable[Message], order_id: str | None = None) -> list[Message]:
    """Return the events in messages, of one order or of the only one, each once, as a client keeps them."""
    events: dict[int, Message] = {}
    for message in messages:
        if order_id not in (None, message.get("orderId")):
            continue
        for event in message["events"] if message["type"] == "snapshot" else [message]:
            if "seq" in event:
                events.setdefault(event["seq"], {name: event[name] for name in ("seq", "status", "timestamp", "data")})
    return list(events.values())


def receive_to_the_end(connection: ClientConnection, after_seq: int = 0) -> list[Message]:
    """Read until an order has ended and nothing is missing; return its events after `after_seq`, in order.

    An event may come both live and in a snapshot, and either first, so clients go by `seq`, as this does.
    """
    messages: list[Message] = []
    events: list[Message] = []
    while not events or events[-1]["status"] not in TERMINAL or len(events) < events[-1]["seq"] - after_seq:
        messages += messages_until(connection, lambda message: True)
        known = sorted(events_in(messages), key=lambda event: int(event["seq"]))
        events = [event for event in known if event["seq"] > after_seq]
    return events


def rows_by_connection(cloud: LocalCloud) -> dict[str, set[str]]:
    """Return what the connections table holds: the partition keys of each connection's rows."""
    rows: dict[str, set[str]] = {}
    for row in scan(cloud, "ConnectionsTableName"):
        rows.setdefault(row["connectionId"]["S"], set()).add(row["target"]["S"])
    return rows
