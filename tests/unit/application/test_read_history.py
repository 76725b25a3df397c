"""Reading the history: a caller who is known sees his own orders and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from order_engine.application.errors import DependencyUnavailable, ForeignUserId, NotTheOwner, OrderNotFound
from order_engine.application.identity import ANYONE, Caller, User
from order_engine.application.ports import OrderFilter, OrderTrail, Page, Position, failed_attempts
from order_engine.application.read_history import list_orders, read_trail
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.tokens import token
from order_engine.fakes.history import InMemoryHistory, InMemoryHistoryReader
from tests.support.callers import ALICE, BOB, MALLORY, OLGA
from tests.support.engine import InMemoryEngine
from tests.support.orders import CONFIRMED, FAILED, REVERTED, START, after, new_order, terms

MINUTE = timedelta(minutes=1)
ALICES = [
    after(new_order(user_id="alice", at=START), *CONFIRMED),
    after(new_order(user_id="alice", at=START + MINUTE, what=terms(token_in="USDC", token_out="SOL")), *FAILED),
    new_order(user_id="alice", at=START + 2 * MINUTE),
]
BOBS = [
    after(new_order(user_id="bob", at=START + 3 * MINUTE), *REVERTED),
    new_order(user_id="bob", at=START + 4 * MINUTE),
]
ALL = [*BOBS[::-1], *ALICES[::-1]]
"""Newest first."""
UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"


@pytest.fixture
def history() -> InMemoryHistoryReader:
    return InMemoryHistoryReader(InMemoryHistory({order.id: order for order in ALL}))


@pytest.mark.parametrize(("caller", "own"), [(ALICE, ALICES), (BOB, BOBS), (MALLORY, [])])
def test_a_known_caller_gets_only_his_own_orders_and_may_ask_for_no_others(
    history: InMemoryHistoryReader, caller: User, own: list[Order]
) -> None:
    for user_id in (None, caller.user_id):
        page = list_orders(history, OrderFilter(user_id=user_id), 10, None, caller)
        assert page == Page(tuple(own[::-1]), None)
    for other in {"alice", "bob", "nobody"} - {caller.user_id}:
        with pytest.raises(ForeignUserId):
            list_orders(history, OrderFilter(user_id=other), 10, None, caller)


@pytest.mark.parametrize("caller", [ANYONE, OLGA])
@pytest.mark.parametrize(("user_id", "orders"), [(None, ALL), ("alice", ALICES[::-1]), ("nobody", [])])
def test_for_an_administrator_and_where_authentication_is_off_the_filter_alone_decides(
    history: InMemoryHistoryReader, caller: Caller, user_id: str | None, orders: list[Order]
) -> None:
    assert list_orders(history, OrderFilter(user_id=user_id), 10, None, caller) == Page(tuple(orders), None)


@pytest.mark.parametrize(
    ("wanted", "orders"),
    [
        (OrderFilter(status=Status.PENDING), [ALICES[2]]),
        (OrderFilter(token_in=token("USDC")), [ALICES[1]]),
        (OrderFilter("alice", Status.CONFIRMED, token("SOL")), [ALICES[0]]),
    ],
)
def test_the_rest_of_the_filter_still_holds_for_a_known_caller(
    history: InMemoryHistoryReader, wanted: OrderFilter, orders: list[Order]
) -> None:
    assert list_orders(history, wanted, 10, None, ALICE).orders == tuple(orders)


def test_a_known_callers_pages_hold_no_orders_of_others(history: InMemoryHistoryReader) -> None:
    first = list_orders(history, OrderFilter(), 2, Position(BOBS[1].created_at, BOBS[1].id), ALICE)
    assert first == Page((ALICES[2], ALICES[1]), Position(ALICES[1].created_at, ALICES[1].id))
    assert list_orders(history, OrderFilter(), 2, first.following, ALICE) == Page((ALICES[0],), None)


@pytest.mark.parametrize("caller", [ALICE, OLGA, ANYONE])
def test_a_trail_has_the_order_and_its_failed_attempts(history: InMemoryHistoryReader, caller: Caller) -> None:
    order = ALICES[1]
    trail = read_trail(history, order.id, caller)
    assert trail == OrderTrail(order, tuple(failed_attempts(order)))
    assert [failure.attempt for failure in trail.failed_attempts] == [1, 2, 3, 4]


def test_the_trail_of_somebody_elses_order_is_not_found_like_an_unknown_one(history: InMemoryHistoryReader) -> None:
    with pytest.raises(NotTheOwner, match=f"There is no order {BOBS[0].id}") as refused:
        read_trail(history, BOBS[0].id, ALICE)
    assert isinstance(refused.value, OrderNotFound)
    for caller in (ALICE, ANYONE):
        with pytest.raises(OrderNotFound, match=f"There is no order {UNKNOWN}"):
            read_trail(history, UNKNOWN, caller)


def test_a_history_that_is_down_is_an_error_and_not_an_empty_list() -> None:
    class Down(InMemoryHistoryReader):
        def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
            raise DependencyUnavailable("Postgres did not answer")

        def trail(self, order_id: str) -> OrderTrail:
            raise DependencyUnavailable("Postgres did not answer")

    history = Down(InMemoryHistory())
    with pytest.raises(DependencyUnavailable):
        list_orders(history, OrderFilter(), 10, None, ALICE)
    with pytest.raises(DependencyUnavailable):
        read_trail(history, ALICES[0].id, ALICE)


def test_the_engine_reads_the_history_on_behalf_of_the_caller() -> None:
    engine = InMemoryEngine()
    engine.record_history(ALL)
    assert engine.list_orders(OrderFilter(), 10, None, ALICE).orders == tuple(ALICES[::-1])
    with pytest.raises(OrderNotFound):
        engine.read_trail(BOBS[0].id, ALICE)
    assert engine.read_trail(BOBS[0].id, BOB).order == BOBS[0]
