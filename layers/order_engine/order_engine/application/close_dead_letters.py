"""Bring orders whose messages were given up on to an end that can be answered for.

A dead letter means that processing failed far more often than an order has attempts. Where nothing can have been sent
to a venue the order fails. Where a transaction was signed, the venue says what became of it; as long as it can't say,
the order stays as it is. The letters themselves stay in their queue until a person has looked at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from order_engine.application.ports import Clock, OrderStore, Venue
from order_engine.application.settle_transaction import confirmed, evidence, submitted
from order_engine.domain.errors import VersionConflict
from order_engine.domain.events import Data, Status, failed_data
from order_engine.domain.order import Order
from order_engine.domain.swaps import InFlight, Landed, Transaction

GAVE_UP: Data = {
    "code": "processing_gave_up",
    "message": "Processing failed again and again; no transaction was in flight, so nothing was swapped.",
}


@dataclass(frozen=True, slots=True)
class DeadLetterClosing:
    """Closes the orders of dead letters."""

    orders: OrderStore
    venues: Mapping[str, Venue]
    clock: Clock

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
            return order.then(Status.FAILED, failed_data(GAVE_UP, order.attempts), self.clock.now())
        return self._settled(order, transaction)

    def _settled(self, order: Order, transaction: Transaction) -> Order | None:
        outcome = self.venues[transaction.venue].status(transaction)
        if isinstance(outcome, InFlight):
            return None
        now = self.clock.now()
        if isinstance(outcome, Landed):
            if order.status is Status.BUILDING:
                return submitted(order, transaction, now)
            return confirmed(order, transaction, outcome, now)
        return order.then(Status.FAILED, failed_data(evidence(transaction, outcome), order.attempts), now)
