"""The outcome of a run of chaos: good only if everything was well again, and its figures are what really happened."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from local.settings import ROOT
from tests.chaos.clients import Clients
from tests.chaos.faults import Faults
from tests.chaos.mutant import WITHOUT_VERSION_CONDITION
from tests.chaos.report import figures
from tests.chaos.run import WELL_AGAIN, Outcome, Plan, Recovery
from tests.chaos.sockets import Sockets
from tests.chaos.verdict import Evidence

NOTHING_ODD = Evidence(0, frozenset(), frozenset(), {}, {}, {}, {}, {}, {}, 0, 0)
IN_TIME = Recovery(1.0, 2.0, 3.0, 4.0)


@dataclass
class Queue:
    """A cloud that has a queue and nothing else, and takes messages or doesn't."""

    down: bool = False
    bodies: list[Any] = field(default_factory=list)

    @property
    def cloud(self) -> Any:
        return self

    session = cloud
    outputs: ClassVar = {"OrdersQueueUrl": "https://sqs.example.org/orders"}

    def client(self, service: str) -> Queue:
        assert service == "sqs"
        return self

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == self.outputs["OrdersQueueUrl"]
        if self.down:
            raise ConnectionError
        self.bodies.append(json.loads(MessageBody))


def outcome(recovery: Recovery = IN_TIME, evidence: Evidence = NOTHING_ODD, sent_again: int = 0) -> Outcome:
    faults = Faults(Queue().cloud, Sockets("ws://localhost/ws"), random.Random(1), print)
    clients = Clients(Queue().cloud, (), sent_again=sent_again)
    return Outcome(Plan(), faults, clients, recovery, evidence)


def test_all_promises_kept_and_all_well_again_is_good() -> None:
    assert outcome().good
    assert figures(outcome())["kept"] is True


@pytest.mark.parametrize("what", ["orders", "history", "clients", "queue"])
def test_what_is_never_well_again_is_not_good(what: str) -> None:
    late = outcome(replace(IN_TIME, **{what: None}))
    assert not late.good
    assert figures(late)["kept"] is False
    assert figures(late)["promises"][WELL_AGAIN] == [f"{what}: not within 420 s"]


def test_a_broken_promise_is_not_good() -> None:
    assert not outcome(evidence=replace(NOTHING_ODD, letters=1)).good


def test_messages_count_as_sent_twice_when_the_queue_has_taken_them() -> None:
    queue = Queue()
    clients = Clients(queue.cloud, ())
    asyncio.run(clients.queue_again("a"))
    asyncio.run(clients.queue_again("b"))
    queue.down = True
    with pytest.raises(ConnectionError):
        asyncio.run(clients.queue_again("c"))
    assert (clients.sent_again, queue.bodies) == (2, [{"orderId": "a"}, {"orderId": "b"}])


def test_the_figures_tell_of_the_messages_that_were_sent_and_not_of_the_orders() -> None:
    evidence = replace(NOTHING_ODD, accepted=frozenset({"a", "b", "c"}))
    assert figures(outcome(evidence=evidence, sent_again=2))["faults"]["messagesSentTwice"] == 2


def test_the_mutant_is_the_working_tree_with_one_edit(tmp_path: Path) -> None:
    mutant = WITHOUT_VERSION_CONDITION
    tree = mutant.plant(tmp_path / "tree")
    edited, original = ((root / mutant.path).read_text() for root in (tree, ROOT))
    assert edited == original.replace(mutant.old, mutant.new) != original
    assert (tree / "template.yaml").read_bytes() == (ROOT / "template.yaml").read_bytes()
    assert not (tree / ".venv").exists()


def test_a_mutant_that_no_longer_fits_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 times"):
        replace(WITHOUT_VERSION_CONDITION, old="no such text").plant(tmp_path / "tree")
