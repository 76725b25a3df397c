"""What happens every minute: overdue orders are requeued, the orders of dead letters closed, and the letters kept."""

from __future__ import annotations

import json

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import DeadLetter
from order_engine.contracts.views import order_view
from order_engine.domain.events import Status
from order_engine.entrypoints.deadline import LambdaDeadline
from order_engine.fakes.queue import InMemoryDeadLetters, Message
from tests.support.functions import Context, Deployment
from tests.support.orders import CONFIRMED, after, new_order

UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"


def add_dead_letters(deployed: Deployment, *bodies: str) -> None:
    queue = deployed.engine.queue
    queue.dead += [Message(body, queue.clock.now()) for body in bodies]


def wake_up(order_id: str) -> str:
    return json.dumps({"orderId": order_id})


def test_overdue_orders_are_requeued(deployed: Deployment) -> None:
    lost, done = deployed.engine.place(), deployed.engine.place()
    deployed.engine.cancel(done)
    deployed.engine.queue.messages.clear()
    assert deployed.call("sweep_orders", "schedule", 60) == {"swept": 0}
    deployed.engine.clock.sleep(60)
    assert deployed.call("sweep_orders", "schedule", 60) == {"swept": 1}
    assert deployed.queued() == [{"orderId": lost.id}]


def test_a_stuck_order_waits_for_its_turn_unless_an_operator_asks_for_all(deployed: Deployment) -> None:
    stuck = deployed.engine.place()
    deployed.engine.queue.messages.clear()
    deployed.engine.clock.sleep(60 + 20 * 60)
    assert deployed.call("sweep_orders", "schedule", 60) == {"swept": 0}
    assert deployed.call("sweep_orders", "sweep_all", 60) == {"swept": 1}
    assert deployed.queued() == [{"orderId": stuck.id}]


@pytest.mark.parametrize("content", [False, None, 1, "true", [], {}])
def test_all_can_only_be_true(deployed: Deployment, content: object) -> None:
    deployed.engine.place()
    deployed.engine.clock.sleep(60)
    deployed.engine.queue.messages.clear()
    with pytest.raises(ValueError, match='"all" can only be true'):
        deployed.call("sweep_orders", {"all": content}, 60)
    assert deployed.queued() == []


def test_the_orders_of_dead_letters_are_closed_where_there_is_evidence(deployed: Deployment) -> None:
    never_signed, signed = deployed.engine.place(), deployed.engine.sign(deployed.engine.place())
    add_dead_letters(deployed, "wake up!", wake_up(UNKNOWN), wake_up(never_signed.id), wake_up(signed.id), "{}")
    assert deployed.call("close_dead_letters", "schedule", 60) == {"letters": 5, "closed": 1}
    assert deployed.engine.now(never_signed).status is Status.FAILED
    assert deployed.engine.now(signed).status is Status.BUILDING


def test_a_letter_whose_closing_fails_does_not_keep_the_others_from_being_closed(deployed: Deployment) -> None:
    signed, never_signed = deployed.engine.sign(deployed.engine.place()), deployed.engine.place()
    deployed.replace("venues", {})  # the venue of the signed one is gone
    add_dead_letters(deployed, wake_up(signed.id), wake_up(never_signed.id))
    assert deployed.call("close_dead_letters", "schedule", 60) == {"letters": 2, "closed": 1}
    assert deployed.engine.now(never_signed).status is Status.FAILED


def test_a_letter_that_can_not_be_released_does_not_keep_the_others_hidden(deployed: Deployment) -> None:
    class Sticky(InMemoryDeadLetters):
        def release(self, letter: DeadLetter) -> None:
            if letter.body == "sticky":
                raise DependencyUnavailable("The receipt is too old.")
            InMemoryDeadLetters.release(self, letter)

    deployed.replace("dead_letters", Sticky(deployed.engine.queue))
    add_dead_letters(deployed, "sticky", "free")
    deployed.call("close_dead_letters", "schedule", 60)
    now = deployed.engine.clock.now()
    assert [letter.visible_at <= now for letter in deployed.engine.queue.dead] == [False, True]


def test_letters_stay_visible_and_the_next_run_reads_them_again(deployed: Deployment) -> None:
    signed = deployed.engine.sign(deployed.engine.place())
    add_dead_letters(deployed, "wake up!", wake_up(signed.id))
    deployed.call("close_dead_letters", "schedule", 60)
    now = deployed.engine.clock.now()
    assert [letter.visible_at <= now for letter in deployed.engine.queue.dead] == [True, True]
    deployed.engine.clock.sleep(61)
    assert deployed.call("close_dead_letters", "schedule", 60) == {"letters": 2, "closed": 1}
    assert order_view(deployed.engine.now(signed))["error"]["code"] == "transaction_expired"


def test_an_order_that_has_ended_counts_as_closed_and_does_not_change(deployed: Deployment) -> None:
    order = after(new_order(), *CONFIRMED)
    deployed.engine.orders.create(order)
    add_dead_letters(deployed, wake_up(order.id))
    assert deployed.call("close_dead_letters", "schedule", 60) == {"letters": 1, "closed": 1}
    assert deployed.engine.now(order) == order


def test_without_time_reading_stops_and_what_was_read_is_released(deployed: Deployment) -> None:
    add_dead_letters(deployed, *("wake up!" for _ in range(5)))
    assert deployed.call("close_dead_letters", "schedule", 4.9) == {"letters": 1, "closed": 0}
    assert len(list(deployed.ports.dead_letters.read())) == 5


def test_redriven_letters_have_no_second_effect(deployed: Deployment) -> None:
    order = deployed.engine.place()
    deployed.engine.work()
    done = deployed.engine.now(order)
    add_dead_letters(deployed, wake_up(order.id))
    assert deployed.ports.dead_letters.redrive_all() == 1
    assert deployed.deliver() == []
    assert deployed.engine.now(order) == done
    assert len(deployed.engine.ledger.landed(order.id)) == 1


@pytest.mark.parametrize("seconds", [0.0, 12.5])
def test_a_deadline_is_what_lambda_says_is_left(deployed: Deployment, seconds: float) -> None:
    assert LambdaDeadline(Context(deployed.engine.clock, seconds)).remaining() == seconds
