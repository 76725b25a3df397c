"""What clients ask for over a WebSocket: in the query of the connection, and in frames."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_engine.application.identity import ANYONE, Caller
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Subscription
from order_engine.application.socket_session import (
    CancelRequest,
    Connection,
    GetRequest,
    PingRequest,
    PlaceRequest,
    Request,
    SubscribeRequest,
    UnreadableFrame,
    UnsubscribeRequest,
)
from order_engine.contracts.json_body import BodyTooLarge, MalformedJson
from order_engine.contracts.problems import UnknownAction
from order_engine.contracts.socket_requests import ACTIONS, FrameContext, first_subscription, read_frame
from order_engine.domain.errors import InvalidOrder
from tests.corpus.frames import LONGEST_MESSAGE, frames
from tests.support.callers import ALICE
from tests.support.orders import terms

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
ANYBODY = FrameContext(caller=ANYONE, correlation_id="request-1", default_slippage="0.01")
ALICES = FrameContext(caller=ALICE, correlation_id="request-1", default_slippage="0.01")
ORDER = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}


def read(fields: Any, context: FrameContext = ANYBODY) -> Request:
    return read_frame(json.dumps(fields), context)


def unreadable(fields: Any) -> UnreadableFrame:
    request = read(fields)
    assert isinstance(request, UnreadableFrame)
    return request


def faults_of(error: Exception) -> set[tuple[str, str]]:
    assert isinstance(error, InvalidOrder)
    return {(fault.field, fault.code) for fault in error.errors}


def faults(fields: dict[str, Any]) -> set[tuple[str, str]]:
    return faults_of(unreadable(fields).error)


# --- The query of a connection ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "caller", "subscription"),
    [
        ({}, ANYONE, None),
        ({"orderId": ID}, ANYONE, Subscription(f"order#{ID}", "c")),
        ({"orderId": ID.upper()}, ANYONE, Subscription(f"order#{ID}", "c")),
        ({"orderId": ID, "afterSeq": "3"}, ANYONE, Subscription(f"order#{ID}", "c", 3)),
        ({"orderId": ID}, ALICE, Subscription(f"order#{ID}", "c", 0, ALICE)),
        ({"channel": "all"}, ANYONE, Subscription("all", "c")),
        ({"channel": "all", "afterSeq": "3"}, ANYONE, Subscription("all", "c", 0)),
        ({"channel": "all"}, ALICE, Subscription("all", "c", 0, ALICE)),
        ({"channel": "user"}, ANYONE, Subscription("user#anonymous", "c")),
        ({"channel": "user", "userId": "bob"}, ANYONE, Subscription("user#bob", "c")),
        ({"channel": "user"}, ALICE, Subscription("user#alice", "c", 0, ALICE)),
        ({"channel": "user", "userId": "bob"}, ALICE, Subscription("user#bob", "c", 0, ALICE)),
        ({"orderId": ID, "ticket": "x" * 128}, ALICE, Subscription(f"order#{ID}", "c", 0, ALICE)),
        ({"ticket": ""}, ANYONE, None),
    ],
)
def test_a_query_can_name_what_to_subscribe_to(
    query: dict[str, str], caller: Caller, subscription: Subscription | None
) -> None:
    assert first_subscription(query, Connection("c", caller)) == subscription


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
        ({"ticket": "x" * 129}, ("ticket", "invalid_value")),
    ],
)
def test_any_other_query_is_refused(query: dict[str, str], fault: tuple[str, str]) -> None:
    with pytest.raises(InvalidOrder) as refused:
        first_subscription(query, Connection("c", ANYONE))
    assert faults_of(refused.value) == {fault}


# --- Frames -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "context", "request_"),
    [
        ({"orderId": ID, "afterSeq": 3}, ANYBODY, SubscribeRequest(f"order#{ID}", 3)),
        ({"orderId": ID.upper()}, ANYBODY, SubscribeRequest(f"order#{ID}")),
        ({"channel": "all", "afterSeq": 3}, ANYBODY, SubscribeRequest("all")),
        ({"channel": "user"}, ANYBODY, SubscribeRequest("user#anonymous")),
        ({"channel": "user", "userId": "bob"}, ANYBODY, SubscribeRequest("user#bob")),
        ({"channel": "user"}, ALICES, SubscribeRequest("user#alice")),
        ({"channel": "user", "userId": "bob"}, ALICES, SubscribeRequest("user#bob")),
    ],
)
def test_a_frame_can_subscribe_and_unsubscribe(
    fields: dict[str, Any], context: FrameContext, request_: SubscribeRequest
) -> None:
    assert read({"action": "subscribe", **fields}, context) == request_
    assert read({"action": "unsubscribe", **fields}, context) == UnsubscribeRequest(request_.target)


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
@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_any_other_subscription_is_refused(action: str, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults({"action": action, **fields}) == {fault}


@pytest.mark.parametrize(("action", "kind"), [("get_order", GetRequest), ("cancel_order", CancelRequest)])
def test_a_frame_can_be_about_one_order(action: str, kind: type[GetRequest | CancelRequest]) -> None:
    assert read({"action": action, "orderId": ID.upper(), "requestId": "r"}) == kind(ID, request_id="r")
    assert faults({"action": action}) == {("orderId", "missing_field")}
    assert faults({"action": action, "orderId": "42"}) == {("orderId", "invalid_order_id")}


def test_a_ping_is_nothing_else() -> None:
    assert read({"action": "ping", "requestId": "r"}) == PingRequest(request_id="r")
    assert faults({"action": "ping", "orderId": ID}) == {("orderId", "unknown_field")}


def test_a_frame_can_place_an_order_that_keeps_the_frames_correlation_id() -> None:
    placed = read({"action": "execute_order", "requestId": "r", **ORDER, "clientOrderId": "mine"}, ALICES)
    command = PlaceOrder(ALICE, terms("1.5"), "mine", "mine", "request-1")
    assert placed == PlaceRequest(command, request_id="r")


def test_an_order_without_slippage_has_the_default_of_the_deployment() -> None:
    context = FrameContext(ANYONE, "request-1", "0.005")
    placed = read({"action": "execute_order", **ORDER}, context)
    assert placed == PlaceRequest(PlaceOrder(ANYONE, terms("1.5", slippage="0.005"), correlation_id="request-1"))


def test_an_order_that_makes_no_sense_names_each_field() -> None:
    assert faults({"action": "execute_order", **ORDER, "amountIn": "-1", "tokenOut": "DOGE"}) == {
        ("amountIn", "amount_not_positive"),
        ("tokenOut", "unknown_token"),
    }


# --- What can't be understood -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["", "PING", "$connect", "__class__", "x" * 10_000, "\ud800"])
def test_an_unknown_action_is_told_the_known_ones(action: str) -> None:
    request = unreadable({"action": action, "requestId": "r"})
    assert isinstance(request.error, UnknownAction)
    assert all(name in str(request.error) for name in ACTIONS)
    assert request.request_id == "r"


@pytest.mark.parametrize("fields", [{}, {"action": None}, {"action": ["ping"]}, {"action": {"ping": 1}}, {"action": 1}])
def test_an_action_is_a_text(fields: dict[str, Any]) -> None:
    assert isinstance(unreadable(fields).error, UnknownAction)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", MalformedJson),
        ("[]", MalformedJson),
        ('{"action": NaN}', MalformedJson),
        ('{"action": "ping", "action": "ping"}', MalformedJson),
        ("[" * 30_000, MalformedJson),
        (" " * 70_000, BodyTooLarge),
    ],
)
def test_what_is_no_json_object_is_an_unreadable_frame(body: str, error: type[Exception]) -> None:
    request = read_frame(body, ANYBODY)
    assert isinstance(request, UnreadableFrame)
    assert type(request.error) is error
    assert request.request_id is None


@pytest.mark.parametrize("action", ["ping", "dance", "get_order", "subscribe"])
@pytest.mark.parametrize(
    ("request_id", "repeated"),
    [("x" * 129, "x" * 128), ("x" * 20_000, "x" * 128), ("\n", "\n"), ("", ""), (7, None), (True, None), ([], None)],
)
def test_of_a_frame_that_is_wrong_the_request_id_is_repeated_but_not_all_of_it(
    action: str, request_id: Any, repeated: str | None
) -> None:
    assert unreadable({"action": action, "requestId": request_id}).request_id == repeated


def test_every_frame_of_the_corpus_is_a_request() -> None:
    bodies = [frame for _, frame in frames(LONGEST_MESSAGE) if isinstance(frame, str)]
    requests = [read_frame(body, ANYBODY) for body in bodies]
    wellformed = [type(request) for request in requests if not isinstance(request, UnreadableFrame)]
    assert len(requests) > 300
    assert set(wellformed) == {GetRequest, CancelRequest}  # of orders that there are not


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["orderId", "channel", "afterSeq", "userId", "requestId", "amountIn", "tokenIn", "slippage"])
frames_of_any_kind = st.builds(
    lambda action, fields: {"action": action, **fields},
    st.sampled_from([*ACTIONS]) | json_values,
    st.dictionaries(names | st.text(), json_values, max_size=5),
)


@settings(deadline=None)
@given(frames_of_any_kind.map(json.dumps) | st.text())
def test_reading_a_frame_never_raises(body: str) -> None:
    request = read_frame(body, ANYBODY)
    assert isinstance(request, Request)
    assert len(request.request_id or "") <= 128
