"""Everything a client can send over a WebSocket, and what it receives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import connect

from local.cloud import LocalCloud
from tests.support.cloud import ORDER, TERMINAL, Message, eventually, messages_until
from tests.support.sockets import ask, events_in, receive_to_the_end, rows_by_connection, say, subscribe
from tests.support.stored import append_step, landed_swaps, stopped, stored_events

Place = Callable[..., str]
Ended = Callable[[str], Message]
Socket = Callable[..., Any]

NEVER_REACHED = "999999"
LARGEST_FRAME = 32 * 1024
"""Bytes: API Gateway's limit."""


def confirmed(order_id: str) -> Callable[[Message], bool]:
    return lambda message: (message.get("orderId"), message.get("status")) == (order_id, "confirmed")


class TestActions:
    def test_an_order_is_placed_and_followed_by_one_frame(
        self, cloud: LocalCloud, socket: Socket, ended: Ended
    ) -> None:
        with socket() as connection:
            request_id = say(connection, "execute_order", tokenIn="SOL", tokenOut="USDC", amountIn=5)
            (first,) = messages_until(connection, lambda message: True)
            events = receive_to_the_end(connection)
        assert (first["type"], first["status"], first["success"]) == ("accepted", "pending", True)
        assert (first["requestId"], first["replayed"]) == (request_id, False)
        order = ended(first["orderId"])
        assert events == order["events"]
        assert events[-1]["data"]["txHash"] == order["txHash"]
        assert landed_swaps(cloud, order["id"]) == 1

    def test_the_same_order_twice_is_one(self, socket: Socket, ended: Ended) -> None:
        order = ORDER | {"clientOrderId": f"twice {uuid4()}"}
        with socket() as connection:
            first = ask(connection, "execute_order", **order)
            ended(first["orderId"])
            again = ask(connection, "execute_order", **order)
            conflict = ask(connection, "execute_order", **order | {"amountIn": "7"})
        assert again["replayed"]
        assert again == first | {"requestId": again["requestId"], "replayed": True, "status": "confirmed"}
        assert (conflict["type"], conflict["code"]) == ("error", "idempotency_conflict")

    def test_an_order_is_read(self, api: httpx.Client, socket: Socket, place: Place, ended: Ended) -> None:
        order = ended(place())
        with socket() as connection:
            answer = ask(connection, "get_order", orderId=order["id"])
            unknown = ask(connection, "get_order", orderId=str(uuid4()))
        assert (answer["type"], answer["order"]) == ("order", order)
        assert (unknown["type"], unknown["code"]) == ("error", "order_not_found")

    def test_an_order_is_cancelled_and_its_subscribers_receive_it(
        self, cloud: LocalCloud, socket: Socket, place: Place
    ) -> None:
        with stopped(cloud, "ProcessOrdersFunctionName"), socket() as connection, socket() as subscriber:
            order_id = place()
            subscribe(subscriber, orderId=order_id)
            answer = ask(connection, "cancel_order", orderId=order_id)
            again = ask(connection, "cancel_order", orderId=order_id)
            received = messages_until(subscriber, lambda message: message.get("status") == "cancelled")
        assert (answer["type"], answer["order"]["status"]) == ("order", "cancelled")
        assert again["order"] == answer["order"]
        assert received[-1]["seq"] == 2

    def test_one_that_has_ended_is_not_cancelled(self, socket: Socket, place: Place, ended: Ended) -> None:
        order = ended(place())
        with socket() as connection:
            answer = ask(connection, "cancel_order", orderId=order["id"])
        assert (answer["type"], answer["code"]) == ("error", "too_late_to_cancel")

    def test_a_ping_is_answered_with_the_time(self, socket: Socket) -> None:
        with socket() as connection:
            answer = ask(connection, "ping")
        assert answer["type"] == "pong"
        assert answer["timestamp"].endswith("Z")


class TestSubscriptions:
    def test_channels_confirm_and_then_send_the_events_they_are_for(self, socket: Socket, place: Place) -> None:
        user = f"listener {uuid4()}"
        with socket() as everything, socket(user_id=user) as own:
            for connection, target in ((everything, {"channel": "all"}), (own, {"channel": "user", "userId": user})):
                request_id = say(connection, "subscribe", **target)
                (answer,) = messages_until(connection, lambda message: True)
                assert answer == {"type": "subscribed", "channel": target["channel"], "requestId": request_id}
            others, ours = place(userId="somebody else"), place(userId=user)
            to_all = messages_until(everything, confirmed(ours))
            to_all += [] if any(map(confirmed(others), to_all)) else messages_until(everything, confirmed(others))
            to_own = messages_until(own, confirmed(ours))
        for order_id in (others, ours):
            assert [event["seq"] for event in events_in(to_all, order_id)] == [1, 2, 3, 4, 5]
        assert {message["orderId"] for message in to_own} == {ours}
        assert [message["seq"] for message in to_own] == [1, 2, 3, 4, 5]

    def test_a_channel_can_be_named_on_connecting(self, socket: Socket, place: Place) -> None:
        user = f"listener-{uuid4()}"
        with socket(f"channel=user&userId={user}", user) as connection:
            messages_until(connection, lambda message: message == {"type": "subscribed", "channel": "user"})
            order_id = place(userId=user)
            received = messages_until(connection, confirmed(order_id))
        assert [message["seq"] for message in received] == [1, 2, 3, 4, 5]

    def test_one_connection_follows_several_orders_and_a_channel_and_receives_each_event_once(
        self, cloud: LocalCloud, socket: Socket, place: Place
    ) -> None:
        with socket() as connection:
            with stopped(cloud, "ProcessOrdersFunctionName"):
                order_ids = [place() for _ in range(3)]
                for order_id in order_ids:
                    subscribe(connection, orderId=order_id)
                subscribe(connection, channel="all")
            waiting = set(order_ids)
            received: list[Message] = []
            while waiting:
                received += messages_until(connection, lambda message: message.get("status") in TERMINAL)
                waiting.discard(received[-1]["orderId"])
        for order_id in order_ids:
            updates = [m["seq"] for m in received if m["type"] == "status_update" and m["orderId"] == order_id]
            assert updates == [2, 3, 4, 5]

    def test_after_unsubscribing_nothing_more_comes(self, cloud: LocalCloud, socket: Socket, place: Place) -> None:
        with socket() as connection, socket("channel=all") as other:
            messages_until(other, lambda message: message["type"] == "subscribed")
            with stopped(cloud, "ProcessOrdersFunctionName"):
                order_id = place()
                subscribe(connection, orderId=order_id)
                answer = ask(connection, "unsubscribe", orderId=order_id)
            messages_until(other, confirmed(order_id))
            say(connection, "ping")
            (next_received,) = messages_until(connection, lambda message: True)
        assert (answer["type"], answer["orderId"]) == ("unsubscribed", order_id)
        assert next_received["type"] == "pong"

    def test_a_newcomer_who_knows_a_part_gets_the_rest_and_then_the_live_stream(
        self, cloud: LocalCloud, socket: Socket, place: Place
    ) -> None:
        with socket() as connection:
            with stopped(cloud, "ProcessOrdersFunctionName"):
                order_id = place()
                append_step(cloud, order_id, "routing")
                first = subscribe(connection, orderId=order_id, afterSeq=1)
            rest = receive_to_the_end(connection, after_seq=2)
        assert first[-1]["seq"] == 2
        assert first[-1]["events"] + rest == stored_events(cloud, order_id)[1:]

    def test_there_is_a_limit_for_each_connection(self, cloud: LocalCloud, socket: Socket) -> None:
        limit = 100
        before = rows_by_connection(cloud).keys()
        with stopped(cloud, "PushUpdatesFunctionName"), socket() as connection, socket() as other:
            targets = [str(uuid4()) for _ in range(limit)]
            for order_id in targets:
                say(connection, "subscribe", orderId=order_id)
            refusal = ask(connection, "subscribe", orderId=str(uuid4()))
            say(connection, "subscribe", orderId=targets[0])  # renewing is no further one
            assert ask(connection, "unsubscribe", orderId=targets[0])["type"] == "unsubscribed"
            say(connection, "subscribe", channel="all")
            say(other, "subscribe", channel="all")
            assert ask(connection, "ping")["type"] == ask(other, "ping")["type"] == "pong"
            rows = rows_by_connection(cloud)
            sizes = sorted(len(rows[connection_id]) for connection_id in rows.keys() - before)
        assert (refusal["type"], refusal["code"]) == ("error", "too_many_subscriptions")
        assert str(limit) in refusal["message"]
        assert sizes == [2, limit + 1]  # each with the connection's own row


def test_a_ticket_opens_a_connection_without_a_header(cloud: LocalCloud, api: httpx.Client, place: Place) -> None:
    ticket = api.post("/api/stream-tickets").raise_for_status().json()["ticket"]
    with connect(f"{cloud.settings.websocket_url}?orderId={place()}&ticket={ticket}") as connection:
        assert receive_to_the_end(connection)[-1]["status"] == "confirmed"


class TestNonsense:
    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ("not JSON", "invalid_json"),
            ("", "invalid_json"),
            ("[]", "not_an_object"),
            ('{"action": NaN}', "invalid_json"),
            ('{"action": "ping", "action": "ping"}', "duplicate_key"),
            ("{}", "unknown_action"),
            ('{"action": "dance"}', "unknown_action"),
            ('{"action": ["ping"]}', "unknown_action"),
            ('{"action": "ping", "colour": "red"}', "validation_failed"),
            ('{"action": "subscribe"}', "validation_failed"),
            ('{"action": "subscribe", "orderId": "x"}', "validation_failed"),
            ('{"action": "subscribe", "channel": "none"}', "validation_failed"),
            ('{"action": "execute_order", "tokenIn": "SOL"}', "validation_failed"),
        ],
    )
    def test_it_is_answered_and_the_connection_stays(self, socket: Socket, frame: str, code: str) -> None:
        with socket() as connection:
            connection.send(frame)
            (answer,) = messages_until(connection, lambda message: True)
            assert ask(connection, "ping")["type"] == "pong"
        assert (answer["type"], answer["code"]) == ("error", code)
        assert answer["message"]

    def test_bytes_are_taken_as_text(self, socket: Socket) -> None:
        with socket() as connection:
            connection.send(b'{"action": "ping", "requestId": "bytes"}')
            (answer,) = messages_until(connection, lambda message: True)
        assert (answer["type"], answer["requestId"]) == ("pong", "bytes")

    def test_each_fault_of_an_order_is_named(self, socket: Socket) -> None:
        with socket() as connection:
            answer = ask(connection, "execute_order", **ORDER | {"amountIn": "-1", "tokenOut": "DOGE"})
        faults = [(error["field"], error["code"]) for error in answer["errors"]]
        assert sorted(faults) == [("amountIn", "amount_not_positive"), ("tokenOut", "unknown_token")]

    @pytest.mark.parametrize("query", ["orderId=x", "channel=none", "afterSeq=-1", "colour=red"])
    def test_a_connection_for_nonsense_is_refused(self, socket: Socket, query: str) -> None:
        with pytest.raises(Exception, match="rejected"):
            socket(query)


class TestFrames:
    def test_none_is_larger_than_the_gateway_takes(
        self, cloud: LocalCloud, socket: Socket, place: Place, ended: Ended
    ) -> None:
        with cloud.parameters(MaxRetryAttempts="10", ExecutionFailureRate="1"):
            order = ended(place(clientOrderId="ü".encode().hex() * 16, userId="u" * 128))
        assert order["attempts"] == 11
        with socket() as connection:
            snapshot = subscribe(connection, orderId=order["id"])
            whole = ask(connection, "get_order", orderId=order["id"])
        assert events_in(snapshot) == whole["order"]["events"] == order["events"]
        assert max(len(json.dumps(message)) for message in [*snapshot, whole]) < LARGEST_FRAME

    def test_not_even_the_answer_to_a_thousand_faults(self, socket: Socket) -> None:
        with socket() as connection:
            answer = ask(connection, "ping", **{f"unknown field number {number}": 1 for number in range(1000)})
        assert answer["code"] == "validation_failed"
        assert len(json.dumps(answer)) < LARGEST_FRAME


def test_a_connection_that_ends_leaves_nothing_behind(cloud: LocalCloud, socket: Socket, place: Place) -> None:
    order_id = place()
    before = rows_by_connection(cloud).keys()
    with socket("channel=all") as connection:
        subscribe(connection, orderId=order_id)
        (connection_id,) = rows_by_connection(cloud).keys() - before
        assert len(rows_by_connection(cloud)[connection_id]) == 3
    eventually(lambda: connection_id not in rows_by_connection(cloud))
