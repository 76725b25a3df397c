"""`orders-admin redrive`: what it shows, what it does with each letter, and that none is lost or handled twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import DeadLetter
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from orders_admin.app import app
from orders_admin.decisions import apply_decisions
from orders_admin.letters import receive_letters
from orders_admin.ports import VISIBILITY_TIMEOUT, RedrivePorts
from orders_admin.setup import AdminSetup
from tests.support.orders import CONFIRMED, images, new_order

ID = "0190d3c0-0000-7000-8000-00000000000a"
OTHER = "0190d3c0-0000-7000-8000-00000000000b"
KNOWN, UNKNOWN, NONSENSE = f'{{"orderId":"{ID}"}}', f'{{"orderId":"{OTHER}"}}', "[]"


@dataclass(slots=True)
class Letters(InMemoryDeadLetters):
    """The dead letters; those with a `broken` body can only be released, and `releases` notes that."""

    broken: frozenset[str] = frozenset()
    releases: list[str] = field(default_factory=list)

    def redrive(self, letter: DeadLetter) -> None:
        self._fail(letter)
        InMemoryDeadLetters.redrive(self, letter)

    def delete(self, letter: DeadLetter) -> None:
        self._fail(letter)
        InMemoryDeadLetters.delete(self, letter)

    def release(self, letter: DeadLetter) -> None:
        self.releases.append(letter.body)
        InMemoryDeadLetters.release(self, letter)

    def _fail(self, letter: DeadLetter) -> None:
        if letter.body in self.broken:
            raise DependencyUnavailable("SQS did not answer.")


@dataclass(slots=True)
class Orders(InMemoryOrderStore):
    """The order table; with a `failure`, every read fails."""

    failure: Exception | None = None

    def load(self, order_id: str) -> Order:
        if self.failure:
            raise self.failure
        return InMemoryOrderStore.load(self, order_id)


class Stack:
    """A stack in memory with these dead letters."""

    def __init__(self, *bodies: str) -> None:
        self.clock = ManualClock()
        self.queue = InMemoryQueue(self.clock, JsonWakeUpCodec())
        self.letters = Letters(self.queue, VISIBILITY_TIMEOUT)
        self.others = InMemoryDeadLetters(self.queue)
        self.orders = Orders(JsonEventCodec())
        self.ports = RedrivePorts(self.letters, self.orders, self.clock)
        self.bodies = bodies
        for body in bodies:
            self.add(body)

    def add(self, body: str) -> None:
        self.queue.dead.append(Message(body, self.clock.now()))

    def run(self, *arguments: str, answers: str = "") -> Result:
        def ports_of(stack: str, url: str) -> RedrivePorts:
            assert (stack, url) == ("order-engine", "http://localhost:3000")
            return self.ports

        return CliRunner().invoke(app, ["redrive", *arguments], obj=AdminSetup(redrive_ports=ports_of), input=answers)

    @property
    def redriven(self) -> list[str]:
        return [message.body for message in self.queue.messages]

    @property
    def left(self) -> list[str]:
        return [letter.body for letter in self.queue.dead]


@pytest.fixture
def stack() -> Iterator[Stack]:
    stack = Stack(KNOWN, UNKNOWN, NONSENSE)
    stack.orders.create(new_order(ID))
    yield stack
    assert [letter for letter in stack.queue.dead if letter.visible_at > stack.clock.now()] == []


def move_on(stack: Stack, *steps: Any) -> None:
    for image in images(stack.orders.load(ID), *steps)[1:]:
        stack.orders.append(image)


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(("answer", "redriven"), [("y\n", [KNOWN]), ("n\n", [])])
def test_shows_why_and_does_as_told(stack: Stack, answer: str, redriven: list[str]) -> None:
    move_on(stack, CONFIRMED[0])
    done = stack.run(answers=answer)
    assert done.exit_code == 0
    assert "routing" in done.stdout
    assert "does not go on after event 2" in done.stdout
    assert "There is no such order" in done.stdout
    assert "names no order: it is no JSON object with an orderId." in done.stdout
    assert stack.redriven == redriven
    assert sorted([*stack.redriven, *stack.left]) == sorted(stack.bodies)


def test_an_order_that_has_ended_is_told(stack: Stack) -> None:
    move_on(stack, *CONFIRMED)
    done = stack.run(answers="n\n")
    assert "confirmed" in done.stdout
    assert "ended since" in done.stdout


@pytest.mark.parametrize(("answers", "left"), [("n\ny\n", [KNOWN]), ("n\nn\n", [KNOWN, UNKNOWN, NONSENSE])])
def test_what_is_about_no_order_is_deleted_on_demand_only(stack: Stack, answers: str, left: list[str]) -> None:
    done = stack.run("--drop", answers=answers)
    assert "Delete 2 that are about no order" in done.stderr
    assert (stack.redriven, stack.left) == ([], left)


def test_json_only_shows(stack: Stack) -> None:
    done = stack.run("--json", "--drop")
    assert [finding.get("orderId") for finding in lines(done.stdout)] == [ID, OTHER, None]
    assert [finding["status"] for finding in lines(done.stdout)] == ["pending", "poison", "poison"]
    assert {finding["sentAt"] for finding in lines(done.stdout)} == {"2026-01-01T00:00:00.000Z"}
    assert (stack.redriven, stack.left) == ([], list(stack.bodies))


def test_yes_does_not_ask(stack: Stack) -> None:
    stack.run("--yes", "--drop", "--json")
    assert (stack.redriven, stack.left) == ([KNOWN], [])


def test_a_table_that_does_not_answer_is_no_reason_to_call_a_letter_poison(stack: Stack) -> None:
    stack.orders.failure = DependencyUnavailable("DynamoDB did not answer.")
    done = stack.run("--yes", "--drop")
    assert (done.exit_code, "DynamoDB did not answer" in done.stderr) == (4, True)
    assert "set --url" in done.stderr
    assert (stack.redriven, stack.left) == ([], list(stack.bodies))


def test_an_order_that_can_not_be_decoded_is_told_and_never_deleted(stack: Stack) -> None:
    stack.orders.failure = KeyError("amountIn")
    done = stack.run("--json", "--drop")
    assert [finding["status"] for finding in lines(done.stdout)] == ["unreadable", "unreadable", "poison"]
    assert "KeyError('amountIn')" in lines(done.stdout)[0]["why"]
    stack.run("--yes", "--drop")
    assert (stack.redriven, stack.left) == ([KNOWN, UNKNOWN], [])


def test_one_letter_that_cannot_be_handled_keeps_no_other_from_it(stack: Stack) -> None:
    stack.letters.broken = frozenset({KNOWN})
    done = stack.run("--yes", "--drop")
    assert done.exit_code == 4
    assert "2 deleted, 1 left" in done.stdout
    assert "1 not handled as decided. AWS: SQS did not answer." in done.stderr
    assert (stack.redriven, stack.left) == ([], [KNOWN])


class TestAnAnswerThatTakesLong:
    @pytest.fixture
    def at_question(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
        """Give what is called before the answer."""

        def answer(*_: object, **__: object) -> bool:
            stack.clock.sleep(VISIBILITY_TIMEOUT + 1)
            for call in calls:
                call()
            return True

        monkeypatch.setattr("typer.confirm", answer)
        calls: list[Callable[[], object]] = []
        return calls

    @pytest.mark.usefixtures("at_question")
    def test_the_letters_are_received_again_and_handled_once(self, stack: Stack) -> None:
        done = stack.run()
        assert done.exit_code == 0
        assert "received again" in done.stderr
        assert "1 redriven, 2 left" in done.stdout
        assert (stack.redriven, stack.left) == ([KNOWN], [UNKNOWN, NONSENSE])
        assert stack.letters.releases == [UNKNOWN, NONSENSE]

    def test_a_letter_that_came_meanwhile_was_not_decided_on_and_is_left(
        self, stack: Stack, at_question: list[Callable[[], object]]
    ) -> None:
        at_question.append(lambda: stack.add(KNOWN))
        stack.run()
        assert (stack.redriven, stack.left) == ([KNOWN], [UNKNOWN, NONSENSE, KNOWN])

    def test_a_letter_that_somebody_else_has_is_not_touched_and_told(
        self, stack: Stack, at_question: list[Callable[[], object]]
    ) -> None:
        theirs = stack.others.read()
        at_question.append(lambda: next(theirs))
        done = stack.run()
        assert done.exit_code == 4
        assert "1 not handled as decided" in done.stderr
        assert "somebody else has received them" in done.stderr
        assert KNOWN not in [*stack.redriven, *stack.letters.releases]
        assert KNOWN in stack.left
        stack.clock.sleep(stack.others.visibility_timeout)

    def test_interrupted_it_touches_nothing(self, stack: Stack, at_question: list[Callable[[], object]]) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        at_question.append(interrupt)
        assert stack.run().exit_code == 130
        assert (stack.redriven, stack.left, stack.letters.releases) == ([], list(stack.bodies), [])


def test_a_letter_that_becomes_visible_too_early_is_not_handled(stack: Stack) -> None:
    def slowly(letter: DeadLetter) -> None:
        stack.letters.redrive(letter)
        stack.clock.sleep(VISIBILITY_TIMEOUT)

    letters = receive_letters(stack.ports)
    outcome = apply_decisions(stack.ports, {letter.message_id: slowly for letter in letters}, letters)
    assert list(outcome.applied) == [letters[0].message_id]
    assert (stack.redriven, stack.left) == ([KNOWN], [UNKNOWN, NONSENSE])


def test_none_are_no_question() -> None:
    done = Stack().run()
    assert (done.exit_code, done.stdout.strip(), done.stderr) == (0, "No dead letters.", "")


def test_letters_that_somebody_else_is_looking_at_are_counted(stack: Stack) -> None:
    theirs = Stack("first", "second", "third")
    theirs.others.receive()
    done = theirs.run()
    assert (done.exit_code, done.stdout.strip()) == (0, "No visible dead letters.")
    assert "3 more in flight" in done.stderr
    assert "Look again in a minute" in done.stderr
    stack.add(KNOWN)
    next(stack.others.read())
    assert "1 more in flight" in stack.run(answers="n\n").stderr
    stack.clock.sleep(stack.others.visibility_timeout)


def test_a_stack_that_is_not_found_gives_4_and_the_next_step() -> None:
    def missing(_stack: str, _url: str) -> RedrivePorts:
        raise DependencyUnavailable("CloudFormation did not answer: no such stack") from ValueError("no such stack")

    done = CliRunner().invoke(app, ["redrive"], obj=AdminSetup(redrive_ports=missing))
    assert done.exit_code == 4
    assert "AWS: no such stack\n" in done.stderr
    assert "set --url" in done.stderr
