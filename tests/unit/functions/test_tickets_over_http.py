"""Tickets for WebSocket connections: asked for, or with the answer to a placed order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from order_engine.adapters.process import SystemRandomness
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE, Scope, User
from order_engine.contracts.identity import user_from_context
from tests.support.callers import ALICE, BOB, OLGA, over_http, user
from tests.support.events import event, request
from tests.support.functions import SETTINGS, Deployment
from tests.unit.functions.handshake import by_ticket

PLACING = ["http_place_order", "http_place_order_alias", "http_place_order_idempotent"]


class Down:
    """A tickets table that does not answer."""

    def add(self, *_: object) -> None:
        raise DependencyUnavailable("DynamoDB did not answer")


@pytest.fixture(autouse=True)
def real_randomness(deployed: Deployment) -> None:
    deployed.replace("randomness", SystemRandomness())


def asking() -> dict[str, Any]:
    """Return a request for a ticket."""
    given = event("http_place_order") | {"rawPath": "/api/stream-tickets", "body": None}
    given["requestContext"]["http"] |= {"method": "POST", "path": "/api/stream-tickets"}
    return given


def query_of(body: Mapping[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(body["websocketUrl"]).query))


@pytest.mark.parametrize(
    ("preference", "applied"),
    [
        ("return=minimal", True),
        ("respond-async, Return=Minimal", True),
        ("return = minimal", True),
        ("return=representation", False),
        ("return=minimally", False),
        ("", False),
    ],
)
def test_who_has_a_connection_already_can_do_without_a_ticket(
    guarded: Deployment, preference: str, applied: bool
) -> None:
    given = request("http_place_order", headers={"prefer": preference})
    status, headers, body = guarded.http(over_http(ALICE, given))
    assert status == 201
    assert ("ticket" in query_of(body)) is not applied
    assert bool(guarded.ports.tickets.kept) is not applied
    assert headers.get("preference-applied") == ("return=minimal" if applied else None)


# --- With a placed order ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLACING)
def test_who_places_an_order_is_told_where_to_follow_it_and_let_in_there(guarded: Deployment, name: str) -> None:
    status, headers, body = guarded.http(over_http(ALICE, event(name)))
    assert (status, headers["cache-control"]) == (201, "no-store")
    base, _, _ = body["websocketUrl"].partition("?")
    query = query_of(body)
    assert (base, set(query)) == (SETTINGS["WEBSOCKET_URL"], {"orderId", "ticket"})
    assert query["orderId"] == body["orderId"]
    assert re.fullmatch(r"[\w-]{43}", query["ticket"], re.ASCII)
    assert user_from_context(by_ticket(guarded, query["ticket"])) == ALICE
    assert by_ticket(guarded, query["ticket"]) == {}


@pytest.mark.parametrize("caller", [ALICE, OLGA, user("bob", *Scope)])
def test_the_ticket_is_the_callers_own(guarded: Deployment, caller: User) -> None:
    _, _, body = guarded.http(over_http(caller, event("http_place_order")))
    assert user_from_context(by_ticket(guarded, query_of(body)["ticket"])) == caller


@pytest.mark.parametrize("name", PLACING)
def test_the_ticket_is_in_the_address_and_nowhere_else(
    guarded: Deployment, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    _, headers, body = guarded.http(over_http(ALICE, event(name)))
    ticket = query_of(body)["ticket"]
    others = {field: value for field, value in body.items() if field != "websocketUrl"}
    assert body["message"].endswith(f"?orderId={body['orderId']}")
    assert headers["location"] == f"/api/orders/{body['orderId']}"
    logged = caplog.text + str([vars(record) for record in caplog.records])
    stored = str((guarded.stored(), guarded.queued(), guarded.ports.tickets.kept))
    assert [place for place in (json.dumps(others), str(headers), logged, stored) if ticket in place] == []
    assert len(caplog.records) >= 2


def test_asking_again_for_the_same_order_gives_another_ticket(guarded: Deployment) -> None:
    tickets = []
    for expected in (201, 200, 200):
        status, _, body = guarded.http(over_http(ALICE, event("http_place_order_idempotent")))
        guarded.engine.clock.sleep(1)
        assert status == expected
        tickets.append(query_of(body)["ticket"])
    assert len(set(tickets)) == 3
    assert all(by_ticket(guarded, ticket) for ticket in tickets)


@pytest.mark.parametrize("name", PLACING)
def test_an_order_is_placed_also_where_there_is_no_ticket_to_be_had(guarded: Deployment, name: str) -> None:
    guarded.replace("tickets", Down())
    status, _, body = guarded.http(over_http(ALICE, event(name)))
    assert (status, query_of(body)) == (201, {"orderId": body["orderId"]})
    assert [order.id for order in guarded.stored()] == [body["orderId"]]
    assert guarded.queued()[0]["orderId"] == body["orderId"]


def test_who_may_not_read_gets_none_with_his_order(guarded: Deployment) -> None:
    status, _, body = guarded.http(over_http(user("alice", Scope.WRITE), event("http_place_order")))
    assert (status, query_of(body)) == (201, {"orderId": body["orderId"]})
    assert guarded.ports.tickets.kept == {}


def test_an_order_that_is_refused_has_none(guarded: Deployment) -> None:
    refused = [
        over_http(ALICE, event("http_bad_json")),
        over_http(ALICE, event("http_bad_fields")),
        over_http(BOB, event("http_place_order_alias")),  # in Alice's name
        over_http(user("alice", Scope.READ), event("http_place_order")),
        event("http_place_order"),
    ]
    for given in refused:
        assert 400 <= guarded.http(given)[0] < 500
    assert guarded.ports.tickets.kept == {}


def test_where_authentication_is_off_there_are_none(deployed: Deployment) -> None:
    for given in (event("http_place_order"), over_http(ALICE, event("http_place_order"))):
        status, _, body = deployed.http(given)
        assert (status, query_of(body)) == (201, {"orderId": body["orderId"]})
    assert deployed.ports.tickets.kept == {}


# --- By themselves ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [ALICE, OLGA, user("alice", Scope.READ), user("olga", Scope.ADMIN)])
def test_a_ticket_can_be_asked_for(guarded: Deployment, caller: User) -> None:
    status, headers, body = guarded.http(over_http(caller, asking()))
    assert (status, headers["cache-control"]) == (201, "no-store")
    assert body == {"success": True, "ticket": body["ticket"], "expiresIn": 30}
    assert re.fullmatch(r"[\w-]{43}", body["ticket"], re.ASCII)
    assert user_from_context(by_ticket(guarded, body["ticket"])) == caller


def test_a_new_one_is_given_each_time(guarded: Deployment) -> None:
    tickets = [guarded.http(over_http(ALICE, asking()))[2]["ticket"] for _ in range(5)]
    assert len(set(tickets)) == 5
    assert all(by_ticket(guarded, ticket) for ticket in tickets[::-1])


@pytest.mark.parametrize("body", ["", "{", '{"userId": "bob", "subject": "bob", "expiresIn": 86400}', "\0"])
def test_nothing_in_the_request_changes_whose_it_is_or_how_long(guarded: Deployment, body: str) -> None:
    given = asking() | {"body": body, "queryStringParameters": {"userId": "bob"}}
    status, _, told = guarded.http(over_http(ALICE, given))
    assert (status, told["expiresIn"]) == (201, 30)
    assert user_from_context(by_ticket(guarded, told["ticket"])) == ALICE


def test_a_ticket_that_could_not_be_kept_is_not_given_out(guarded: Deployment) -> None:
    guarded.replace("tickets", Down())
    status, _, body = guarded.http(over_http(ALICE, asking()))
    assert (status, body["code"]) == (503, "service_unavailable")
    assert "ticket" not in body


def test_no_ticket_is_in_the_log(guarded: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    _, headers, body = guarded.http(over_http(ALICE, asking()))
    told = caplog.text + str([vars(record) for record in caplog.records]) + str(headers)
    assert caplog.records
    assert body["ticket"] not in told


def test_where_authentication_is_off_one_can_be_had_and_opens_nothing_elsewhere(deployed: Deployment) -> None:
    status, _, body = deployed.http(asking())
    assert (status, body["expiresIn"]) == (201, 30)
    assert [caller for caller, _ in deployed.ports.tickets.kept.values()] == [ANYONE]
    deployed.set(AUTH_MODE="cognito")
    assert by_ticket(deployed, body["ticket"]) == {}


def test_a_ticket_in_a_request_for_something_else_is_nothing(guarded: Deployment) -> None:
    _, _, body = guarded.http(over_http(ALICE, asking()))
    given = request("http_get_order", headers={"authorization": f"Bearer {body['ticket']}"})
    given["queryStringParameters"] = {"ticket": body["ticket"]}
    assert guarded.http(given)[0] == 401
    assert by_ticket(guarded, body["ticket"])
