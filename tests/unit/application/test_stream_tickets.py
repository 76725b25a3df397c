"""Tickets open one connection each, soon, as the caller to whom they were issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from order_engine.adapters.process import SystemRandomness
from order_engine.application.errors import InsufficientScope, Unauthenticated
from order_engine.application.identity import ANYONE, Caller, Scope
from order_engine.application.stream_tickets import TICKET_LIFETIME
from tests.support.callers import ALICE, BOB, OLGA, user
from tests.support.engine import InMemoryEngine

READER, ADMINISTRATOR = user("alice", Scope.READ), user("olga", Scope.ADMIN)


@pytest.fixture
def engine() -> InMemoryEngine:
    return InMemoryEngine()


def refusal(engine: InMemoryEngine, ticket: str) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refused:
        engine.stream_tickets.redeem(ticket)
    return refused.value


@pytest.mark.parametrize("caller", [ALICE, OLGA, READER, ADMINISTRATOR, ANYONE])
def test_a_ticket_opens_one_connection_as_whom_it_was_issued_to(engine: InMemoryEngine, caller: Caller) -> None:
    ticket = engine.stream_tickets.issue(caller)
    assert engine.stream_tickets.redeem(ticket) == caller
    assert refusal(engine, ticket).code == "unauthenticated"


@pytest.mark.parametrize("caller", [user("alice"), user("alice", Scope.WRITE)])
def test_who_may_not_read_gets_none(engine: InMemoryEngine, caller: Caller) -> None:
    with pytest.raises(InsufficientScope):
        engine.stream_tickets.issue(caller)
    assert engine.ports.tickets.kept == {}


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (29.999, True), (30, False), (31, False), (86_400, False)])
def test_a_ticket_is_good_for_half_a_minute(engine: InMemoryEngine, seconds: float, good: bool) -> None:
    assert timedelta(seconds=30) == TICKET_LIFETIME
    ticket = engine.stream_tickets.issue(ALICE)
    engine.clock.sleep(seconds)
    if good:
        assert engine.stream_tickets.redeem(ticket) == ALICE
    else:
        assert refusal(engine, ticket)


@pytest.mark.parametrize(
    "change",
    [
        lambda ticket: "",
        lambda ticket: ticket[:-1],
        lambda ticket: ticket + "A",
        lambda ticket: ticket + "=",
        lambda ticket: ticket.swapcase(),
        lambda ticket: f" {ticket}",
        lambda ticket: f"{ticket}\0",
        lambda ticket: ("B" if ticket[0] == "A" else "A") + ticket[1:],
        lambda ticket: sha256(ticket.encode()).hexdigest(),
        lambda ticket: "x" * 100_000,
        lambda ticket: "ü\U0001f680",
        lambda ticket: "\ud800",
    ],
)
def test_another_ticket_opens_nothing_and_uses_none_up(engine: InMemoryEngine, change: Callable[[str], str]) -> None:
    ticket = engine.stream_tickets.issue(ALICE)
    other = change(ticket)
    text = str(refusal(engine, other))
    assert not (other and other in text)
    assert engine.stream_tickets.redeem(ticket) == ALICE


def test_each_ticket_is_another_one_and_its_hash_alone_is_kept() -> None:
    engine = InMemoryEngine()
    desk = replace(engine.stream_tickets, randomness=SystemRandomness())
    tickets = {desk.issue(caller) for caller in [ALICE, BOB] * 50}
    assert len(tickets) == 100
    assert all(re.fullmatch(r"[\w-]{43}", ticket, re.ASCII) for ticket in tickets)
    assert engine.ports.tickets.kept.keys() == {sha256(ticket.encode()).hexdigest() for ticket in tickets}
