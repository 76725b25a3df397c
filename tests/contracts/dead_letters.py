"""The contract of `DeadLetters` and `RedrivableDeadLetters`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from order_engine.application.errors import DependencyUnavailable
from tests.contracts.lines import Line, NewLine, Rules
from tests.support.orders import new_order


class DeadLettersContract:
    """Inherit this and give a fixture `new_line`."""

    @pytest.fixture
    def line(self, new_line: NewLine) -> Line:
        return new_line(Rules())

    def test_each_letter_is_read_once_whatever_it_says(self, line: Line) -> None:
        bodies = [f"letter {number}" for number in range(25)]
        for body in bodies:
            line.send_letter(body)
        assert sorted(letter.body for letter in line.letters.read()) == sorted(bodies)
        assert list(line.letters.read()) == []

    def test_letters_that_were_read_are_still_there(self, line: Line) -> None:
        line.send_letter("wake up!")
        (letter,) = line.letters.read()
        line.letters.release(letter)
        assert [again.body for again in line.letters.read()] == ["wake up!"]

    def test_a_letter_that_is_not_released_is_visible_again_after_its_visibility_timeout(
        self, new_line: NewLine
    ) -> None:
        line = new_line(Rules(letter_visibility_timeout=3))
        line.send_letter("wake up!")
        before = line.clock.now()
        assert len(list(line.letters.read())) == 1
        (again,) = line.poll(lambda: list(line.letters.read()))
        assert again.body == "wake up!"
        assert (line.clock.now() - before).total_seconds() > 2.9

    def test_a_letter_that_is_not_there_can_not_be_released(self, line: Line) -> None:
        line.send_letter("wake up!")
        (letter,) = line.letters.read()
        with pytest.raises(DependencyUnavailable):
            line.letters.release(replace(letter, receipt="no receipt"))

    def test_a_letter_names_its_order_or_says_why_it_can_not_be_read(self, line: Line) -> None:
        order_id = str(uuid4())
        for body in (json.dumps({"orderId": order_id}), "wake up!", "{}"):
            line.send_letter(body)
        letters = {letter.body: letter for letter in line.letters.read()}
        readable = letters.pop(json.dumps({"orderId": order_id}))
        assert (readable.order_id, readable.unreadable) == (order_id, None)
        assert {letter.order_id for letter in letters.values()} == {None}
        assert all(letter.unreadable for letter in letters.values())
        assert len(letters) == 2

    def test_without_letters_there_is_nothing_to_read(self, line: Line) -> None:
        assert list(line.letters.read()) == []

    def test_up_to_ten_letters_are_received_at_once_and_each_once(self, line: Line) -> None:
        bodies = [f"letter {number}" for number in range(12)]
        for body in bodies:
            line.send_letter(body)
        received: list[str] = []
        while letters := line.letters.receive():
            assert len(letters) <= 10
            received += [letter.body for letter in letters]
        assert sorted(received) == sorted(bodies)

    def test_a_letter_has_the_same_message_id_and_another_receipt_in_each_receive(self, line: Line) -> None:
        line.send_letter("wake up!")
        line.send_letter("wake up!")
        first = line.letters.receive()
        for letter in first:
            line.letters.release(letter)
        second = line.letters.receive()
        assert {letter.message_id for letter in first} == {letter.message_id for letter in second}
        assert len({letter.message_id for letter in first}) == 2
        assert len({letter.receipt for letter in (*first, *second)}) == 4

    def test_a_letter_says_when_it_was_sent_and_until_when_it_is_invisible(self, new_line: NewLine) -> None:
        line = new_line(Rules(letter_visibility_timeout=30))
        sent_after = line.clock.now()
        line.send_letter("wake up!")
        sent_before = received_after = line.clock.now()
        (letter,) = line.letters.receive()
        assert sent_after <= letter.sent_at <= sent_before
        assert received_after <= letter.visible_at - timedelta(seconds=30) <= line.clock.now()

    def test_a_message_that_becomes_a_dead_letter_keeps_its_time_and_its_group(self, new_line: NewLine) -> None:
        line = new_line(Rules(visibility_timeout=1, max_receive_count=1))
        sent_after = line.clock.now()
        line.queue.send(new_order())
        sent_before = line.clock.now()
        (message,) = line.receive()
        (letter,) = line.poll(lambda: [] if line.receive() else line.letters.receive())
        assert sent_after <= letter.sent_at <= sent_before
        assert letter.body == message.body
        assert letter.group == message.group is not None

    def test_letters_that_were_received_are_counted(self, line: Line) -> None:
        assert line.letters.count_in_flight() == 0
        for body in ("first", "second", "third"):
            line.send_letter(body)
        assert line.letters.count_in_flight() == 0
        first, *_ = line.letters.receive()
        assert line.letters.count_in_flight() == 3
        line.letters.release(first)
        assert line.letters.count_in_flight() == 2

    def test_a_letter_that_is_redriven_is_moved_to_the_order_queue_as_it_was_sent(self, line: Line) -> None:
        for body, group in (("about alice's order", "alice"), ("poison", None), ("left", "bob")):
            line.send_letter(body, group)
        letters = {letter.body: letter for letter in line.letters.receive()}
        assert {letter.group for letter in letters.values()} == {"alice", "bob", None}
        line.letters.redrive(letters["about alice's order"])
        line.letters.redrive(letters["poison"])
        assert line.letters.count_in_flight() == 1
        line.letters.release(letters["left"])
        assert [letter.body for letter in line.letters.receive()] == ["left"]
        received = {message.body: message.group for message in (*line.receive(), *line.receive())}
        assert received == {"about alice's order": "alice", "poison": None}

    def test_a_letter_that_is_deleted_is_gone_and_sent_nowhere(self, line: Line) -> None:
        line.send_letter("deleted")
        line.send_letter("left")
        letters = {letter.body: letter for letter in line.letters.receive()}
        line.letters.delete(letters["deleted"])
        assert line.letters.count_in_flight() == 1
        line.letters.release(letters["left"])
        assert [letter.body for letter in line.letters.receive()] == ["left"]
        assert line.receive() == []
