"""Receiving dead letters: each once, not for ever, and held for no longer than is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from order_engine.application.ports import DeadLetter
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from orders_admin.letters import RECEIVE_FOR, SAFETY_MARGIN, is_held, receive_letters
from orders_admin.ports import VISIBILITY_TIMEOUT, RedrivePorts


@pytest.fixture
def queue() -> InMemoryQueue:
    return InMemoryQueue(ManualClock(), JsonWakeUpCodec())


def ports_of(queue: InMemoryQueue, dead_letters: Any = None) -> RedrivePorts:
    letters = dead_letters or InMemoryDeadLetters(queue, VISIBILITY_TIMEOUT)
    return RedrivePorts(letters, InMemoryOrderStore(JsonEventCodec()), queue.clock)


def test_all_visible_letters_are_received_once(queue: InMemoryQueue) -> None:
    bodies = [f"letter {number}" for number in range(25)]
    queue.dead += [Message(body, queue.clock.now()) for body in bodies]
    ports = ports_of(queue)
    assert [letter.body for letter in receive_letters(ports)] == bodies
    assert receive_letters(ports) == []


def test_a_letter_that_is_received_twice_counts_once_with_its_later_receipt(queue: InMemoryQueue) -> None:
    class Forgetful(InMemoryDeadLetters):
        """Gives the first letter again at once, as SQS may."""

        def receive(self) -> list[DeadLetter]:
            received = InMemoryDeadLetters.receive(self)
            if received and received[0].receipt == "0":
                InMemoryDeadLetters.release(self, received[0])
            return received

    queue.dead.append(Message("wake up!", queue.clock.now()))
    assert [letter.receipt for letter in receive_letters(ports_of(queue, Forgetful(queue)))] == ["1"]


def test_receiving_ends_although_there_are_ever_more(queue: InMemoryQueue) -> None:
    class Endless(InMemoryDeadLetters):
        def receive(self) -> Sequence[DeadLetter]:  # type: ignore[override]
            clock.sleep(1)
            queue.dead.append(Message("wake up!", clock.now()))
            return InMemoryDeadLetters.receive(self)

    clock: Any = queue.clock
    assert len(receive_letters(ports_of(queue, Endless(queue)))) == RECEIVE_FOR.total_seconds()


def test_a_letter_is_held_until_shortly_before_it_becomes_visible(queue: InMemoryQueue) -> None:
    queue.dead.append(Message("wake up!", queue.clock.now()))
    ports = ports_of(queue)
    (letter,) = receive_letters(ports)
    start, margin = queue.clock.now(), SAFETY_MARGIN.total_seconds()

    def held_after(seconds: float) -> bool:
        clock = ManualClock(start)
        clock.sleep(seconds)
        return is_held(letter, replace(ports, clock=clock))

    assert margin < VISIBILITY_TIMEOUT / 2
    moments = (0, VISIBILITY_TIMEOUT - margin - 1, VISIBILITY_TIMEOUT - margin, VISIBILITY_TIMEOUT + 1)
    assert [held_after(seconds) for seconds in moments] == [True, True, False, False]
