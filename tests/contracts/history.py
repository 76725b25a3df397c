"""The contracts of `History` and `HistoryReader`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain, pairwise
from random import Random
from typing import Any, Protocol

import pytest

from order_engine.application.errors import OrderNotFound
from order_engine.application.ports import (
    History,
    HistoryReader,
    OrderFilter,
    OrderTrail,
    Page,
    Position,
    failed_attempts,
)
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.tokens import token
from tests.support.history import without_zeros
from tests.support.orders import CANCELLED, CONFIRMED, LIVES, REVERTED, START, STEP, after, images, new_order, terms


class Records(Protocol):
    """A history and what can be read in it."""

    @property
    def history(self) -> History:
        """The history."""

    @property
    def reader(self) -> HistoryReader:
        """Its read side."""

    def orders(self) -> Mapping[str, Order]:
        """Return all orders as they come back, by id."""


class HistoryContract:
    """Inherit this and give a fixture `records` without any order in it."""

    @pytest.mark.parametrize("life", LIVES, ids=lambda life: f"{len(life)} steps to {life[-1]}")
    def test_an_order_comes_back_equal_after_every_step(self, records: Records, life: tuple[Status, ...]) -> None:
        what = terms("1.50", slippage="0.010", min_amount_out="200.0")
        accepted = new_order(user_id="ünï", what=what, client_order_id="mine", correlation_id="request-1")
        for image in images(accepted, *life):
            counts = records.history.record([image]).orders
            assert records.orders() == {image.id: image}
            assert without_zeros(counts) == {image.status: 1}

    def test_the_same_again_changes_nothing(self, records: Records) -> None:
        batch = [after(new_order(), *life) for life in LIVES]
        counts, orders = records.history.record(batch).orders, records.orders()
        assert records.history.record(batch).orders == counts
        assert records.orders() == orders == {order.id: order for order in batch}

    def test_older_versions_change_nothing(self, records: Records) -> None:
        *older, newest = images(new_order(), *REVERTED)
        counts = records.history.record([newest]).orders
        for image in reversed(older):
            assert records.history.record([image]).orders == counts
        assert records.orders() == {newest.id: newest}

    def test_the_newest_version_in_a_batch_wins_wherever_it_stands(self, records: Records) -> None:
        first, *middle, newest = images(new_order(), *CONFIRMED)
        assert without_zeros(records.history.record([first, newest, *middle]).orders) == {"confirmed": 1}
        assert records.orders() == {newest.id: newest}

    @pytest.mark.parametrize("seed", range(5))
    def test_the_counts_are_those_of_the_newest_versions_in_whatever_order_they_come(
        self, records: Records, seed: int
    ) -> None:
        random = Random(seed)
        lives = [images(new_order(), *life) for life in LIVES]
        delivered = list(chain.from_iterable(lives)) * 2
        random.shuffle(delivered)
        newest: dict[str, Order] = {}
        while delivered:
            batch = [delivered.pop() for _ in range(min(len(delivered), random.randint(1, 7)))]
            newest |= {one.id: one for one in sorted([*batch, *newest.values()], key=lambda order: order.version)}
            counts = records.history.record(batch).orders
            assert without_zeros(counts) == Counter(order.status for order in newest.values())
        assert records.orders() == {life[-1].id: life[-1] for life in lives}

    def test_every_status_has_a_count_from_the_start(self, records: Records) -> None:
        assert records.history.record([]).orders == dict.fromkeys(Status, 0)

    def test_recounting_gives_the_same_numbers(self, records: Records) -> None:
        assert records.history.recount().orders == dict.fromkeys(Status, 0)
        orders = [after(new_order(), *life) for life in (CONFIRMED, CONFIRMED, CANCELLED)]
        counts = records.history.record(orders).orders
        assert records.history.recount().orders == counts
        assert without_zeros(counts) == {"confirmed": 2, "cancelled": 1}

    def test_later_counts_have_a_later_moment(self, records: Records) -> None:
        history, order = records.history, new_order()
        counts = [history.record([]), history.record([order]), history.recount(), history.record([order])]
        assert all(earlier.counted_at < later.counted_at for earlier, later in pairwise(counts))


class HistoryReaderContract:
    """Inherit this and give a fixture `records` without any order in it."""

    def test_orders_are_listed_newest_first_and_page_by_page(self, records: Records) -> None:
        moments = [START, START + STEP, START + STEP, START + 2 * STEP, START + 3 * STEP]
        orders = [after(new_order(at=at), *life) for at, life in zip(moments, LIVES, strict=True)]
        records.history.record(orders)
        newest_first = sorted(orders, key=lambda order: (order.created_at, order.id), reverse=True)
        listed: list[Order] = []
        position: Position | None = None
        for size in (2, 2, 1):
            page = records.reader.list_orders(OrderFilter(), 2, position)
            assert len(page.orders) == size
            listed += page.orders
            position = page.following
        assert listed == newest_first
        assert position is None

    def test_a_page_that_holds_the_rest_says_that_it_is_the_last(self, records: Records) -> None:
        orders = [new_order(), new_order()]
        records.history.record(orders)
        assert records.reader.list_orders(OrderFilter(), 2).following is None
        assert records.reader.list_orders(OrderFilter(), 1).following is not None
        assert records.reader.list_orders(OrderFilter("nobody"), 1) == Page((), None)

    def test_filters_restrict_the_list_by_user_status_and_token_in(self, records: Records) -> None:
        sol = after(new_order(user_id="alice"), *CONFIRMED)
        usdc = new_order(user_id="alice", what=terms("100", "USDC", "SOL"))
        bobs = after(new_order(user_id="bob"), *CONFIRMED)
        records.history.record([sol, usdc, bobs])

        def found(*wanted: Any) -> set[str]:
            return {order.id for order in records.reader.list_orders(OrderFilter(*wanted), 10).orders}

        assert found() == {sol.id, usdc.id, bobs.id}
        assert found("alice") == {sol.id, usdc.id}
        assert found(None, Status.CONFIRMED) == {sol.id, bobs.id}
        assert found(None, None, token("USDC")) == {usdc.id}
        assert found("alice", Status.CONFIRMED, token("SOL")) == {sol.id}
        assert found("bob", Status.PENDING) == set()

    @pytest.mark.parametrize("life", LIVES, ids=lambda life: f"{len(life)} steps to {life[-1]}")
    def test_a_trail_is_the_order_with_each_failed_attempt(self, records: Records, life: tuple[Status, ...]) -> None:
        order = after(new_order(), *life)
        records.history.record([new_order(), order])
        assert records.reader.trail(order.id) == OrderTrail(order, tuple(failed_attempts(order)))

    def test_an_order_that_was_not_recorded_is_not_found(self, records: Records) -> None:
        with pytest.raises(OrderNotFound):
            records.reader.trail(new_order().id)

    def test_a_history_that_answers_passes_the_check(self, records: Records) -> None:
        records.reader.check()
