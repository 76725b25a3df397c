"""Placing orders: stored first, then queued; the same command twice is one order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from order_engine.application.errors import DependencyUnavailable, IdempotencyConflict, RateLimited
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Allowance
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.queue import InMemoryQueue
from tests.support.callers import ALICE, BOB
from tests.support.engine import InMemoryEngine
from tests.support.orders import after, terms


@dataclass(slots=True)
class DeadQueue(InMemoryQueue):
    """A queue that does not answer; whether it took the message is not known."""

    asked: list[str] = field(default_factory=list)

    def send(self, order: Order) -> None:
        self.asked.append(order.id)
        raise DependencyUnavailable("SQS did not answer")


class DeadStore(InMemoryOrderStore):
    """A store that does not answer."""

    def create(self, order: Order) -> Order | None:
        raise DependencyUnavailable(f"DynamoDB did not answer: {order.id}")


class OneEach:
    """A limit of one order for each user."""

    def __init__(self) -> None:
        self.users: set[str] = set()

    def admit(self, user_id: str) -> Allowance:
        if user_id in self.users:
            raise RateLimited(1, 42)
        self.users.add(user_id)
        return Allowance(1, 0, 42)


def queued(engine: InMemoryEngine) -> list[str]:
    return [json.loads(message.body)["orderId"] for message in engine.queue.messages]


def test_an_accepted_order_is_stored_pending_and_queued() -> None:
    engine = InMemoryEngine()
    order = engine.place(terms("2.50"), "alice", client_order_id="mine", correlation_id="request-1")
    assert engine.now(order) == order
    assert (order.status, order.version, order.user_id) == (Status.PENDING, 1, "alice")
    assert (order.client_order_id, order.correlation_id) == ("mine", "request-1")
    assert order.created_at == order.updated_at == engine.clock.now()
    assert queued(engine) == [order.id]


def test_without_a_key_the_same_order_twice_is_two_orders() -> None:
    engine = InMemoryEngine()
    assert engine.place().id != engine.place().id
    assert len(engine.orders.orders) == 2


def test_with_a_key_the_same_order_twice_is_one_and_both_get_the_same_answer() -> None:
    engine = InMemoryEngine()
    command = PlaceOrder(ALICE, terms("1"), idempotency_key="k")
    first = engine.placement.place(command)
    engine.clock.sleep(1)
    again = engine.placement.place(PlaceOrder(ALICE, terms("1.0"), idempotency_key="k"))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.order == first.order
    assert list(engine.orders.orders) == [first.order.id]
    assert UUID(first.order.id).version == 5


def test_the_same_key_of_another_user_is_another_order() -> None:
    engine = InMemoryEngine()
    alices = engine.place(user_id="alice", idempotency_key="k")
    bobs = engine.place(user_id="bob", idempotency_key="k")
    assert alices.id != bobs.id


def test_user_and_key_can_not_be_shifted_into_one_another() -> None:
    engine = InMemoryEngine()
    assert engine.place(user_id="a", idempotency_key="bc").id != engine.place(user_id="ab", idempotency_key="c").id


def test_the_same_key_with_another_order_is_a_conflict_and_changes_nothing() -> None:
    engine = InMemoryEngine()
    first = engine.place(terms("1"), idempotency_key="k")
    with pytest.raises(IdempotencyConflict) as conflict:
        engine.place(terms("2"), idempotency_key="k")
    assert conflict.value.order_id == first.id
    assert engine.orders.stream == [first]
    assert queued(engine) == [first.id]


def test_a_replay_of_a_pending_order_sends_its_message_again_as_the_first_request_may_have_died() -> None:
    engine = InMemoryEngine()
    order = engine.place(idempotency_key="k")
    engine.queue.messages.clear()
    engine.clock.sleep(1)
    engine.place(idempotency_key="k")
    assert queued(engine) == [order.id]


@pytest.mark.parametrize("steps", [(Status.ROUTING,), (Status.CANCELLED,)])
def test_a_replay_of_an_order_that_is_under_way_or_done_sends_no_message(steps: tuple[Status, ...]) -> None:
    engine = InMemoryEngine()
    moved_on = after(engine.place(idempotency_key="k"), *steps)
    engine.orders.append(moved_on)
    engine.queue.messages.clear()
    again = engine.placement.place(PlaceOrder(ALICE, terms(), idempotency_key="k"))
    assert (again.order, again.replayed) == (moved_on, True)
    assert queued(engine) == []


@pytest.mark.parametrize("key", [None, "k"])
def test_a_queue_that_is_down_delays_the_order_and_loses_nothing(key: str | None) -> None:
    engine = InMemoryEngine()
    queue = DeadQueue(engine.clock, JsonWakeUpCodec())
    placement = replace(engine.placement, queue=queue)
    placed = placement.place(PlaceOrder(ALICE, terms(), idempotency_key=key))
    assert queue.asked == [placed.order.id]
    engine.clock.sleep(60)
    assert engine.sweep() == 1
    assert engine.settle(placed.order).status is Status.CONFIRMED


def test_a_store_that_is_down_is_an_error_and_nothing_is_queued() -> None:
    engine = InMemoryEngine()
    placement = replace(engine.placement, orders=DeadStore(JsonEventCodec()))
    with pytest.raises(DependencyUnavailable):
        placement.place(PlaceOrder(ALICE, terms()))
    assert queued(engine) == []


def test_a_user_who_has_placed_too_many_is_refused_before_anything_is_stored_and_nobody_else_is() -> None:
    engine = InMemoryEngine()
    placement = replace(engine.placement, limiter=OneEach())
    assert placement.place(PlaceOrder(ALICE, terms())).allowance == Allowance(1, 0, 42)
    with pytest.raises(RateLimited) as refused:
        placement.place(PlaceOrder(ALICE, terms()))
    assert refused.value.retry_after == 42
    assert placement.place(PlaceOrder(BOB, terms())).order.user_id == "bob"
    assert [order.user_id for order in engine.orders.stream] == ["alice", "bob"]
    assert len(queued(engine)) == 2


def test_asking_again_for_an_accepted_order_is_answered_even_when_no_new_one_may_be_placed() -> None:
    engine = InMemoryEngine()
    placement = replace(engine.placement, limiter=OneEach())
    first = placement.place(PlaceOrder(ALICE, terms("1"), idempotency_key="k"))
    again = placement.place(PlaceOrder(ALICE, terms("1.0"), idempotency_key="k"))
    assert (again.replayed, again.order) == (True, first.order)
    with pytest.raises(IdempotencyConflict):
        placement.place(PlaceOrder(ALICE, terms("2"), idempotency_key="k"))
    with pytest.raises(RateLimited):
        placement.place(PlaceOrder(ALICE, terms("1"), idempotency_key="other"))
    assert len(engine.orders.stream) == 1
