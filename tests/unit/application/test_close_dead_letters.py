"""Dead letters: their orders are closed where there is evidence for an end, and left alone where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import TRANSACTION_VALIDITY
from order_engine.application.close_dead_letters import RESERVE, LetterResult
from order_engine.application.errors import DependencyUnavailable, OrderNotFound
from order_engine.application.execute_order import SAFETY_MARGIN
from order_engine.application.ports import DeadLetter, DeadLetters
from order_engine.domain.events import Failed, Status
from order_engine.domain.order import Order
from order_engine.fakes.queue import InMemoryDeadLetters, Message
from tests.support.engine import CALM, InMemoryEngine
from tests.support.invariants import check
from tests.support.orders import CONFIRMED, LIVES, RETRIED, after, new_order, statuses

S = Status
UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"
SLOW = MarketSettings("1", execution_latency=10)


def failure(order: Order) -> Failed:
    """Return the event with which the order failed."""
    last = order.events[-1]
    assert isinstance(last, Failed)
    return last


def sent(engine: InMemoryEngine) -> Order:
    """Return an order whose transaction was sent, and whose worker crashed before it stored that."""
    order = engine.sign(engine.place())
    assert order.transaction is not None
    engine.ports.venues[order.transaction.venue].submit(order.transaction)
    return order


@pytest.mark.parametrize("steps", [(), (S.ROUTING,), RETRIED[:2]])
def test_an_order_that_was_never_signed_fails(steps: tuple[Status, ...]) -> None:
    engine = InMemoryEngine()
    order = after(new_order(), *steps)
    engine.orders.create(order)
    closed = engine.dead_letter_closing.close(order.id)
    assert closed.status is S.FAILED
    assert failure(closed).fault.code == "processing_gave_up"
    assert failure(closed).attempts == order.attempts
    assert engine.now(order) == closed


def test_an_order_that_was_signed_and_may_still_land_is_left_alone() -> None:
    engine = InMemoryEngine()
    order = engine.sign(engine.place())
    assert engine.dead_letter_closing.close(order.id) == order == engine.now(order)


def test_once_its_transaction_has_expired_it_fails_and_can_never_land() -> None:
    engine = InMemoryEngine()
    order = engine.sign(engine.place())
    engine.clock.sleep(TRANSACTION_VALIDITY.total_seconds() + 1)
    closed = engine.dead_letter_closing.close(order.id)
    assert closed.status is S.FAILED
    assert failure(closed).fault.code == "transaction_expired"
    assert order.transaction is not None
    engine.ports.venues[order.transaction.venue].submit(order.transaction)
    check(engine)


def test_a_swap_that_landed_unnoticed_is_confirmed_by_way_of_submitted() -> None:
    engine = InMemoryEngine()
    order = sent(engine)
    engine.clock.sleep(10)
    closed = engine.dead_letter_closing.close(order.id)
    assert statuses(closed)[-2:] == [S.SUBMITTED, S.CONFIRMED]
    check(engine)


def test_a_swap_that_is_not_final_yet_is_left_alone_until_it_is() -> None:
    engine = InMemoryEngine(SLOW)
    order = engine.place()
    engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN + 3))
    assert engine.dead_letter_closing.close(order.id).status is S.SUBMITTED
    engine.clock.sleep(10)
    assert engine.dead_letter_closing.close(order.id).status is S.CONFIRMED
    check(engine)


def test_a_swap_that_failed_on_chain_fails_with_the_chains_reason() -> None:
    engine = InMemoryEngine(replace(CALM, execution_failure_rate=1))
    order = sent(engine)
    engine.clock.sleep(10)
    fault = failure(engine.dead_letter_closing.close(order.id)).fault
    assert fault.code == "transaction_failed"
    assert fault.program_code
    check(engine)


@pytest.mark.parametrize("life", LIVES)
def test_an_order_that_has_ended_is_left_as_it_is(life: tuple[Status, ...]) -> None:
    engine = InMemoryEngine()
    order = after(new_order(), *life)
    engine.orders.create(order)
    assert engine.dead_letter_closing.close(order.id) == order == engine.now(order)


def test_an_unknown_order_is_an_error() -> None:
    with pytest.raises(OrderNotFound):
        InMemoryEngine().dead_letter_closing.close(UNKNOWN)


def bury(engine: InMemoryEngine, *bodies: str) -> None:
    engine.queue.dead += [Message(body, engine.clock.now()) for body in bodies]


def letter_for(order_id: str) -> str:
    return json.dumps({"orderId": order_id})


def visible(engine: InMemoryEngine) -> list[bool]:
    """Return of each dead letter whether it can be read now."""
    return [letter.visible_at <= engine.clock.now() for letter in engine.queue.dead]


def run(engine: InMemoryEngine, dead_letters: DeadLetters | None = None, seconds: float = 60) -> list[LetterResult]:
    closing = replace(engine.dead_letter_closing, dead_letters=dead_letters or engine.ports.dead_letters)
    return list(closing.run(engine.deadline(seconds)))


def test_a_run_closes_what_can_be_closed_and_leaves_every_letter_visible() -> None:
    engine = InMemoryEngine()
    ended = after(new_order(), *CONFIRMED)
    engine.orders.create(ended)
    signed, unsigned = engine.sign(engine.place()), engine.place()
    bodies = ["wake up!", letter_for(UNKNOWN), *(letter_for(order.id) for order in (signed, unsigned, ended))]
    bury(engine, *bodies)
    results = run(engine)
    assert [result.letter.body for result in results] == bodies
    assert [result.order for result in results] == [None, None, signed, engine.now(unsigned), ended]
    assert [result.closed for result in results] == [False, False, False, True, True]
    assert [type(result.failure) for result in results] == [type(None), OrderNotFound, *[type(None)] * 3]
    assert results[0].letter.unreadable
    assert engine.now(unsigned).status is S.FAILED
    assert visible(engine) == [True] * 5


def test_the_next_run_looks_again() -> None:
    engine = InMemoryEngine()
    signed = engine.sign(engine.place())
    bury(engine, letter_for(signed.id))
    assert [result.closed for result in run(engine)] == [False]
    engine.clock.sleep(TRANSACTION_VALIDITY.total_seconds() + 1)
    assert [result.closed for result in run(engine)] == [True]
    assert failure(engine.now(signed)).fault.code == "transaction_expired"
    assert visible(engine) == [True]


def test_a_letter_that_can_not_be_closed_does_not_stop_the_others() -> None:
    engine = InMemoryEngine()
    signed, unsigned = engine.sign(engine.place()), engine.place()
    bury(engine, letter_for(signed.id), letter_for(unsigned.id))
    closing = replace(engine.dead_letter_closing, venues={})  # the venue of the signed order is gone
    failed, closed = closing.run(engine.deadline())
    assert isinstance(failed.failure, KeyError)
    assert (failed.order, failed.closed) == (None, False)
    assert (closed.order, closed.closed, closed.failure) == (engine.now(unsigned), True, None)
    assert engine.now(signed) == signed
    assert visible(engine) == [True, True]


@pytest.mark.parametrize(("seconds", "read"), [(RESERVE - 0.1, 1), (RESERVE + 1.5, 2), (60, 5)])
def test_a_run_stops_reading_in_time_and_releases_what_it_has_read(seconds: float, read: int) -> None:
    class Slow(InMemoryDeadLetters):
        def read(self) -> Iterator[DeadLetter]:
            for letter in InMemoryDeadLetters.read(self):
                engine.clock.sleep(1)
                yield letter

    engine = InMemoryEngine()
    bury(engine, *(f"letter {number}" for number in range(5)))
    results = run(engine, Slow(engine.queue), seconds)
    assert [result.letter.body for result in results] == [f"letter {number}" for number in range(read)]
    assert visible(engine) == [True] * 5


def test_every_letter_is_released_even_if_one_can_not_be() -> None:
    class Sticky(InMemoryDeadLetters):
        def release(self, letter: DeadLetter) -> None:
            if letter.body == "first":
                raise DependencyUnavailable("The receipt is too old.")
            InMemoryDeadLetters.release(self, letter)

    engine = InMemoryEngine()
    bury(engine, "first", "second")
    dead_letters = Sticky(engine.queue)
    assert [result.letter.body for result in run(engine, dead_letters)] == ["first", "second"]
    assert visible(engine) == [False, True]
    engine.clock.sleep(dead_letters.visibility_timeout)
    assert visible(engine) == [True, True]


def test_letters_stay_hidden_until_the_run_has_closed_them_all() -> None:
    class Watching(InMemoryDeadLetters):
        def release(self, letter: DeadLetter) -> None:
            closed_before.append(engine.now(last).status.terminal)
            InMemoryDeadLetters.release(self, letter)

    closed_before: list[bool] = []
    engine = InMemoryEngine()
    first, last = engine.place(), engine.place()
    bury(engine, letter_for(first.id), letter_for(last.id))
    run(engine, Watching(engine.queue))
    assert closed_before == [True, True]


def test_without_letters_there_is_nothing_to_close() -> None:
    assert run(InMemoryEngine()) == []


def test_a_read_that_fails_later_loses_no_result_and_hides_no_letter() -> None:
    class Breaking(InMemoryDeadLetters):
        def read(self) -> Iterator[DeadLetter]:
            yield from InMemoryDeadLetters.read(self)
            raise DependencyUnavailable("SQS did not answer")

    engine = InMemoryEngine()
    order = engine.place()
    bury(engine, letter_for(order.id))
    closing = replace(engine.dead_letter_closing, dead_letters=Breaking(engine.queue))
    results: list[LetterResult] = []
    with pytest.raises(DependencyUnavailable):
        results.extend(closing.run(engine.deadline(60)))  # extend keeps what came before the error
    assert engine.now(order).status is Status.FAILED
    assert [result.closed for result in results] == [True]
    assert visible(engine) == [True]
