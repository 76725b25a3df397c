"""The contracts of `WakeUpQueue` and `DeadLetters`."""

from __future__ import annotations

import json
from typing import Any, Protocol
from uuid import uuid4

from order_engine.application.ports import DeadLetters, WakeUpQueue
from tests.support.orders import new_order


class Queue(WakeUpQueue, Protocol):
    """The queue as a worker sees it."""

    def give_back(self, receipt: str, after: float) -> None:
        """Let a received message be seen again after so many seconds."""


class Line(Protocol):
    """A queue with both its ends."""

    @property
    def queue(self) -> Queue:
        """The queue."""

    @property
    def letters(self) -> DeadLetters:
        """Its dead letters."""

    def receive(self) -> list[tuple[str, str]]:
        """Return body and receipt of the messages that are visible now, and hide them."""

    def bury(self, body: str) -> None:
        """Put a letter into the dead letter queue."""


def received(line: Line) -> list[Any]:
    """Receive until there is nothing more; return what the messages say."""
    found: list[Any] = []
    while messages := line.receive():
        found += [json.loads(body) for body, _ in messages]
    return found


class QueueContract:
    """Inherit this and give a fixture `line`, with a visibility timeout of a minute or more."""

    def test_a_message_says_which_order_and_by_which_request(self, line: Line) -> None:
        order = new_order(user_id="ünï\0", correlation_id="request-1")
        line.queue.send(order)
        assert received(line) == [{"orderId": order.id, "correlationId": "request-1"}]

    def test_without_a_request_it_says_which_order(self, line: Line) -> None:
        order = new_order()
        line.queue.send(order)
        assert received(line) == [{"orderId": order.id}]

    def test_up_to_ten_orders_are_sent_again_at_once(self, line: Line) -> None:
        orders = [str(uuid4()) for _ in range(10)]
        line.queue.send_again(orders)
        assert sorted(message["orderId"] for message in received(line)) == sorted(orders)

    def test_a_received_message_is_out_of_sight_until_it_is_given_back(self, line: Line) -> None:
        line.queue.send(new_order())
        ((body, receipt),) = line.receive()
        assert line.receive() == []
        line.queue.give_back(receipt, 0)
        assert [again for again, _ in line.receive()] == [body]

    def test_a_message_that_is_given_back_for_later_stays_out_of_sight(self, line: Line) -> None:
        line.queue.send(new_order())
        ((_, receipt),) = line.receive()
        line.queue.give_back(receipt, 50.5)
        assert line.receive() == []


class DeadLettersContract:
    """Inherit this and give a fixture `line`."""

    def test_each_letter_is_read_once_whatever_it_says(self, line: Line) -> None:
        bodies = [f"letter {number}" for number in range(25)]
        for body in bodies:
            line.bury(body)
        assert sorted(letter.body for letter in line.letters.read()) == sorted(bodies)
        assert list(line.letters.read()) == []

    def test_letters_that_were_read_are_still_there(self, line: Line) -> None:
        line.bury("wake up!")
        (letter,) = line.letters.read()
        line.letters.put_back(letter)
        assert [again.body for again in line.letters.read()] == ["wake up!"]

    def test_without_letters_there_is_nothing_to_read(self, line: Line) -> None:
        assert list(line.letters.read()) == []
