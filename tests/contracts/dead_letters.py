"""The contract of `DeadLetters`."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import DeadLetter
from tests.contracts.lines import Line, NewLine, Rules


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
        with pytest.raises(DependencyUnavailable):
            line.letters.release(DeadLetter("wake up!", "no receipt", None))

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
