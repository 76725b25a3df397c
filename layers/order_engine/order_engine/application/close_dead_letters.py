"""Bring orders whose messages became dead letters to an end for which there is evidence.

A dead letter means that processing failed far more often than an order has attempts. Where nothing can have been sent
to a venue the order fails. Where a transaction was signed, the venue says what became of it; as long as it can't say,
the order stays as it is. The letters themselves stay in their queue until a person has looked at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from order_engine.application.errors import DependencyUnavailable, VersionConflict
from order_engine.application.execute_order import fault_of
from order_engine.application.ports import Clock, DeadLetter, DeadLetters, Deadline, OrderStore, Venue
from order_engine.domain.errors import ProcessingGaveUp
from order_engine.domain.events import Fault, Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import InFlight, Landed, Transaction

RESERVE = 5.0
"""Seconds left when a run stops reading; letters that remain are read by the next run."""


@dataclass(frozen=True, slots=True)
class LetterResult:
    """What came of one letter.

    Args:
        order: as it is now; None where the letter names none, or its closing failed.
        failure: what went wrong.
    """

    letter: DeadLetter
    order: Order | None = None
    failure: Exception | None = None

    @property
    def closed(self) -> bool:
        """Whether the letter's order has ended."""
        return self.order is not None and self.order.status.terminal


@dataclass(frozen=True, slots=True)
class DeadLetterClosing:
    """Closes the orders of dead letters."""

    dead_letters: DeadLetters
    orders: OrderStore
    venues: Mapping[str, Venue]
    clock: Clock

    def run(self, deadline: Deadline) -> Iterator[LetterResult]:
        """Read each visible letter once, close what can be closed, and make all letters visible again at the end.

        Raises:
            DependencyUnavailable: no further letters could be read.
        """
        letters: list[DeadLetter] = []
        try:
            for letter in self.dead_letters.read():
                letters.append(letter)
                yield self._close_letter(letter)
                if deadline.remaining() < RESERVE:
                    break
        finally:
            for letter in letters:
                with suppress(DependencyUnavailable):  # then it is visible again by itself, only later
                    self.dead_letters.release(letter)

    def _close_letter(self, letter: DeadLetter) -> LetterResult:
        """Close a letter's order. What made it a dead letter may happen here again, and must not stop the others."""
        if letter.order_id is None:
            return LetterResult(letter)
        try:
            return LetterResult(letter, self.close(letter.order_id))
        except Exception as failure:
            return LetterResult(letter, failure=failure)

    def close(self, order_id: str) -> Order:
        """Take the order to a terminal state if there is evidence for one; return it as it is then.

        Raises:
            OrderNotFound: there is no such order.
        """
        order = self.orders.load(order_id)
        while not order.status.terminal:
            step = self._next(order)
            if step is None:
                return order
            try:
                self.orders.append(step)
            except VersionConflict as conflict:
                step = conflict.current
            order = step
        return order

    def _next(self, order: Order) -> Order | None:
        transaction = order.transaction
        if transaction is None:
            return order.fail(Fault.of(ProcessingGaveUp()), self.clock.now())
        return self._settled(order, transaction)

    def _settled(self, order: Order, transaction: Transaction) -> Order | None:
        outcome = self.venues[transaction.venue].status(transaction)
        if isinstance(outcome, InFlight):
            return None
        now = self.clock.now()
        if isinstance(outcome, Landed):
            return order.submit(now) if order.status is Status.BUILDING else order.confirm(outcome, now)
        return order.fail(fault_of(transaction, outcome), now)
