"""Where authentication is on, nothing is answered, stored or even read without an identity that permits it.

The functions are called directly, with whatever a gateway that is set up wrongly might let through. The cases are made
of the table of routes: a route that is not tried here fails a test.
"""

from __future__ import annotations

from itertools import combinations

import pytest

from order_engine.application.identity import Scope
from order_engine.contracts.routes import ROUTES
from tests.support.events import event
from tests.support.functions import Deployment
from tests.unit.functions.door import OPENED, PROTECTED, ROWS, TIME, Door, authorizer_of, needed
from tests.unit.functions.odd_identities import ENDED, NOBODY, NOBODY_IN_COGNITO, POWERLESS, with_authorizer

EVERY_SCOPE = [scopes for count in range(4) for scopes in combinations(Scope, count)]


def test_every_route_has_a_row() -> None:
    assert ROWS.keys() == {(method, path) for path, methods in ROUTES.items() for method in methods}


@pytest.mark.parametrize("authorizer", NOBODY.values(), ids=NOBODY)
def test_nobody_gets_in_and_nothing_is_read_for_nobody(door: Door, authorizer: object) -> None:
    for route in PROTECTED:
        door.assert_refused(door.ask_route(route, authorizer), 401, "unauthenticated")


@pytest.mark.parametrize("authorizer", NOBODY_IN_COGNITO.values(), ids=NOBODY_IN_COGNITO)
def test_who_is_nobody_in_cognito_may_be_somebody_elsewhere(deployed: Deployment, authorizer: object) -> None:
    door = Door(deployed, "cognito")
    for route in PROTECTED:
        door.assert_refused(door.ask_route(route, authorizer), 401, "unauthenticated")
    assert Door(deployed, "jwt").ask_route(("GET", "/api/orders/{orderId}"), authorizer)[0] == 200


@pytest.mark.parametrize("authorizer", ENDED.values(), ids=ENDED)
def test_a_token_that_has_ended_is_told_as_that(door: Door, authorizer: object) -> None:
    for route in PROTECTED:
        door.assert_refused(door.ask_route(route, authorizer), 401, "token_expired")


@pytest.mark.parametrize("authorizer", POWERLESS.values(), ids=POWERLESS)
def test_a_token_that_permits_nothing_does_nothing(door: Door, authorizer: object) -> None:
    for route in PROTECTED:
        answer = door.ask_route(route, authorizer)
        door.assert_refused(answer, 403, "insufficient_scope")
        scopes = " ".join(needed(route) or ())
        assert answer[1]["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{scopes}"'


@pytest.mark.parametrize("scopes", EVERY_SCOPE, ids=lambda scopes: " ".join(scopes) or "none")
@pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
def test_a_route_takes_one_of_its_scopes_and_nothing_less(
    cognitos: Door, route: tuple[str, str], scopes: tuple[Scope, ...]
) -> None:
    answer = cognitos.ask_route(route, authorizer_of(*scopes))
    if set(needed(route) or ()) & set(scopes):
        assert answer[0] == ROWS[route][1]
    else:
        cognitos.assert_refused(answer, 403, "insufficient_scope")


@pytest.mark.parametrize(
    "authorizer",
    [*NOBODY.values(), *NOBODY_IN_COGNITO.values(), *ENDED.values(), *POWERLESS.values()],
    ids=[*NOBODY, *NOBODY_IN_COGNITO, *ENDED, *POWERLESS],
)
def test_open_routes_answer_whoever_asks(door: Door, authorizer: object) -> None:
    for route in OPENED:
        assert door.ask_route(route, authorizer)[0] == ROWS[route][1], route
        assert door.called <= TIME | {"executor.run"}, route
    assert door.everything() == door.before


@pytest.mark.parametrize("authorizer", [NOBODY["absent"], authorizer_of(*Scope)])
def test_the_open_health_check_has_no_deep_form(door: Door, authorizer: object) -> None:
    given = with_authorizer(event("http_health") | {"queryStringParameters": {"deep": "1"}}, authorizer)
    door.assert_refused(door.deployed.http(given), 401, "unauthenticated")


@pytest.mark.parametrize("variable", ["DEFAULT_SLIPPAGE", "MAX_ORDERS_PER_MINUTE", "AUTH_MODE"])
def test_settings_that_are_wrong_open_nothing(door: Door, variable: str) -> None:
    door.deployed.set(**{variable: "secret"})
    for path in ("/health", "/health/deep"):
        given = event("http_health") | {"rawPath": path, "queryStringParameters": {"deep": "1"}}
        status, _, body = door.deployed.http(given)
        assert status in (401, 500)
        assert not {"dependencies", "problems"} & body.keys()
        assert "secret" not in str(body)
    for route in PROTECTED:
        if variable == "AUTH_MODE" or ROWS[route][0] == "orders_api":
            assert door.ask_route(route, authorizer_of(*Scope))[0] == 500
        assert door.ask_route(route, NOBODY["absent"])[0] in (401, 500)
    assert door.everything() == door.before


@pytest.mark.parametrize("mode", ["", "off", "NONE", "None", " none", "none ", "cognito,none", "-", "0", "false"])
def test_only_the_word_none_switches_authentication_off(deployed: Deployment, mode: str) -> None:
    door = Door(deployed, mode)
    for route in PROTECTED:
        assert door.ask_route(route, NOBODY["absent"])[0] == 500
    assert door.everything() == door.before
