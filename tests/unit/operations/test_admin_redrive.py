"""`orders-admin redrive`: what it shows, what it does with each letter, and that none is lost or handled twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orders_admin.app import app
from orders_admin.aws import SAFETY_MARGIN
from orders_admin.decisions import apply_decisions
from orders_admin.ports import VISIBILITY_TIMEOUT, DeadLetter, DeadLetterQueue, StoredOrder
from orders_admin.setup import AdminSetup
from orders_client import OrdersError

ID = "0190d3c0-0000-7000-8000-00000000000a"
OTHER = "0190d3c0-0000-7000-8000-00000000000b"
SENT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class FakeLetters:
    """A dead letter queue with a manual clock; a letter is handled with its latest receipt handle only."""

    queue: dict[str, DeadLetter]
    orders: dict[str, StoredOrder] = field(default_factory=dict)
    time: float = 0.0
    elsewhere: int = 0
    at_question: Callable[[], object] = lambda: None
    broken: frozenset[str] = frozenset()
    table_is_down: bool = False
    handled: list[tuple[str, str]] = field(default_factory=list)

    def receive(self) -> list[DeadLetter]:
        found = [letter for letter in self.queue.values() if letter.visible_at <= self.time]
        for letter in found:
            receipt = f"{letter.id} at {self.time}"
            self.queue[letter.id] = replace(letter, receipt_handle=receipt, visible_at=self.time + VISIBILITY_TIMEOUT)
        return [self.queue[letter.id] for letter in found]

    def count_in_flight(self) -> int:
        return self.elsewhere + sum(letter.visible_at > self.time for letter in self.queue.values())

    def find_order(self, letter: DeadLetter) -> StoredOrder | None:
        if self.table_is_down:
            raise OrdersError("DynamoDB does not answer.")
        return self.orders.get(letter.order_id or "")

    def is_held(self, letter: DeadLetter) -> bool:
        return self.time < letter.visible_at - SAFETY_MARGIN

    def redrive(self, letter: DeadLetter) -> None:
        self._handle("redriven", letter)
        del self.queue[letter.id]

    def release(self, letter: DeadLetter) -> None:
        self._handle("left", letter)
        self.queue[letter.id] = replace(letter, visible_at=self.time)

    def delete(self, letter: DeadLetter) -> None:
        self._handle("deleted", letter)
        del self.queue[letter.id]

    def _handle(self, what: str, letter: DeadLetter) -> None:
        assert letter == self.queue[letter.id]
        assert letter.visible_at > self.time
        if letter.id in self.broken and what != "left":
            raise OrdersError("The order queue does not answer.")
        self.handled.append((letter.id, what))

    def run(self, *arguments: str, answers: str = "") -> Result:
        def found(stack: str, url: str) -> DeadLetterQueue:
            assert (stack, url) == ("order-engine", "http://localhost:3000")
            return self

        return CliRunner().invoke(app, ["redrive", *arguments], obj=AdminSetup(dead_letter_queue=found), input=answers)


@pytest.fixture
def letters() -> Iterator[FakeLetters]:
    bodies = {"known": f'{{"orderId":"{ID}"}}', "unknown": f'{{"orderId":"{OTHER}"}}', "nonsense": "[]"}
    ids = {"known": ID, "unknown": OTHER, "nonsense": None}
    queue = {name: DeadLetter(name, body, ids[name], SENT, "", 0) for name, body in bodies.items()}
    letters = FakeLetters(queue, {ID: StoredOrder("routing", 2)})
    yield letters
    assert all(letters.time >= letter.visible_at for letter in letters.queue.values())  # none stays invisible
    assert len(letters.queue) + sum(what != "left" for _, what in letters.handled) == len(bodies)  # none is lost


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(("answer", "outcome"), [("y\n", "redriven"), ("n\n", "left")])
def test_shows_why_and_does_as_told(letters: FakeLetters, answer: str, outcome: str) -> None:
    done = letters.run(answers=answer)
    assert done.exit_code == 0
    assert "routing" in done.stdout
    assert "does not go on after event 2" in done.stdout
    assert "There is no such order" in done.stdout
    assert "names no order" in done.stdout
    assert dict(letters.handled) == {"known": outcome, "unknown": "left", "nonsense": "left"}


def test_an_order_that_has_ended_is_told(letters: FakeLetters) -> None:
    letters.orders[ID] = StoredOrder("confirmed", 5)
    assert "ended since" in letters.run(answers="n\n").stdout


@pytest.mark.parametrize(("answers", "outcome"), [("n\ny\n", "deleted"), ("n\nn\n", "left")])
def test_what_is_about_no_order_is_deleted_on_demand_only(letters: FakeLetters, answers: str, outcome: str) -> None:
    done = letters.run("--drop", answers=answers)
    assert "Delete 2 that are about no order" in done.stderr
    assert dict(letters.handled) == {"known": "left", "unknown": outcome, "nonsense": outcome}


def test_json_only_shows(letters: FakeLetters) -> None:
    done = letters.run("--json", "--drop")
    assert [finding.get("orderId") for finding in lines(done.stdout)] == [ID, OTHER, None]
    assert [finding["status"] for finding in lines(done.stdout)] == ["routing", "poison", "poison"]
    assert {what for _, what in letters.handled} == {"left"}


def test_yes_does_not_ask(letters: FakeLetters) -> None:
    letters.run("--yes", "--drop", "--json")
    assert [what for _, what in letters.handled] == ["redriven", "deleted", "deleted"]


def test_a_table_that_does_not_answer_is_no_reason_to_call_a_letter_poison(letters: FakeLetters) -> None:
    letters.table_is_down = True
    done = letters.run("--yes", "--drop")
    assert (done.exit_code, "DynamoDB does not answer" in done.stderr) == (4, True)
    assert {what for _, what in letters.handled} == {"left"}


def test_one_letter_that_cannot_be_handled_keeps_no_other_from_it(letters: FakeLetters) -> None:
    letters.broken = frozenset({"known"})
    done = letters.run("--yes", "--drop")
    assert done.exit_code == 4
    assert "2 deleted, 1 left" in done.stdout
    assert "1 not handled as decided. The order queue does not answer." in done.stderr
    assert letters.handled == [("known", "left"), ("unknown", "deleted"), ("nonsense", "deleted")]


class TestAnAnswerThatTakesLong:
    @pytest.fixture
    def waits(self, letters: FakeLetters, monkeypatch: pytest.MonkeyPatch) -> FakeLetters:
        def answer(*_: object, **__: object) -> bool:
            letters.time += VISIBILITY_TIMEOUT + 1
            letters.at_question()
            return True

        monkeypatch.setattr("typer.confirm", answer)
        return letters

    def test_the_letters_are_received_again_and_handled_once(self, waits: FakeLetters) -> None:
        done = waits.run()
        assert done.exit_code == 0
        assert "received again" in done.stderr
        assert "1 redriven, 2 left" in done.stdout
        assert sorted(waits.handled) == [("known", "redriven"), ("nonsense", "left"), ("unknown", "left")]

    def test_a_letter_that_came_meanwhile_was_not_decided_on_and_is_left(self, waits: FakeLetters) -> None:
        came = DeadLetter("came", f'{{"orderId":"{ID}"}}', ID, SENT, "", 0)
        waits.at_question = lambda: waits.queue.update(came=came)
        waits.run()
        assert dict(waits.handled)["came"] == "left"
        del waits.queue["came"]

    def test_a_letter_that_somebody_else_has_is_not_touched_and_told(self, waits: FakeLetters) -> None:
        def take() -> None:
            waits.queue["known"] = replace(waits.queue["known"], receipt_handle="theirs", visible_at=waits.time + 90)

        waits.at_question = take
        done = waits.run()
        assert done.exit_code == 4
        assert "1 not handled as decided" in done.stderr
        assert "somebody else has received them" in done.stderr
        assert "known" not in dict(waits.handled)
        waits.time += 90

    def test_interrupted_it_touches_nothing(self, waits: FakeLetters) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        waits.at_question = interrupt
        assert waits.run().exit_code == 130
        assert waits.handled == []


def test_a_letter_that_becomes_visible_too_early_is_not_handled(letters: FakeLetters) -> None:
    def slowly(letter: DeadLetter) -> None:
        letters.redrive(letter)
        letters.time += VISIBILITY_TIMEOUT

    outcome = apply_decisions(letters, dict.fromkeys(letters.queue, slowly), letters.receive())
    assert list(outcome.applied) == ["known"]
    assert set(letters.queue) == {"unknown", "nonsense"}


def test_none_are_no_question() -> None:
    done = FakeLetters({}).run()
    assert (done.exit_code, done.stdout.strip(), done.stderr) == (0, "No dead letters.", "")


def test_letters_that_somebody_else_is_looking_at_are_counted(letters: FakeLetters) -> None:
    done = FakeLetters({}, elsewhere=3).run()
    assert (done.exit_code, done.stdout.strip()) == (0, "No visible dead letters.")
    assert "3 more in flight" in done.stderr
    assert "Look again in a minute" in done.stderr
    letters.elsewhere = 2
    assert "2 more in flight" in letters.run(answers="n\n").stderr


def test_a_stack_that_is_not_found_gives_4_and_the_next_step() -> None:
    def missing(_stack: str, _url: str) -> DeadLetterQueue:
        raise OrdersError("AWS: no such stack", "set --url")

    done = CliRunner().invoke(app, ["redrive"], obj=AdminSetup(dead_letter_queue=missing))
    assert done.exit_code == 4
    assert "set --url" in done.stderr
