"""What only SQS has: calls that fail half-way, and one visibility timeout for each receive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from order_engine.adapters.sqs.dead_letters import SqsDeadLetters
from order_engine.application.errors import DependencyUnavailable
from order_engine.fakes.process import ManualClock
from tests.contracts.lines import Rules
from tests.support.lines import CODEC, SqsLine


@pytest.fixture
def line(sqs: Any) -> SqsLine:
    return SqsLine(sqs, Rules())


def test_a_letter_stays_where_it_is_when_it_can_not_be_sent(line: SqsLine) -> None:
    line.send_letter("wake up!")
    (letter,) = line.letters.receive()
    with pytest.raises(DependencyUnavailable, match="SQS"):
        replace(line.letters, orders_url=f"{line.queue.url}-missing").redrive(letter)
    line.letters.release(letter)
    assert [again.body for again in line.letters.receive()] == ["wake up!"]


def test_a_letter_that_can_not_be_deleted_after_it_was_sent_is_in_both_queues(line: SqsLine) -> None:
    line.send_letter("wake up!")
    (letter,) = line.letters.receive()
    with pytest.raises(DependencyUnavailable, match="SQS"):
        line.letters.redrive(replace(letter, receipt="no receipt"))
    assert line.letters.count_in_flight() == 1
    assert [message.body for message in line.receive()] == ["wake up!"]


def test_a_queue_that_does_not_answer_is_an_unavailable_dependency(line: SqsLine) -> None:
    line.send_letter("wake up!")
    (letter,) = line.letters.receive()
    missing = replace(line.letters, url=f"{line.letters.url}-missing")
    with pytest.raises(DependencyUnavailable, match="SQS"):
        list(missing.read())
    for call in (missing.release, missing.delete):
        with pytest.raises(DependencyUnavailable, match="SQS"):
            call(letter)
    with pytest.raises(DependencyUnavailable, match="SQS"):
        missing.count_in_flight()


def test_the_visibility_timeout_counts_from_before_the_call(line: SqsLine) -> None:
    clock = ManualClock()

    class Slow:
        def receive_message(self, **parameters: Any) -> Any:
            clock.sleep(7)
            return line.client.receive_message(**parameters)

    client: Any = Slow()
    line.send_letter("wake up!")
    asked_at = clock.now()
    (letter,) = SqsDeadLetters(client, line.letters.url, CODEC, clock, 60).receive()
    assert letter.visible_at == asked_at + timedelta(seconds=60)
