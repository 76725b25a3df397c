"""Batches of wake-up messages: each order executed, nothing lost, and what can't be done is given back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from order_engine.adapters.process import ThreadExecutor
from order_engine.application import execute_order
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.execute_order import SAFETY_MARGIN, OrderExecution
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.views import order_view
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.entrypoints.settings import InvalidSettings
from order_engine.fakes.orders import InMemoryOrderStore
from tests.support.events import ALICES_ORDER, BOBS_ORDER, event
from tests.support.functions import Deployment
from tests.support.invariants import check
from tests.support.orders import new_order

UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"


def store(deployed: Deployment, order_id: str) -> Order:
    order = new_order(order_id, at=deployed.engine.clock.now())
    deployed.engine.orders.create(order)
    return order


def bodies(name: str) -> list[str]:
    return [record["body"] for record in event(name)["Records"]]


def wake_up(order_id: str) -> str:
    return json.dumps({"orderId": order_id})


def seconds_until_visible(deployed: Deployment, body: str) -> float:
    """Return the seconds until the message is visible."""
    (visible_at,) = [message.visible_at for message in deployed.engine.queue.messages if message.body == body]
    left: timedelta = visible_at - deployed.engine.clock.now()
    return left.total_seconds()


def test_a_wake_up_takes_the_order_to_its_end(deployed: Deployment) -> None:
    order = store(deployed, ALICES_ORDER)
    assert deployed.deliver(bodies("sqs_wake_up")) == []
    assert deployed.engine.now(order).status is Status.CONFIRMED
    assert deployed.engine.queue.messages == []
    check(deployed.engine)


def test_the_sample_event_itself_is_one_that_lambda_sends(deployed: Deployment) -> None:
    store(deployed, ALICES_ORDER)
    assert deployed.call("process_orders", "sqs_wake_up") == {"batchItemFailures": []}


def test_poison_messages_do_not_disturb_their_batch_and_are_visible_again_at_once(deployed: Deployment) -> None:
    alices, bobs = store(deployed, ALICES_ORDER), store(deployed, BOBS_ORDER)
    good = [wake_up(ALICES_ORDER)] * 2 + [wake_up(BOBS_ORDER)]
    given = bodies("sqs_poison")
    poison = [body for body in given if body not in good]
    assert len(poison) == len(given) - len(good) == 3
    assert deployed.deliver(given) == poison
    for order in (alices, bobs):
        assert deployed.engine.now(order).status is Status.CONFIRMED
    assert all(seconds_until_visible(deployed, body) <= 0 for body in poison)
    check(deployed.engine)


def test_poison_messages_become_dead_letters(deployed: Deployment) -> None:
    poison = [body for body in bodies("sqs_poison") if ALICES_ORDER not in body and BOBS_ORDER not in body]
    deployed.deliver(poison)
    for _ in range(deployed.engine.queue.max_receive_count):
        deployed.deliver()
    assert deployed.engine.queue.messages == []
    assert sorted(letter.body for letter in deployed.engine.queue.dead) == sorted(poison)


def test_a_batch_of_poison_messages_alone_is_given_back_and_no_error(deployed: Deployment) -> None:
    assert deployed.deliver(["wake up!", wake_up(UNKNOWN)]) == ["wake up!", wake_up(UNKNOWN)]


def test_the_message_of_a_retry_is_visible_when_the_retry_is_due(deployed: Deployment) -> None:
    deployed.set(QUOTE_FAILURE_RATE="1", RETRY_BASE_DELAY_SECONDS="8")
    order = store(deployed, ALICES_ORDER)
    assert deployed.deliver([wake_up(order.id)]) == [wake_up(order.id)]
    retried = deployed.engine.now(order)
    assert (retried.status, retried.attempt) == (Status.PENDING, 2)
    due: Any = retried.next_attempt_at
    assert isinstance(due, datetime)
    too_late = seconds_until_visible(deployed, wake_up(order.id)) - (due - deployed.engine.clock.now()).total_seconds()
    assert 0 <= too_late < 1  # the queue knows whole seconds only


def test_an_order_that_keeps_failing_fails_after_its_retries_and_its_message_is_deleted(deployed: Deployment) -> None:
    deployed.set(QUOTE_FAILURE_RATE="1")
    order = store(deployed, ALICES_ORDER)
    deployed.engine.queue.put(wake_up(order.id))
    for _ in range(4):
        deployed.deliver()
        deployed.engine.clock.sleep(10)
    failed = deployed.engine.now(order)
    assert (failed.status, failed.attempts) == (Status.FAILED, 4)
    assert order_view(failed)["error"]["code"] == "quote_unavailable"
    assert deployed.engine.queue.messages == []


def test_without_time_the_message_is_given_back_instead_of_the_function_being_killed(deployed: Deployment) -> None:
    deployed.set(EXECUTION_LATENCY_MS="10000")
    order = store(deployed, ALICES_ORDER)
    assert deployed.deliver([wake_up(order.id)], seconds=SAFETY_MARGIN + 3) == [wake_up(order.id)]
    assert deployed.engine.now(order).status is Status.SUBMITTED
    assert seconds_until_visible(deployed, wake_up(order.id)) == 10
    deployed.engine.clock.sleep(10)
    assert deployed.deliver() == []
    check(deployed.engine)


@pytest.mark.parametrize(("received_before", "pause"), [(0, 2), (3, 16), (15, 120)])
def test_a_processing_failure_gives_the_message_back_with_exponential_backoff(
    deployed: Deployment, received_before: int, pause: float
) -> None:
    class Down(InMemoryOrderStore):
        def load(self, order_id: str) -> Order:
            raise DependencyUnavailable(f"DynamoDB did not answer for {order_id}")

    deployed.replace("orders", Down(JsonEventCodec()))
    deployed.engine.queue.put(wake_up(ALICES_ORDER))
    deployed.engine.queue.messages[0].receive_count = received_before
    assert deployed.deliver() == [wake_up(ALICES_ORDER)]
    assert seconds_until_visible(deployed, wake_up(ALICES_ORDER)) == pause


def test_a_message_that_can_not_be_given_back_is_a_batch_item_failure_all_the_same(deployed: Deployment) -> None:
    class Stubborn:
        def give_back(self, *_: object) -> None:
            raise DependencyUnavailable("SQS did not answer")

    deployed.replace("queue", Stubborn())
    answer = deployed.call("process_orders", "sqs_poison")
    assert len(answer["batchItemFailures"]) == 6


def test_a_setting_that_makes_no_sense_fails_the_invocation_and_blames_no_order(deployed: Deployment) -> None:
    deployed.set(MAX_RETRY_ATTEMPTS="many")
    order = store(deployed, ALICES_ORDER)
    with pytest.raises(InvalidSettings, match="MAX_RETRY_ATTEMPTS"):
        deployed.deliver([wake_up(order.id)])
    assert deployed.engine.now(order) == order
    assert deployed.engine.queue.receive() == []


def test_the_orders_of_a_batch_are_executed_concurrently_by_a_use_case_that_is_built_once(deployed: Deployment) -> None:
    barrier = Barrier(10)
    built: list[OrderExecution] = []

    class Meeting(InMemoryOrderStore):
        """A table at which all orders of the batch have to be at the same time."""

        def load(self, order_id: str) -> Order:
            barrier.wait(10)
            return InMemoryOrderStore.load(self, order_id)

    def build(*parts: Any) -> OrderExecution:
        built.append(OrderExecution(*parts))
        return built[-1]

    meeting = Meeting(JsonEventCodec(), deployed.engine.orders.orders)
    deployed.replace("orders", meeting)
    deployed.replace("executor", ThreadExecutor())
    deployed.set(QUOTE_LATENCY_MS="0", EXECUTION_LATENCY_MS="0")
    deployed.patch.setattr(execute_order, "OrderExecution", build)
    orders = [new_order() for _ in range(10)]
    for order in orders:
        meeting.create(order)
    assert deployed.deliver([wake_up(order.id) for order in orders]) == []
    assert {deployed.engine.orders.orders[order.id].status for order in orders} == {Status.CONFIRMED}
    assert len(built) == 1
