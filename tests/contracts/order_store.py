"""The contracts of `OrderStore` and of the stream of what is written to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from order_engine.application.errors import OrderNotFound, VersionConflict
from order_engine.application.ports import OrderStore, Overdue
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from tests.support.cloud import eventually
from tests.support.orders import CANCELLED, CONFIRMED, LIVES, START, after, images, new_order, terms

UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"


def store_life(store: OrderStore, *steps: Status, order: Order | None = None) -> Order:
    """Take a new order through these steps, each of them stored, and return it."""
    accepted, *following = images(order or new_order(), *steps)
    store.create(accepted)
    for image in following:
        store.append(image)
    return following[-1] if following else accepted


def ids(overdue: Iterable[Overdue]) -> set[str]:
    return {one.order_id for one in overdue}


class OrderStoreContract:
    """Inherit this and give a fixture `store`."""

    def test_a_new_order_is_kept_with_everything_that_was_said(self, store: OrderStore) -> None:
        what = terms("1.50", slippage="0.010", min_amount_out="200.0")
        order = new_order(user_id="ünï\0", what=what, client_order_id="mine", correlation_id="request-1")
        assert store.create(order) is None
        assert store.load(order.id) == order

    def test_another_order_with_the_same_id_is_answered_with_the_one_that_is_there(self, store: OrderStore) -> None:
        order = store_life(store)
        other = new_order(order.id, what=terms("2"))
        assert store.create(other) == order
        assert store.load(order.id) == order

    def test_a_creation_that_is_repeated_meets_itself(self, store: OrderStore) -> None:
        """The answer to the first one got lost: it is not somebody else's order that is there."""
        order = store_life(store)
        assert store.create(order) is None

    def test_an_order_that_has_moved_on_is_not_created_again(self, store: OrderStore) -> None:
        accepted = new_order()
        order = store_life(store, Status.ROUTING, order=accepted)
        assert store.create(accepted) == order
        assert store.load(order.id) == order

    @pytest.mark.parametrize("life", LIVES, ids=lambda life: f"{len(life)} steps to {life[-1]}")
    def test_an_order_comes_back_equal_after_every_step(self, store: OrderStore, life: tuple[Status, ...]) -> None:
        accepted, *following = images(new_order(), *life)
        store.create(accepted)
        for image in following:
            store.append(image)
            assert store.load(image.id) == image

    @pytest.mark.parametrize("loser", ["same step", "other step", "late step", "early step"])
    def test_of_two_who_write_one_loses_and_learns_what_is_there(self, store: OrderStore, loser: str) -> None:
        seen = store_life(store, Status.ROUTING)
        won = after(seen, Status.BUILDING)
        store.append(won)
        lost = {
            "same step": won,
            "other step": after(seen, Status.CANCELLED),
            "late step": replace(seen, events=seen.events[:2]),
            "early step": after(won, Status.SUBMITTED, Status.CONFIRMED),
        }[loser]
        with pytest.raises(VersionConflict) as conflict:
            store.append(lost)
        assert conflict.value.current == won
        assert store.load(seen.id) == won

    def test_a_terminal_order_does_not_change(self, store: OrderStore) -> None:
        done = store_life(store, *CONFIRMED)
        with pytest.raises(VersionConflict):
            store.append(after(replace(done, events=done.events[:2]), Status.CANCELLED))
        assert store.load(done.id) == done

    def test_an_unknown_order_is_an_error(self, store: OrderStore) -> None:
        with pytest.raises(OrderNotFound):
            store.load(UNKNOWN)
        with pytest.raises(OrderNotFound):
            store.append(after(new_order(UNKNOWN), Status.ROUTING))

    def test_open_orders_are_overdue_from_the_very_second(self, store: OrderStore) -> None:
        orders = {store_life(store, *steps).id for steps in ((), CONFIRMED[:1], CONFIRMED[:2], CONFIRMED[:3])}
        due_at = new_order().due_at
        assert orders.isdisjoint(ids(store.overdue(due_at - timedelta(seconds=1))))
        assert orders <= ids(store.overdue(due_at))
        assert {one.due_at for one in store.overdue(due_at) if one.order_id in orders} == {due_at}
        assert orders <= ids(store.overdue(due_at + timedelta(days=30)))

    def test_when_an_order_is_due_is_known_to_the_second(self, store: OrderStore) -> None:
        order = new_order(at=START + timedelta(milliseconds=999))
        store.create(order)
        due_at = order.due_at.replace(microsecond=0)
        assert order.id not in ids(store.overdue(due_at - timedelta(milliseconds=1)))
        assert Overdue(order.id, due_at) in store.overdue(due_at)

    @pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
    def test_an_order_that_has_ended_is_never_overdue(self, store: OrderStore, life: tuple[Status, ...]) -> None:
        order = store_life(store, *life)
        assert order.id not in ids(store.overdue(START + timedelta(days=30)))

    def test_each_overdue_order_is_listed_once(self, store: OrderStore) -> None:
        orders = [store_life(store).id for _ in range(30)]
        told = [one.order_id for one in store.overdue(START + timedelta(hours=1)) if one.order_id in orders]
        assert sorted(told) == sorted(orders)


Images = Callable[[str], Sequence[Order]]
"""Gives the images of one order that its table's stream has so far, in order."""


class OrderStreamContract:
    """Inherit this and give fixtures `store` and `images_of`. Streams are late, so all wait for the last image."""

    @pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
    def test_each_write_is_one_image_and_they_keep_their_order(
        self, store: OrderStore, images_of: Images, life: tuple[Status, ...]
    ) -> None:
        written = images(new_order(), *life)
        store_life(store, *life, order=written[0])
        assert until(written[-1], images_of) == written

    def test_what_is_refused_gives_no_image(self, store: OrderStore, images_of: Images) -> None:
        accepted, routing, cancelled = images(new_order(), *CANCELLED)
        with pytest.raises(OrderNotFound):
            store.append(routing)
        assert store.create(accepted) is None
        assert store.create(accepted) is None
        assert store.create(new_order(accepted.id, user_id="mallory")) == accepted
        store.append(routing)
        for late in (routing, after(accepted, Status.CANCELLED), after(routing, *CONFIRMED[1:3])):
            with pytest.raises(VersionConflict):
                store.append(late)
        store.append(cancelled)
        assert until(cancelled, images_of) == [accepted, routing, cancelled]

    def test_reading_gives_no_image(self, store: OrderStore, images_of: Images) -> None:
        accepted, routing = images(new_order(), Status.ROUTING)
        store.create(accepted)
        assert store.load(accepted.id) == accepted
        assert accepted.id in ids(store.overdue(accepted.due_at))
        store.append(routing)
        assert until(routing, images_of) == [accepted, routing]


def until(last: Order, images_of: Images) -> list[Order]:
    """Wait for the last image of an order; return all that there are by then."""
    return list(eventually(lambda: images_of(last.id), lambda images: last in images))
