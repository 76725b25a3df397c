"""The one place where an event becomes a caller."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from order_engine.application.errors import TokenExpired, Unauthenticated
from order_engine.application.identity import ANYONE, AuthMode
from order_engine.entrypoints.http_api import Answer, caller_of, http_api, json_answer, resolve_request
from order_engine.entrypoints.identity import connected_caller, frame_sender, http_caller
from order_engine.fakes.process import ManualClock
from tests.support.callers import ALICE, BOB, over_http, over_websocket, trader
from tests.support.events import event
from tests.support.functions import Context, Deployment, load
from tests.unit.functions.odd_identities import (
    ENDED,
    ENDED_ON_A_SOCKET,
    NOBODY,
    NOBODY_ON_A_SOCKET,
    with_authorizer,
)

NOW = ManualClock().now()
MODES = pytest.mark.parametrize("mode", [AuthMode.COGNITO, AuthMode.JWT])
EVENTS_WITHOUT_CONTEXT: list[dict[str, Any]] = [{}, {"requestContext": None}, {"requestContext": []}]


@MODES
@pytest.mark.parametrize("authorizer", NOBODY.values(), ids=NOBODY)
def test_nobody_sends_a_request(authorizer: object, mode: AuthMode) -> None:
    with pytest.raises(Unauthenticated):
        http_caller(with_authorizer(event("http_health"), authorizer), mode, NOW)


@MODES
@pytest.mark.parametrize("authorizer", NOBODY_ON_A_SOCKET.values(), ids=NOBODY_ON_A_SOCKET)
def test_nobody_opens_a_connection_or_sends_a_frame(authorizer: object, mode: AuthMode) -> None:
    given = with_authorizer(event("websocket_ping"), authorizer)
    with pytest.raises(Unauthenticated):
        connected_caller(given, mode, NOW)
    assert frame_sender(given, mode) is ANYONE  # whom the session refuses


@MODES
@pytest.mark.parametrize("given", EVENTS_WITHOUT_CONTEXT, ids=repr)
def test_an_event_without_a_context_is_nobodys(given: dict[str, Any], mode: AuthMode) -> None:
    for read in (http_caller, connected_caller):
        with pytest.raises(Unauthenticated):
            read(given, mode, NOW)
    assert frame_sender(given, mode) is ANYONE


@MODES
def test_a_token_that_has_ended_is_refused_where_it_is_shown_and_told_of_where_it_was(mode: AuthMode) -> None:
    for authorizer in ENDED.values():
        with pytest.raises(TokenExpired):
            http_caller(with_authorizer(event("http_health"), authorizer), mode, NOW)
    for authorizer in ENDED_ON_A_SOCKET.values():
        given = with_authorizer(event("websocket_ping"), authorizer)
        with pytest.raises(TokenExpired):
            connected_caller(given, mode, NOW)
        assert frame_sender(given, mode).user_id == "alice"  # the session tells him, and closes


@MODES
def test_a_known_caller_is_known_everywhere(mode: AuthMode) -> None:
    assert http_caller(over_http(ALICE, event("http_health")), mode, NOW) == ALICE
    assert connected_caller(over_websocket(ALICE, event("websocket_connect_all")), mode, NOW) == ALICE
    assert frame_sender(over_websocket(ALICE, event("websocket_ping")), mode) == ALICE


@pytest.mark.parametrize("caller", [ALICE, trader("alice", expires_at=NOW)])
def test_where_authentication_is_off_nobody_is_asked_who_he_is(caller: Any) -> None:
    assert http_caller(over_http(caller, event("http_health")), AuthMode.NONE, NOW) is ANYONE
    assert connected_caller(over_websocket(caller, event("websocket_ping")), AuthMode.NONE, NOW) is ANYONE
    assert frame_sender(over_websocket(caller, event("websocket_ping")), AuthMode.NONE) is ANYONE
    for given in EVENTS_WITHOUT_CONTEXT:
        assert http_caller(given, AuthMode.NONE, NOW) is frame_sender(given, AuthMode.NONE) is ANYONE


def test_on_an_open_route_nobody_is_known_not_even_the_one_before(deployed: Deployment) -> None:
    """No open route of ours asks; the next one might."""
    deployed.set(AUTH_MODE="cognito")
    app, logger = http_api(Logger(service="test")), Logger(service="test")

    @app.get("/health")
    @app.get("/api/metrics")
    def whoever() -> Answer:
        return json_answer(HTTPStatus.OK, caller_of(app).user_id)

    def ask(path: str, caller: Any) -> tuple[int, str]:
        given = over_http(caller, event("http_health") | {"rawPath": path})
        context: Any = Context(deployed.engine.clock, 30)
        answer = resolve_request(app, logger, load("orders_api").deployed, given, context)
        return answer["statusCode"], answer["body"]

    for caller in (ALICE, BOB):
        assert ask("/api/metrics", caller) == (200, f'"{caller.user_id}"')
        assert ask("/health", caller)[0] == 401
