"""Who may open a WebSocket connection: who has a ticket. It costs no more than one delete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE, AuthMode, Caller, Scope, User
from order_engine.contracts.identity import context_of, user_from_context
from order_engine.entrypoints.identity import connected_caller
from tests.support.callers import ALICE, OLGA, user
from tests.support.events import CONNECTION, event
from tests.support.functions import FUNCTIONS, SETTINGS, Deployment
from tests.unit.functions.handshake import answer, asked, by_ticket


@pytest.mark.parametrize("caller", [ALICE, OLGA, user("alice", Scope.READ), user("olga", Scope.ADMIN)])
def test_a_ticket_opens_one_connection_as_whom_it_was_issued_to(guarded: Deployment, caller: User) -> None:
    ticket = guarded.engine.stream_tickets.issue(caller)
    context = by_ticket(guarded, ticket)
    assert context == context_of(caller)
    assert user_from_context(context) == caller
    assert by_ticket(guarded, ticket) == {}


def test_the_functions_behind_understand_what_the_authorizer_says(guarded: Deployment) -> None:
    given = event("websocket_connect_bare")
    given["requestContext"]["authorizer"] = by_ticket(guarded, guarded.engine.stream_tickets.issue(ALICE))
    assert connected_caller(given, AuthMode.COGNITO, guarded.engine.clock.now()) == ALICE


@pytest.mark.parametrize(("seconds", "good"), [(29, True), (30, False)])
def test_a_ticket_is_good_for_half_a_minute(guarded: Deployment, seconds: float, good: bool) -> None:
    ticket = guarded.engine.stream_tickets.issue(ALICE)
    guarded.engine.clock.sleep(seconds)
    assert bool(by_ticket(guarded, ticket)) is good


def test_a_ticket_is_no_good_after_the_token_that_it_was_issued_for(guarded: Deployment) -> None:
    soon = guarded.engine.clock.now() + timedelta(seconds=10)
    ticket = guarded.engine.stream_tickets.issue(user("alice", *Scope, expires_at=soon))
    guarded.engine.clock.sleep(10)
    assert by_ticket(guarded, ticket) == {}


@pytest.mark.parametrize("caller", [ANYONE, user("alice", Scope.READ, expires_at=datetime(2020, 1, 1, tzinfo=UTC))])
def test_a_ticket_of_nobody_opens_nothing(guarded: Deployment, caller: Caller) -> None:
    """One that was issued while authentication was off, for example."""
    assert by_ticket(guarded, guarded.engine.stream_tickets.issue(caller)) == {}


@pytest.mark.parametrize("other", ["", "x", "0" * 43, "A" * 100_000, "ü", "\ud800", "null", "undefined", "Bearer x"])
def test_no_other_ticket_opens_anything(guarded: Deployment, other: str) -> None:
    ticket = guarded.engine.stream_tickets.issue(ALICE)
    for tried in (other, ticket[:-1], ticket.lower(), f"{ticket} ", *guarded.ports.tickets.kept):
        assert by_ticket(guarded, tried) == {}
    assert by_ticket(guarded, ticket) == context_of(ALICE)


def test_without_the_tickets_table_there_is_no_answer_at_all(guarded: Deployment) -> None:
    class Down:
        def take(self, *_: object) -> None:
            raise DependencyUnavailable("DynamoDB did not answer")

    guarded.replace("tickets", Down())
    with pytest.raises(DependencyUnavailable):
        by_ticket(guarded, "x")


@pytest.mark.parametrize(
    "query", [None, {}, {"orderId": "x"}, {"ticket": ""}, {"ticket": None}, {"Ticket": "x"}, [], ""]
)
@pytest.mark.parametrize("headers", [None, {}, {"Host": "x"}, {"Authorization": ""}, {"Authorization": None}, [], ""])
def test_neither_opens_nothing(guarded: Deployment, query: object, headers: object) -> None:
    assert answer(guarded, asked(query, headers)) == {}


ODD: list[object] = [7, True, 1.5, [], ["x"], {}, {"ticket": "x"}, "x", b"x"]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_no_gateway_sends_opens_nothing_either(guarded: Deployment, odd: Any) -> None:
    guarded.engine.stream_tickets.issue(ALICE)
    for given in (
        asked({"ticket": odd}, {}),
        asked({}, {"Authorization": odd}),
        asked({}, {"authorization": ["Bearer x"]}),
        asked(odd, {}),
        asked({}, odd),
        asked({"ticket": odd}, {"Authorization": odd}),
    ):
        try:
            assert answer(guarded, given) == {}
        except (AttributeError, TypeError, ValueError):  # a failure of the authorizer is a refusal
            continue


@pytest.mark.parametrize("missing", ["queryStringParameters", "headers", "requestContext", "multiValueHeaders"])
def test_a_handshake_without_what_others_have_opens_nothing(guarded: Deployment, missing: str) -> None:
    given = asked({}, {})
    del given[missing]
    assert answer(guarded, given) == {}


def test_nobody_gets_in_by_way_of_the_one_before(guarded: Deployment) -> None:
    assert by_ticket(guarded, guarded.engine.stream_tickets.issue(ALICE))
    assert answer(guarded, asked({}, {})) == {}
    assert by_ticket(guarded, "x") == {}


REDEEM = """
import json, os, sys

sys.path.insert(0, sys.argv[1])
import boto3

class Table:
    def delete_item(self, **_asked):
        attributes = {"userId": {"S": "alice"}, "scopes": {"S": "orders/read"}, "tokenExpiresAt": {"N": "4102444800"}}
        return {"Attributes": attributes}

boto3.Session.client = lambda _session, *_names, **_options: Table()
import app
policy = app.handler(json.loads(sys.argv[2]), None)
modules = sorted({module.partition(".")[0] for module in sys.modules})
print(json.dumps({"effect": policy["policyDocument"]["Statement"][0]["Effect"], "modules": modules}))
"""
HEAVY = {"jwt", "cryptography", "pydantic", "pydantic_core", "psycopg", "alembic"}


def test_a_ticket_is_redeemed_without_any_cryptography_being_loaded() -> None:
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment |= SETTINGS | {"AUTH_MODE": "cognito", "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [
        sys.executable,
        "-c",
        REDEEM,
        str(FUNCTIONS / "stream_authorizer"),
        json.dumps(event("authorize_ticket")),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["effect"] == "Allow"
    assert not HEAVY & set(told["modules"])
    assert "order_engine" in told["modules"]


def test_a_ticket_is_redeemed_with_nothing_but_its_table(deployed: Deployment) -> None:
    deployed.set(AUTH_MODE="cognito")
    ticket = deployed.engine.stream_tickets.issue(ALICE)
    for port in ("orders", "queue", "subscriptions", "clients", "history_reader", "token_verifier", "rate_limiter"):
        deployed.replace(port, None)
    assert by_ticket(deployed, ticket) == context_of(ALICE)
    assert CONNECTION not in str(deployed.ports.tickets.kept)
