"""A request is answered to the one who makes it: not to the one before, and not with what is somebody else's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from order_engine.application.identity import Scope
from tests.support.callers import ALICE, BOB, OLGA, over_http, trader
from tests.support.events import event
from tests.support.orders import CONFIRMED, after, new_order
from tests.unit.functions.door import OPENED, PROTECTED, ROWS, Door, authorizer_of
from tests.unit.functions.odd_identities import NOBODY


def test_a_request_does_not_inherit_the_caller_of_the_one_before(cognitos: Door) -> None:
    for route in PROTECTED:
        assert cognitos.ask_route(route, authorizer_of(*Scope))[0] == ROWS[route][1]
        for other in PROTECTED:
            assert cognitos.ask_route(other, NOBODY["absent"])[0] == 401


@pytest.mark.parametrize("between", OPENED, ids=" ".join)
def test_nor_by_way_of_an_open_route(cognitos: Door, between: tuple[str, str]) -> None:
    one_order = ("GET", "/api/orders/{orderId}")
    assert cognitos.ask_route(one_order, authorizer_of(Scope.READ))[0] == 200
    assert cognitos.ask_route(between, authorizer_of(Scope.READ))[0] == 200
    assert cognitos.ask_route(one_order, NOBODY["absent"])[0] == 401
    assert cognitos.ask_route(one_order, authorizer_of(Scope.READ, name="bob"))[0] == 404


@pytest.mark.parametrize("failure", [RuntimeError("a fault"), KeyboardInterrupt("the sandbox is frozen")])
def test_nor_after_a_failure(cognitos: Door, failure: BaseException) -> None:
    class Broken:
        def load(self, _order_id: str) -> None:
            raise failure

    one_order = ("GET", "/api/orders/{orderId}")
    store = cognitos.deployed.engine.orders
    cognitos.deployed.replace("orders", Broken())
    with suppress(KeyboardInterrupt):
        assert cognitos.ask_route(one_order, authorizer_of(Scope.READ))[0] == 500
    cognitos.deployed.replace("orders", store)
    assert cognitos.ask_route(one_order, NOBODY["absent"])[0] == 401
    assert cognitos.ask_route(("GET", "/health"), NOBODY["absent"])[0] == 200
    assert cognitos.ask_route(one_order, authorizer_of(Scope.READ, name="bob"))[0] == 404


def test_each_of_many_interleaved_callers_gets_his_own_orders(cognitos: Door) -> None:
    callers = [trader(f"user {number}") for number in range(5)]
    cognitos.ports.history.record([new_order(user_id=caller.user_id) for caller in callers])
    for caller in [*callers, *callers[::-1]]:
        authorizer = over_http(caller, event("http_health"))["requestContext"]["authorizer"]
        _, _, body = cognitos.ask_route(("GET", "/api/orders"), authorizer)
        assert [order["userId"] for order in body["orders"]] == [caller.user_id]


@pytest.mark.parametrize(("caller", "status"), [(ALICE, 201), (BOB, 403), (OLGA, 403)])
def test_an_order_for_another_user_is_refused_and_nothing_stored(cognitos: Door, caller: Any, status: int) -> None:
    given = over_http(caller, event("http_place_order_alias"))  # in Alice's name
    answer = cognitos.deployed.http(given)
    assert answer[0] == status
    if status == 403:
        assert answer[2]["code"] == "user_id_mismatch"
        assert answer[2]["errors"][0]["field"] == "userId"
        assert cognitos.everything() == cognitos.before


def test_idempotency_keys_of_two_users_have_nothing_to_do_with_each_other(cognitos: Door) -> None:
    placed = []
    for caller in (ALICE, BOB, ALICE):
        placed.append(cognitos.deployed.http(over_http(caller, event("http_place_order_idempotent"))))
        cognitos.deployed.engine.clock.sleep(1)  # else the last would be the first one's own write, made again
    assert [status for status, _, _ in placed] == [201, 201, 200]
    ids = [body["orderId"] for _, _, body in placed]
    assert ids[0] == ids[2] != ids[1]


def test_a_user_is_limited_by_what_he_placed_himself(cognitos: Door) -> None:
    cognitos.deployed.set(MAX_ORDERS_PER_MINUTE="1")
    callers = (ALICE, ALICE, BOB, BOB)
    placed = [cognitos.deployed.http(over_http(caller, event("http_place_order")))[0] for caller in callers]
    assert placed == [201, 429, 201, 429]


def test_everybodys_list_is_an_administrators(cognitos: Door) -> None:
    cognitos.ports.history.record([after(new_order(user_id="bob"), *CONFIRMED)])
    seen: dict[str, Any] = {}
    for caller in (ALICE, BOB, OLGA):
        authorizer = over_http(caller, event("http_health"))["requestContext"]["authorizer"]
        _, _, body = cognitos.ask_route(("GET", "/api/orders"), authorizer)
        seen[caller.user_id] = {order["userId"] for order in body["orders"]}
    assert seen == {"alice": {"alice"}, "bob": {"bob"}, "olga": {"alice", "bob"}}
