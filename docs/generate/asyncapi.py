"""`docs/asyncapi.yaml`: the WebSocket API in AsyncAPI 3.0."""

from __future__ import annotations

from collections.abc import Sequence

from docs.generate.messages import ACTIONS, PUSHED, SERVER, Action, Message
from docs.generate.schemas import QuerySchemas, Schema, reference, schemas
from docs.generate.sent import sent_schemas
from order_engine.contracts.client_frames import ConnectQuery

ABOUT = """\
Every step of an order, live. One connection can watch orders, a user's orders or all of them, and place, read and
cancel orders.

- With authentication on, connect with `?ticket=…` from `POST /api/stream-tickets`, a new one for each connection, or
  with an access token in the `Authorization` header, where a client can send one. Anything else is refused while
  connecting (401 or 403). The connection ends with the token: an `error` with the code `token_expired`, then a close.
- Watching and reading need the scope `orders/read`, `cancel_order` needs `orders/write`, `execute_order` both, and the
  channel `all` needs `orders/admin`. An order of another user is one that there is not: `order_not_found`.
- Connect with `?orderId=<id>`, with `?channel=user` or `?channel=all`, or bare; then send frames, JSON objects with an
  `action`. A `requestId` in a frame comes back in what answers it.
- **Resume**: after a disconnect, subscribe with `afterSeq` set to the last `seq` you have seen. You get what you missed
  and then the live stream; an event may come twice, never not at all: drop what has a `seq` that you know.
- A connection lasts two hours at most. Frames are smaller than 32 KB.
"""


def asyncapi(version: str) -> Schema:
    """Return the document."""
    sent = sent_schemas((message.payload for message in SERVER), discriminator=False)
    accepted = schemas(action.payload for action in ACTIONS)
    query = schemas([ConnectQuery], QuerySchemas)[ConnectQuery.__name__]
    names = [*(action.name for action in ACTIONS), *(message.name for message in SERVER)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Order engine: the live stream",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "localhost:3000",
                "pathname": "/ws",
                "protocol": "ws",
                "description": "The local cloud.",
            },
            "deployed": {
                "host": "{api}.execute-api.{region}.amazonaws.com",
                "pathname": "/{stage}",
                "protocol": "wss",
                "description": "A deployment; its outputs name the address.",
                "variables": {
                    "api": {"default": "abcdefghij"},
                    "region": {"default": "us-east-1"},
                    "stage": {"default": "dev"},
                },
            },
        },
        "channels": {
            "stream": {
                "address": "/",
                "description": "The one connection, for everything.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
                "bindings": {"ws": {"query": query, "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{action.name: _operation(action) for action in ACTIONS},
            "watch": {
                "action": "send",
                "channel": {"$ref": "#/channels/stream"},
                "summary": "What happens to the orders that a connection watches",
                "messages": _in_channel(PUSHED),
            },
        },
        "components": {
            "messages": {
                **{action.name: _frame(action) for action in ACTIONS},
                **{message.name: _message(message) for message in SERVER},
            },
            "schemas": dict(sorted((accepted | sent).items())),
        },
    }


def _operation(action: Action) -> Schema:
    channel = {"$ref": "#/channels/stream"}
    return {
        "action": "receive",
        "channel": channel,
        "summary": action.summary,
        "messages": _in_channel([action.name]),
        "reply": {"channel": channel, "messages": _in_channel(action.answers)},
    }


def _in_channel(names: Sequence[str]) -> list[Schema]:
    return [{"$ref": f"#/channels/stream/messages/{name}"} for name in names]


def _frame(action: Action) -> Schema:
    payload = {"allOf": [reference(action.payload), {"properties": {"action": {"const": action.name}}}]}
    sent = [{"action": action.name, **example} for example in action.examples]
    return {"summary": action.summary, "payload": payload, "examples": [{"payload": frame} for frame in sent]}


def _message(message: Message) -> Schema:
    shown = [{"payload": dict(example)} for example in message.examples]
    return {"payload": reference(message.payload), "examples": shown}
