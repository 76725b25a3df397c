"""The contracts of `WakeUpQueue`, with what its receiver can rely on, and of `QueueGauge`."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import QueueFigures
from tests.contracts.lines import Line, NewLine, Rules
from tests.support.orders import new_order


def received(line: Line) -> list[Any]:
    """Receive until there is nothing more; return what the messages say."""
    found: list[Any] = []
    while messages := line.receive():
        found += [json.loads(message.body) for message in messages]
    return found


class QueueContract:
    """Inherit this and give a fixture `new_line`."""

    @pytest.fixture
    def line(self, new_line: NewLine) -> Line:
        return new_line(Rules())

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

    @pytest.mark.parametrize("number", [0, 11])
    def test_none_or_more_than_ten_are_refused_as_a_whole(self, line: Line, number: int) -> None:
        with pytest.raises(DependencyUnavailable):
            line.queue.send_again([str(uuid4()) for _ in range(number)])
        assert received(line) == []

    def test_no_more_than_ten_are_received_at_once(self, line: Line) -> None:
        orders = [new_order() for _ in range(12)]
        for order in orders:
            line.queue.send(order)
        first = line.receive()
        assert 1 <= len(first) <= 10
        rest = received(line)
        assert sorted([json.loads(one.body)["orderId"] for one in first] + [one["orderId"] for one in rest]) == sorted(
            order.id for order in orders
        )

    def test_a_received_message_is_invisible_until_it_is_given_back(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        assert line.receive() == []
        line.queue.give_back(message.receipt, 0)
        (again,) = line.receive()
        assert again.body == message.body

    def test_a_message_that_is_given_back_for_later_stays_invisible(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        line.queue.give_back(message.receipt, 50.5)
        assert line.receive() == []

    def test_a_pause_is_whole_seconds_and_never_too_short(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        before = line.clock.now()
        line.queue.give_back(message.receipt, 0.2)
        assert line.receive() == []
        line.poll(line.receive)
        assert (line.clock.now() - before).total_seconds() > 0.9

    def test_each_receive_is_counted_and_has_a_receipt_of_its_own(self, line: Line) -> None:
        line.queue.send(new_order())
        receives = []
        for _ in range(3):
            (message,) = line.receive()
            line.queue.give_back(message.receipt, 0)
            receives.append(message)
        assert [message.receive_count for message in receives] == [1, 2, 3]
        assert len({message.receipt for message in receives}) == 3

    def test_a_message_that_is_not_deleted_in_time_is_received_again_and_no_other(self, new_line: NewLine) -> None:
        line = new_line(Rules(visibility_timeout=2))
        line.queue.send_again([str(uuid4()), str(uuid4())])
        before = line.clock.now()
        done, kept = line.receive()
        line.delete(done.receipt)
        (again,) = line.poll(line.receive)
        assert (line.clock.now() - before).total_seconds() > 1.9
        assert (again.body, again.receive_count) == (kept.body, 2)

    def test_a_late_receipt_does_not_delete_what_another_worker_has_received(self, line: Line) -> None:
        line.queue.send(new_order())
        (mine,) = line.receive()
        line.queue.give_back(mine.receipt, 0)
        (yours,) = line.receive()
        line.delete(mine.receipt)
        line.queue.give_back(yours.receipt, 0)
        assert [message.body for message in line.receive()] == [mine.body]

    def test_the_latest_receipt_deletes_a_message_that_is_visible_again(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        line.queue.give_back(message.receipt, 0)
        line.delete(message.receipt)
        assert line.receive() == []

    def test_a_message_that_was_deleted_can_not_be_given_back(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        line.delete(message.receipt)
        with pytest.raises(DependencyUnavailable):
            line.queue.give_back(message.receipt, 0)
        assert line.receive() == []

    def test_a_message_that_is_visible_again_can_not_be_hidden(self, line: Line) -> None:
        line.queue.send(new_order())
        (message,) = line.receive()
        line.queue.give_back(message.receipt, 0)
        with pytest.raises(DependencyUnavailable):
            line.queue.give_back(message.receipt, 50)
        assert [again.body for again in line.receive()] == [message.body]

    def test_after_its_last_receive_a_message_becomes_a_letter_but_not_while_it_is_processed(
        self, new_line: NewLine
    ) -> None:
        line = new_line(Rules(max_receive_count=2))
        line.queue.send(new_order())
        (first,) = line.receive()
        line.queue.give_back(first.receipt, 0)
        (last,) = line.receive()
        assert line.receive() == []
        assert list(line.letters.read()) == []
        line.queue.give_back(last.receipt, 0)
        for _ in range(2):
            assert line.receive() == []
        assert [letter.body for letter in line.letters.read()] == [first.body]

    def test_a_message_that_is_deleted_at_its_last_receive_is_no_letter(self, new_line: NewLine) -> None:
        line = new_line(Rules(max_receive_count=1))
        line.queue.send(new_order())
        (message,) = line.receive()
        line.delete(message.receipt)
        assert line.receive() == []
        assert list(line.letters.read()) == []

    def test_the_gauge_tells_what_is_visible_what_is_in_flight_and_how_many_letters_there_are(self, line: Line) -> None:
        line.queue.send(new_order())
        assert len(line.receive()) == 1
        for _ in range(2):
            line.queue.send(new_order())
        for number in range(3):
            line.send_letter(str(number))
        assert line.poll(lambda: line.gauge.figures() == QueueFigures(waiting=2, active=1, delayed=0, failed=3))
