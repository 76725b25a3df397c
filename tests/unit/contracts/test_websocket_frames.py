"""What clients may say over a WebSocket: in the address of the connection, and in frames."""

from __future__ import annotations

from typing import Any

import pytest

from order_engine.application.ports import Subscription
from order_engine.contracts.fields import read
from order_engine.contracts.websocket import ConnectQuery, OneOrder, Ping, Subscribe
from order_engine.domain.errors import InvalidOrder

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


def faults(model: Any, fields: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(InvalidOrder) as refused:
        read(model, fields)
    return {(error.field, error.code) for error in refused.value.errors}


@pytest.mark.parametrize(
    ("query", "user", "subscription"),
    [
        ({}, None, None),
        ({"orderId": ID}, None, Subscription(f"order#{ID}", "c")),
        ({"orderId": ID.upper()}, None, Subscription(f"order#{ID}", "c")),
        ({"orderId": ID, "afterSeq": "3"}, None, Subscription(f"order#{ID}", "c", 3)),
        ({"orderId": ID}, "alice", Subscription(f"order#{ID}", "c", 0, "alice")),
        ({"channel": "all"}, None, Subscription("all", "c")),
        ({"channel": "all", "afterSeq": "3"}, None, Subscription("all", "c", 0)),
        ({"channel": "all"}, "alice", Subscription("all", "c", 0, "alice")),
        ({"channel": "user"}, None, Subscription("user#anonymous", "c")),
        ({"channel": "user", "userId": "bob"}, None, Subscription("user#bob", "c")),
        ({"channel": "user", "userId": "bob"}, "alice", Subscription("user#alice", "c", 0, "alice")),
    ],
)
def test_an_address_can_name_what_to_listen_to(
    query: dict[str, str], user: str | None, subscription: Subscription | None
) -> None:
    assert read(ConnectQuery, query).subscription("c", user) == subscription


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"orderId": "42"}, ("orderId", "invalid_order_id")),
        ({"orderId": ""}, ("orderId", "invalid_order_id")),
        ({"channel": "everything"}, ("channel", "unsupported_value")),
        ({"orderId": ID, "channel": "all"}, ("", "ambiguous_target")),
        ({"orderId": ID, "afterSeq": "-1"}, ("afterSeq", "invalid_value")),
        ({"orderId": ID, "afterSeq": "x"}, ("afterSeq", "invalid_value")),
        ({"orderId": ID, "afterSeq": "10001"}, ("afterSeq", "invalid_value")),
        ({"order": ID}, ("order", "unknown_field")),
    ],
)
def test_any_other_address_is_refused(query: dict[str, str], fault: tuple[str, str]) -> None:
    assert faults(ConnectQuery, query) == {fault}


@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_a_frame_can_subscribe_and_unsubscribe(action: str) -> None:
    fields = {"action": action, "orderId": ID, "afterSeq": 3, "requestId": "r-1"}
    assert read(Subscribe, fields).subscription("c", None) == Subscription(f"order#{ID}", "c", 3)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, ("", "ambiguous_target")),
        ({"orderId": ID, "channel": "all"}, ("", "ambiguous_target")),
        ({"orderId": 42}, ("orderId", "invalid_type")),
        ({"orderId": ID, "afterSeq": "3"}, ("afterSeq", "invalid_type")),
        ({"orderId": ID, "afterSeq": True}, ("afterSeq", "invalid_type")),
        ({"orderId": ID, "afterSeq": 1.5}, ("afterSeq", "invalid_type")),
        ({"orderId": ID, "requestId": 5}, ("requestId", "invalid_type")),
        ({"orderId": ID, "requestId": "x" * 129}, ("requestId", "invalid_value")),
        ({"channel": ["all"]}, ("channel", "unsupported_value")),
        ({"orderId": ID, "filter": "x"}, ("filter", "unknown_field")),
    ],
)
def test_any_other_subscription_is_refused(fields: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults(Subscribe, {"action": "subscribe", **fields}) == {fault}


@pytest.mark.parametrize("action", ["get_order", "cancel_order"])
def test_a_frame_can_be_about_one_order(action: str) -> None:
    assert read(OneOrder, {"action": action, "orderId": ID.upper()}).order_id == ID
    assert faults(OneOrder, {"action": action}) == {("orderId", "missing_field")}
    assert faults(OneOrder, {"action": action, "orderId": "42"}) == {("orderId", "invalid_order_id")}


def test_a_ping_is_nothing_else() -> None:
    assert read(Ping, {"action": "ping", "requestId": "r"}).request_id == "r"
    assert faults(Ping, {"action": "ping", "orderId": ID}) == {("orderId", "unknown_field")}
