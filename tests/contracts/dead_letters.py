"""The contract of `DeadLetters`."""

from __future__ import annotations

import pytest

from order_engine.application.ports import DeadLetter
from order_engine.domain.errors import DependencyUnavailable
from tests.contracts.lines import Line, NewLine, Rules


class DeadLettersContract:
    """Inherit this and give a fixture `new_line`."""

    @pytest.fixture
    def line(self, new_line: NewLine) -> Line:
        return new_line(Rules())

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

    def test_a_letter_that_nobody_puts_back_is_in_sight_again_after_a_while(self, new_line: NewLine) -> None:
        line = new_line(Rules(look_for=3))
        line.bury("wake up!")
        before = line.clock.now()
        assert len(list(line.letters.read())) == 1
        (again,) = line.soon(lambda: list(line.letters.read()))
        assert again.body == "wake up!"
        assert (line.clock.now() - before).total_seconds() > 2.9

    def test_a_letter_that_is_not_there_can_not_be_put_back(self, line: Line) -> None:
        with pytest.raises(DependencyUnavailable):
            line.letters.put_back(DeadLetter("wake up!", "no receipt"))

    def test_without_letters_there_is_nothing_to_read(self, line: Line) -> None:
        assert list(line.letters.read()) == []
