"""`orders redrive`: what it shows, what it does with each letter, and that none is lost or settled twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orders_client import OrdersError
from orders_client.cli.app import app
from orders_client.cli.dead_letters import LOOK_FOR, SPARE, DeadLetters, Letter, StoredOrder
from orders_client.cli.settle import settle
from orders_client.cli.shared import Setup

ID = "0190d3c0-0000-7000-8000-00000000000a"
OTHER = "0190d3c0-0000-7000-8000-00000000000b"
SENT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class FakeLetters:
    """A dead letter queue whose time goes on only in tests; a letter is settled with its latest receipt only."""

    queue: dict[str, Letter]
    orders: dict[str, StoredOrder] = field(default_factory=dict)
    time: float = 0.0
    elsewhere: int = 0
    at_question: Callable[[], object] = lambda: None
    broken: frozenset[str] = frozenset()
    table_is_down: bool = False
    settled: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> list[Letter]:
        found = [letter for letter in self.queue.values() if letter.in_sight_at <= self.time]
        for letter in found:
            receipt = f"{letter.id} at {self.time}"
            self.queue[letter.id] = replace(letter, receipt=receipt, in_sight_at=self.time + LOOK_FOR)
        return [self.queue[letter.id] for letter in found]

    def hidden(self) -> int:
        return self.elsewhere + sum(letter.in_sight_at > self.time for letter in self.queue.values())

    def order(self, letter: Letter) -> StoredOrder | None:
        if self.table_is_down:
            raise OrdersError("DynamoDB does not answer.")
        return self.orders.get(letter.order_id or "")

    def holds(self, letter: Letter) -> bool:
        return self.time < letter.in_sight_at - SPARE

    def put_back(self, letter: Letter) -> None:
        self._settle("put back", letter)
        del self.queue[letter.id]

    def leave(self, letter: Letter) -> None:
        self._settle("left", letter)
        self.queue[letter.id] = replace(letter, in_sight_at=self.time)

    def drop(self, letter: Letter) -> None:
        self._settle("deleted", letter)
        del self.queue[letter.id]

    def _settle(self, what: str, letter: Letter) -> None:
        assert letter == self.queue[letter.id]
        assert letter.in_sight_at > self.time
        if letter.id in self.broken and what != "left":
            raise OrdersError("The order queue does not answer.")
        self.settled.append((letter.id, what))

    def run(self, *arguments: str, answers: str = "") -> Result:
        def found(stack: str, url: str) -> DeadLetters:
            assert (stack, url) == ("order-engine", "http://localhost:3000")
            return self

        return CliRunner().invoke(app, ["redrive", *arguments], obj=Setup(dead_letters=found), input=answers)


@pytest.fixture
def letters() -> Iterator[FakeLetters]:
    bodies = {"known": f'{{"orderId":"{ID}"}}', "unknown": f'{{"orderId":"{OTHER}"}}', "nonsense": "[]"}
    ids = {"known": ID, "unknown": OTHER, "nonsense": None}
    queue = {name: Letter(name, body, ids[name], SENT, "", 0) for name, body in bodies.items()}
    letters = FakeLetters(queue, {ID: StoredOrder("routing", 2)})
    yield letters
    assert all(letters.time >= letter.in_sight_at for letter in letters.queue.values())  # none stays out of sight
    assert len(letters.queue) + sum(what != "left" for _, what in letters.settled) == len(bodies)  # none is lost


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(("answer", "outcome"), [("y\n", "put back"), ("n\n", "left")])
def test_shows_why_and_does_as_told(letters: FakeLetters, answer: str, outcome: str) -> None:
    done = letters.run(answers=answer)
    assert done.exit_code == 0
    assert "routing" in done.stdout
    assert "does not go on after event 2" in done.stdout
    assert "There is no such order" in done.stdout
    assert "no wake-up call" in done.stdout
    assert dict(letters.settled) == {"known": outcome, "unknown": "left", "nonsense": "left"}


def test_an_order_that_has_ended_is_told(letters: FakeLetters) -> None:
    letters.orders[ID] = StoredOrder("confirmed", 5)
    assert "ended since" in letters.run(answers="n\n").stdout


@pytest.mark.parametrize(("answers", "outcome"), [("n\ny\n", "deleted"), ("n\nn\n", "left")])
def test_what_is_about_no_order_is_deleted_on_demand_only(letters: FakeLetters, answers: str, outcome: str) -> None:
    done = letters.run("--drop", answers=answers)
    assert "Delete 2 that are about no order" in done.stderr
    assert dict(letters.settled) == {"known": "left", "unknown": outcome, "nonsense": outcome}


def test_json_only_shows(letters: FakeLetters) -> None:
    done = letters.run("--json", "--drop")
    assert [one.get("orderId") for one in lines(done.stdout)] == [ID, OTHER, None]
    assert [one["status"] for one in lines(done.stdout)] == ["routing", "poison", "poison"]
    assert {what for _, what in letters.settled} == {"left"}


def test_yes_does_not_ask(letters: FakeLetters) -> None:
    letters.run("--yes", "--drop", "--json")
    assert [what for _, what in letters.settled] == ["put back", "deleted", "deleted"]


def test_a_table_that_does_not_answer_is_no_reason_to_call_a_letter_poison(letters: FakeLetters) -> None:
    letters.table_is_down = True
    done = letters.run("--yes", "--drop")
    assert (done.exit_code, "DynamoDB does not answer" in done.stderr) == (4, True)
    assert {what for _, what in letters.settled} == {"left"}


def test_one_letter_that_cannot_be_settled_keeps_no_other_from_it(letters: FakeLetters) -> None:
    letters.broken = frozenset({"known"})
    done = letters.run("--yes", "--drop")
    assert done.exit_code == 4
    assert "2 deleted, 1 left" in done.stdout
    assert "1 not settled as told. The order queue does not answer." in done.stderr
    assert letters.settled == [("known", "left"), ("unknown", "deleted"), ("nonsense", "deleted")]


class TestAnAnswerThatTakesLong:
    @pytest.fixture
    def waits(self, letters: FakeLetters, monkeypatch: pytest.MonkeyPatch) -> FakeLetters:
        def answer(*_: object, **__: object) -> bool:
            letters.time += LOOK_FOR + 1
            letters.at_question()
            return True

        monkeypatch.setattr("typer.confirm", answer)
        return letters

    def test_the_letters_are_read_again_and_settled_once(self, waits: FakeLetters) -> None:
        done = waits.run()
        assert done.exit_code == 0
        assert "read again" in done.stderr
        assert "1 put back, 2 left" in done.stdout
        assert sorted(waits.settled) == [("known", "put back"), ("nonsense", "left"), ("unknown", "left")]

    def test_a_letter_that_came_meanwhile_was_not_decided_on_and_is_left(self, waits: FakeLetters) -> None:
        came = Letter("came", f'{{"orderId":"{ID}"}}', ID, SENT, "", 0)
        waits.at_question = lambda: waits.queue.update(came=came)
        waits.run()
        assert dict(waits.settled)["came"] == "left"
        del waits.queue["came"]

    def test_a_letter_that_somebody_else_has_is_not_touched_and_told(self, waits: FakeLetters) -> None:
        def take() -> None:
            waits.queue["known"] = replace(waits.queue["known"], receipt="theirs", in_sight_at=waits.time + 90)

        waits.at_question = take
        done = waits.run()
        assert done.exit_code == 4
        assert "1 not settled as told" in done.stderr
        assert "somebody else has them" in done.stderr
        assert "known" not in dict(waits.settled)
        waits.time += 90

    def test_interrupted_it_touches_nothing(self, waits: FakeLetters) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        waits.at_question = interrupt
        assert waits.run().exit_code == 130
        assert waits.settled == []


def test_a_letter_that_comes_into_sight_before_its_turn_is_not_settled(letters: FakeLetters) -> None:
    def slowly(letter: Letter) -> None:
        letters.put_back(letter)
        letters.time += LOOK_FOR

    settled = settle(letters, dict.fromkeys(letters.queue, slowly), letters.read())
    assert list(settled.done) == ["known"]
    assert set(letters.queue) == {"unknown", "nonsense"}


def test_none_are_no_question() -> None:
    done = FakeLetters({}).run()
    assert (done.exit_code, done.stdout.strip(), done.stderr) == (0, "No dead letters.", "")


def test_letters_that_somebody_else_is_looking_at_are_counted(letters: FakeLetters) -> None:
    done = FakeLetters({}, elsewhere=3).run()
    assert (done.exit_code, done.stdout.strip()) == (0, "No dead letters in sight.")
    assert "3 more out of sight" in done.stderr
    assert "Look again in a minute" in done.stderr
    letters.elsewhere = 2
    assert "2 more out of sight" in letters.run(answers="n\n").stderr


def test_without_aws_it_says_what_to_set() -> None:
    def missing(_stack: str, _url: str) -> DeadLetters:
        raise OrdersError("This command needs boto3.", "pip install boto3")

    done = CliRunner().invoke(app, ["redrive"], obj=Setup(dead_letters=missing))
    assert done.exit_code == 4
    assert "pip install boto3" in done.stderr
