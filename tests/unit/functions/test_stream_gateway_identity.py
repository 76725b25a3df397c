"""Where authentication is on, no connection is opened and no frame answered without an identity that permits it."""

from __future__ import annotations

from typing import Any

import pytest

from order_engine.application.identity import Scope, User
from order_engine.contracts.socket_requests import ACTIONS
from tests.support.callers import ALICE, BOB, OLGA, over_websocket, user
from tests.support.events import ALICES_ORDER, CONNECTION, event, frame
from tests.support.functions import Deployment
from tests.support.orders import new_order
from tests.unit.functions.odd_identities import (
    ENDED_ON_A_SOCKET,
    NOBODY_ON_A_SOCKET,
    POWERLESS_ON_A_SOCKET,
    with_authorizer,
)

ORDER = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1"}
FRAMES: dict[str, list[dict[str, Any]]] = {
    "subscribe": [{"orderId": ALICES_ORDER}, {"channel": "user"}, {"channel": "all"}],
    "unsubscribe": [{"orderId": ALICES_ORDER}, {"channel": "user"}, {"channel": "all"}],
    "execute_order": [ORDER],
    "get_order": [{"orderId": ALICES_ORDER}],
    "cancel_order": [{"orderId": ALICES_ORDER}],
    "ping": [{}],
}
"""What each action can be sent with."""
SENT = [{"action": action, "requestId": "r-1"} | more for action, frames in FRAMES.items() for more in frames]
QUERIES: list[dict[str, str]] = [{}, {"orderId": ALICES_ORDER}, {"channel": "user"}, {"channel": "all"}]


@pytest.fixture
def opened(guarded: Deployment) -> Deployment:
    """Give a connection, and an order of Alice's."""
    guarded.engine.orders.orders[ALICES_ORDER] = new_order(ALICES_ORDER, "alice")
    guarded.call("stream_gateway", over_websocket(ALICE, event("websocket_connect_bare")))
    return guarded


def connecting(query: dict[str, str] | None) -> dict[str, Any]:
    return event("websocket_connect_bare") | {"queryStringParameters": query}


def everything(deployed: Deployment) -> object:
    engine = deployed.engine
    stored = (dict(engine.orders.orders), len(engine.queue.messages), dict(deployed.ports.tickets.kept))
    return (*stored, dict(engine.subscriptions.rows), {**engine.subscriptions.connections})


def test_every_action_is_tried_here() -> None:
    assert FRAMES.keys() == ACTIONS.keys()


# --- Connections ------------------------------------------------------------------------------------------------------

NOBODY = [*NOBODY_ON_A_SOCKET.items(), *ENDED_ON_A_SOCKET.items()]


@pytest.mark.parametrize("authorizer", [one for _, one in NOBODY], ids=[name for name, _ in NOBODY])
def test_nobody_opens_a_connection(guarded: Deployment, authorizer: object) -> None:
    for query in (*QUERIES, None, {"ticket": "x"}, {"orderId": "42"}, {"unknown": "1"}):
        answer = guarded.call("stream_gateway", with_authorizer(connecting(query), authorizer))
        assert answer == {"statusCode": 401}
    assert guarded.engine.subscriptions.connections == {}
    assert guarded.engine.subscriptions.stream == []


@pytest.mark.parametrize("authorizer", POWERLESS_ON_A_SOCKET.values(), ids=POWERLESS_ON_A_SOCKET)
def test_who_may_do_nothing_can_open_a_connection_but_subscribe_to_nothing(
    guarded: Deployment, authorizer: object
) -> None:
    for query in QUERIES:
        answer = guarded.call("stream_gateway", with_authorizer(connecting(query), authorizer))
        assert answer == {"statusCode": 403 if query else 200}
    assert guarded.engine.subscriptions.connections == {CONNECTION: set()}


@pytest.mark.parametrize(
    ("caller", "query", "status"),
    [
        (ALICE, {}, 200),
        (ALICE, {"orderId": ALICES_ORDER}, 200),
        (ALICE, {"channel": "user"}, 200),
        (ALICE, {"channel": "user", "userId": "alice"}, 200),
        (ALICE, {"channel": "user", "userId": "bob"}, 403),
        (ALICE, {"channel": "all"}, 403),
        (ALICE, {"orderId": "42"}, 400),
        (ALICE, {"orderId": ALICES_ORDER, "channel": "all"}, 400),
        (ALICE, {"channel": "all", "userId": "\0"}, 400),
        (user("alice", Scope.WRITE), {"orderId": ALICES_ORDER}, 403),
        (user("alice", Scope.WRITE), {}, 200),
        (OLGA, {"channel": "all"}, 200),
        (OLGA, {"channel": "user", "userId": "bob"}, 200),
        (user("olga", Scope.ADMIN), {"orderId": ALICES_ORDER}, 200),
    ],
)
def test_a_connection_is_refused_with_what_is_wrong_with_it(
    guarded: Deployment, caller: User, query: dict[str, str], status: int
) -> None:
    assert guarded.call("stream_gateway", over_websocket(caller, connecting(query))) == {"statusCode": status}
    subscriptions = guarded.engine.subscriptions
    assert subscriptions.connections.keys() == ({CONNECTION} if status == 200 else set())
    assert [row.caller for row in subscriptions.stream] == ([caller] if status == 200 and query else [])


def test_a_ticket_that_got_a_connection_through_the_door_is_not_logged(
    guarded: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = "zNl4mQW0C3rkpbD9q5VSKWQ2n6cDDaGSJB4j0p8hMyE"
    assert guarded.call("stream_gateway", over_websocket(ALICE, connecting({"ticket": ticket}))) == {"statusCode": 200}
    for wrong in ({"ticket": ticket, "orderId": "42"}, {"ticket": ticket * 3}, {"access_token": ticket}):
        assert guarded.call("stream_gateway", over_websocket(ALICE, connecting(wrong))) == {"statusCode": 400}
    assert len(caplog.records) >= 7
    assert ticket not in caplog.text + str([vars(record) for record in caplog.records])


def test_where_authentication_is_off_a_ticket_is_taken_and_ignored(deployed: Deployment) -> None:
    given = connecting({"ticket": "x", "channel": "all"})
    assert deployed.call("stream_gateway", given) == {"statusCode": 200}
    assert [row.target for row in deployed.engine.subscriptions.stream] == ["all"]


# --- Frames -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("authorizer", NOBODY_ON_A_SOCKET.values(), ids=NOBODY_ON_A_SOCKET)
def test_a_frame_of_nobodys_is_told_so_and_its_connection_closed(opened: Deployment, authorizer: object) -> None:
    assert_dismissed(opened, authorizer, "unauthenticated")


@pytest.mark.parametrize("authorizer", ENDED_ON_A_SOCKET.values(), ids=ENDED_ON_A_SOCKET)
def test_a_frame_after_the_tokens_end_is_told_so_and_its_connection_closed(
    opened: Deployment, authorizer: object
) -> None:
    assert_dismissed(opened, authorizer, "token_expired")


def assert_dismissed(opened: Deployment, authorizer: object, code: str) -> None:
    before, clients = everything(opened), opened.engine.clients
    for body in [*SENT, "no JSON", {"action": "dance", "requestId": "r-1"}, {}]:
        clients.inboxes.clear()
        clients.gone.clear()
        assert opened.call("stream_gateway", with_authorizer(frame(body), authorizer)) == {"statusCode": 200}
        (told,) = opened.frames(CONNECTION)
        assert (told["type"], told["code"], "order" in told) == ("error", code, False)
        assert told.get("requestId") == (body.get("requestId") if isinstance(body, dict) else None)
        assert clients.gone == {CONNECTION}
    assert everything(opened) == before


@pytest.mark.parametrize("authorizer", POWERLESS_ON_A_SOCKET.values(), ids=POWERLESS_ON_A_SOCKET)
def test_a_frame_without_the_scope_does_nothing(opened: Deployment, authorizer: object) -> None:
    before = everything(opened)
    for body in SENT:
        opened.engine.clients.inboxes.clear()
        opened.call("stream_gateway", with_authorizer(frame(body), authorizer))
        (told,) = opened.frames(CONNECTION)
        assert told.get("code", told["type"]) == ("pong" if body["action"] == "ping" else "insufficient_scope")
    assert opened.engine.clients.gone == set()
    assert everything(opened) == before


@pytest.mark.parametrize(
    ("caller", "body", "code"),
    [
        (BOB, {"action": "get_order", "orderId": ALICES_ORDER}, "order_not_found"),
        (BOB, {"action": "cancel_order", "orderId": ALICES_ORDER}, "order_not_found"),
        (OLGA, {"action": "cancel_order", "orderId": ALICES_ORDER}, "order_not_found"),
        (BOB, {"action": "subscribe", "channel": "user", "userId": "alice"}, "user_id_mismatch"),
        (BOB, {"action": "execute_order", **ORDER, "userId": "alice"}, "user_id_mismatch"),
        (OLGA, {"action": "execute_order", **ORDER, "userId": "alice"}, "user_id_mismatch"),
        (user("alice", Scope.READ), {"action": "execute_order", **ORDER}, "insufficient_scope"),
        (user("alice", Scope.WRITE), {"action": "execute_order", **ORDER}, "insufficient_scope"),
    ],
)
def test_a_frame_about_somebody_else_does_nothing(
    opened: Deployment, caller: User, body: dict[str, Any], code: str
) -> None:
    before = everything(opened)
    opened.call("stream_gateway", over_websocket(caller, frame(body)))
    (told,) = opened.frames(CONNECTION)
    assert told["code"] == code
    assert everything(opened) == before


@pytest.mark.parametrize("authorizer", [one for _, one in NOBODY], ids=[name for name, _ in NOBODY])
def test_an_end_is_an_end_whoever_it_was(opened: Deployment, authorizer: object) -> None:
    assert opened.engine.subscriptions.connections
    given = with_authorizer(event("websocket_disconnect"), authorizer)
    assert opened.call("stream_gateway", given) == {"statusCode": 200}
    assert opened.engine.subscriptions.connections == {}


def test_a_frame_does_not_inherit_the_sender_of_the_one_before(opened: Deployment) -> None:
    shown = frame({"action": "get_order", "orderId": ALICES_ORDER})
    for sender, told in ((ALICE, "order"), (BOB, "order_not_found"), (None, "unauthenticated"), (ALICE, "order")):
        opened.engine.clients.inboxes.clear()
        opened.engine.clients.gone.clear()
        opened.call("stream_gateway", over_websocket(sender, shown) if sender else with_authorizer(shown, {}))
        assert [one.get("code", one["type"]) for one in opened.frames(CONNECTION)] == [told]


# --- Updates ----------------------------------------------------------------------------------------------------------


def test_rows_from_before_authentication_was_switched_on_are_told_so_and_closed(guarded: Deployment) -> None:
    guarded.engine.orders.orders[ALICES_ORDER] = new_order(ALICES_ORDER, "alice")
    guarded.call("push_updates", "dynamodb_subscription_stream")  # of rows without any identity
    codes = {
        connection: [one["code"] for one in guarded.frames(connection)] for connection in guarded.engine.clients.gone
    }
    assert codes[CONNECTION] == ["unauthenticated"]
    assert set(map(tuple, codes.values())) == {("unauthenticated",)}
