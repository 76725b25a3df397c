"""The query of the order list."""

from __future__ import annotations

from typing import Any, cast

import pytest

from order_engine.application.errors import ForeignUserId
from order_engine.application.identity import ANYONE, Caller
from order_engine.application.ports import OrderFilter, Page, Position
from order_engine.application.read_history import list_orders
from order_engine.contracts.cursor import encode_cursor
from order_engine.contracts.order_list import DEFAULT_LIMIT, MAX_LIMIT, parse_list_query
from order_engine.domain.errors import InvalidOrder
from order_engine.domain.events import Status
from order_engine.domain.tokens import token
from tests.support.callers import ALICE, OLGA
from tests.support.orders import START

POSITION = Position(START, "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")


def understood(query: dict[str, str]) -> tuple[OrderFilter, Position | None]:
    read = parse_list_query(query)
    return read.to_filter(), read.position()


def test_without_a_query_the_newest_orders_are_listed() -> None:
    query = parse_list_query({})
    assert (query.to_filter(), query.limit, query.position()) == (OrderFilter(), DEFAULT_LIMIT, None)


def test_everything_that_is_given_restricts() -> None:
    cursor = encode_cursor(POSITION)
    query = parse_list_query({"status": "failed", "tokenIn": "sol", "userId": "alice", "limit": "7", "cursor": cursor})
    assert query.to_filter() == OrderFilter("alice", Status.FAILED, token("SOL"))
    assert (query.limit, query.position()) == (7, POSITION)


class Filters(list[OrderFilter]):
    """A `HistoryReader` without orders; notes what it is asked for."""

    def list_orders(self, wanted: OrderFilter, _limit: int, _after: Position | None = None) -> Page:
        self.append(wanted)
        return Page((), None)


def asked_for(query: dict[str, str], caller: Caller) -> OrderFilter:
    reader: Any = Filters()
    read = parse_list_query(query)
    list_orders(reader, read.to_filter(), read.limit, read.position(), caller)
    (wanted,) = reader
    return cast(OrderFilter, wanted)


def test_who_is_authenticated_sees_their_own_orders_and_only_an_administrator_those_of_others() -> None:
    assert asked_for({"userId": "alice"}, ALICE).user_id == "alice"
    assert asked_for({}, ALICE).user_id == "alice"
    with pytest.raises(ForeignUserId):
        asked_for({"userId": "bob"}, ALICE)
    for caller in (OLGA, ANYONE):
        assert asked_for({"userId": "bob"}, caller).user_id == "bob"
        assert asked_for({}, caller).user_id is None


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"status": "done"}, "status", "invalid_value"),
        ({"limit": "0"}, "limit", "invalid_value"),
        ({"limit": str(MAX_LIMIT + 1)}, "limit", "invalid_value"),
        ({"limit": "ten"}, "limit", "invalid_value"),
        ({"limit": "1e2"}, "limit", "invalid_value"),
        ({"tokenIn": "DOGE"}, "tokenIn", "unknown_token"),
        ({"cursor": "42"}, "cursor", "invalid_cursor"),
        ({"cursor": "x" * 65}, "cursor", "invalid_value"),
        ({"userId": ""}, "userId", "invalid_value"),
        ({"offset": "5"}, "offset", "unknown_field"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(query: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(InvalidOrder) as refused:
        understood(query)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]
