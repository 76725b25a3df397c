"""`docs/asyncapi.yaml`: the WebSocket API in AsyncAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from docs.generate import examples, messages
from docs.generate.errors import unknown_order
from docs.generate.schemas import AcceptedSchemas, MessageSchemas, Schema, reference, schemas
from order_engine.application.messages import error, snapshots, status_update, subscribed
from order_engine.application.targets import ALL, describe, order_target
from order_engine.contracts.views import order_view
from order_engine.contracts.websocket import ConnectQuery, OneOrder, Ping, Subscribe
from order_engine.domain.events import iso

ABOUT = """\
Every step of an order, live. One connection can watch orders, a user's orders or all of them, and place, read and
cancel orders.

- Connect with `?orderId=<id>`, with `?channel=user` or `?channel=all`, or bare; then send frames, JSON objects with an
  `action`. A `requestId` in a frame comes back in what answers it.
- **Resume**: after a disconnect, subscribe with `afterSeq` set to the last `seq` you have seen. You get what you missed
  and then the live stream; an event may come twice, never not at all: drop what has a `seq` that you know.
- A connection lasts two hours at most. Frames are smaller than 32 KB.
"""
_LIVES = examples.lives()
_ORDER, _ID = _LIVES.confirmed, _LIVES.confirmed.id
_TO_ORDER, _TO_ALL = {"orderId": _ID}, {"channel": ALL}


@dataclass(frozen=True, slots=True)
class Message:
    """A kind of message."""

    name: str
    payload: type[BaseModel]
    examples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A frame that clients send, by the name of its action, and the messages that answer it."""

    name: str
    summary: str
    payload: type[BaseModel]
    examples: tuple[Mapping[str, Any], ...]
    answers: tuple[str, ...]


SERVER = (
    Message("subscribed", messages.Subscribed, (subscribed(order_target(_ID)), subscribed(ALL))),
    Message("unsubscribed", messages.Unsubscribed, ({"type": "unsubscribed", **describe(order_target(_ID))},)),
    Message("snapshot", messages.Snapshot, tuple(snapshots(_ORDER, 0))),
    Message("statusUpdate", messages.StatusUpdate, tuple(status_update(_ORDER, event) for event in _ORDER.events)),
    Message(
        "accepted",
        messages.Accepted,
        ({"type": "accepted", **examples.accepted(), "replayed": False, "requestId": "1"},),
    ),
    Message("order", messages.OrderMessage, ({"type": "order", "order": order_view(_ORDER)},)),
    Message("pong", messages.Pong, ({"type": "pong", "timestamp": iso(_ORDER.updated_at)},)),
    Message("error", messages.Error, (error("order_not_found", unknown_order(_ID)["detail"], orderId=_ID),)),
)
ACTIONS = (
    Action(
        "subscribe",
        "Watch an order, or a channel",
        Subscribe,
        ({**_TO_ORDER, "afterSeq": 3}, _TO_ALL),
        ("subscribed", "snapshot", "error"),
    ),
    Action("unsubscribe", "Watch no longer", Subscribe, (_TO_ORDER, _TO_ALL), ("unsubscribed", "error")),
    Action(
        "execute_order",
        "Place an order and watch it",
        messages.ExecuteOrder,
        ({**examples.WISH, "requestId": "1"},),
        ("accepted", "subscribed", "snapshot", "error"),
    ),
    Action("get_order", "Read an order", OneOrder, (_TO_ORDER,), ("order", "error")),
    Action("cancel_order", "Cancel an order", OneOrder, (_TO_ORDER,), ("order", "error")),
    Action("ping", "Ask whether anybody is there", Ping, ({},), ("pong", "error")),
)
PUSHED = ("subscribed", "snapshot", "statusUpdate")


def asyncapi(version: str) -> Schema:
    """Return the document."""
    sent = schemas((message.payload for message in SERVER), MessageSchemas)
    accepted = schemas((action.payload for action in ACTIONS), AcceptedSchemas)
    query = schemas([ConnectQuery], MessageSchemas)[ConnectQuery.__name__]
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


def _in_channel(names: tuple[str, ...] | list[str]) -> list[Schema]:
    return [{"$ref": f"#/channels/stream/messages/{name}"} for name in names]


def _frame(action: Action) -> Schema:
    payload = {"allOf": [reference(action.payload), {"properties": {"action": {"const": action.name}}}]}
    sent = [{"action": action.name, **example} for example in action.examples]
    return {"summary": action.summary, "payload": payload, "examples": [{"payload": frame} for frame in sent]}


def _message(message: Message) -> Schema:
    shown = [{"payload": dict(example)} for example in message.examples]
    return {"payload": reference(message.payload), "examples": shown}
