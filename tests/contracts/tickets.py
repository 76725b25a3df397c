"""The contract of `Tickets`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from order_engine.application.identity import ANYONE, Caller, Scope
from order_engine.application.ports import Tickets
from tests.support.callers import ALICE, BOB, OLGA, trader, user
from tests.support.orders import START

SECOND = timedelta(seconds=1)
IN_AN_HOUR = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
CALLERS: list[Caller] = [
    ALICE,
    OLGA,
    ANYONE,
    user("nothing permitted"),
    user("reader", Scope.READ, expires_at=IN_AN_HOUR),
    trader("ünï#" + "x" * 100),
]


def new_hash() -> str:
    """Return the hash of a ticket that nobody else has."""
    return uuid4().hex * 2


class TicketsContract:
    """Inherit this and give a fixture `tickets`."""

    @pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.user_id[:20])
    def test_a_ticket_gives_whose_it_is_with_scopes_and_expiry(self, tickets: Tickets, caller: Caller) -> None:
        ticket = new_hash()
        tickets.add(ticket, caller, START + 30 * SECOND)
        assert tickets.take(ticket, START) == caller

    def test_a_ticket_is_good_once(self, tickets: Tickets) -> None:
        ticket = new_hash()
        tickets.add(ticket, ALICE, START + 30 * SECOND)
        taken = [tickets.take(ticket, START + number * SECOND) for number in range(3)]
        assert taken == [ALICE, None, None]

    def test_an_unknown_ticket_is_nobodys(self, tickets: Tickets) -> None:
        ticket = new_hash()
        tickets.add(ticket, ALICE, START + 30 * SECOND)
        for other in (new_hash(), ticket[:-1], f"{ticket}0", ticket.upper() + "A", "nobody's"):
            assert tickets.take(other, START) is None
        assert tickets.take(ticket, START) == ALICE

    @pytest.mark.parametrize(
        ("late", "good"),
        [(-30 * SECOND, True), (-SECOND, True), (-SECOND / 1000, True), (0 * SECOND, False), (SECOND, False)],
    )
    def test_a_ticket_expires_also_while_it_is_still_there(self, tickets: Tickets, late: timedelta, good: bool) -> None:
        ticket = new_hash()
        tickets.add(ticket, ALICE, START)
        assert tickets.take(ticket, START + late) == (ALICE if good else None)

    def test_tickets_are_kept_apart(self, tickets: Tickets) -> None:
        owners = {new_hash(): caller for caller in (ALICE, BOB, OLGA, ALICE)}
        for ticket, caller in owners.items():
            tickets.add(ticket, caller, START + 30 * SECOND)
        assert {ticket: tickets.take(ticket, START) for ticket in owners} == owners


class TicketsRaceContract(TicketsContract):
    """The same for what can be called by many at once, which moto can't."""

    def test_of_many_who_show_a_ticket_at_once_one_gets_in(self, tickets: Tickets) -> None:
        for _ in range(5):
            ticket = new_hash()
            tickets.add(ticket, ALICE, START + 30 * SECOND)
            with ThreadPoolExecutor(8) as pool:
                taken = list(pool.map(lambda _, shown=ticket: tickets.take(shown, START), range(20)))
            assert sorted(map(str, taken)) == sorted([str(ALICE), *["None"] * 19])
