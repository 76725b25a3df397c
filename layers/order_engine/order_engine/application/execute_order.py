"""Execute one order: from wherever it is, step by step, as far as it goes.

Each step reads the order's last event, does what comes next, and writes the outcome as the next event. So it does not
matter who runs it, how often, or where the one before died: whoever comes next goes on from the last event, and of
two who try the same step one wins the version and the other looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from order_engine.application.ports import Clock, Deadline, Dice, Executor, OrderStore, Venue
from order_engine.application.retries import RetryPolicy
from order_engine.application.settle_transaction import confirmed, evidence, submitted
from order_engine.domain.errors import ExecutionError, PriceMoved, RetryableError, VersionConflict
from order_engine.domain.events import (
    Data,
    Status,
    building_data,
    error_data,
    failed_data,
    retry_data,
    routing_data,
)
from order_engine.domain.order import Order
from order_engine.domain.swaps import Expired, InFlight, Landed, Quote, Swap, Transaction, TransactionStatus
from order_engine.venues.router import choose, explain, no_quote

SAFETY_MARGIN = 14.0
"""Seconds kept in hand, for a table and then a queue that hang: the message is given back instead of the function being
killed, which would hide it, and all others of its batch, for minutes."""


@dataclass(frozen=True, slots=True)
class Done:
    """The order has ended; nothing is left to do for this wake-up."""

    order: Order


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The order is not finished; wake up again after so many seconds."""

    order: Order
    after: float


@dataclass(frozen=True, slots=True)
class OrderExecution:
    """Executes orders, one call of `execute` per wake-up."""

    orders: OrderStore
    venues: Mapping[str, Venue]
    executor: Executor
    clock: Clock
    dice: Dice
    retries: RetryPolicy

    def execute(self, order_id: str, deadline: Deadline) -> Done | LookAgain:
        """Take the order as far as it goes within the deadline.

        Raises:
            OrderNotFound: there is no such order.
            DependencyUnavailable: nothing is lost; the next wake-up goes on from the last event.
        """
        order = self.orders.load(order_id)
        while not order.status.terminal:
            if (pause := self._pause(order, deadline)) is not None:
                return LookAgain(order, pause)
            try:
                result = self._step(order, deadline)
            except VersionConflict as conflict:
                result = conflict.current
            if isinstance(result, LookAgain):
                return result
            order = result
        return Done(order)

    def _pause(self, order: Order, deadline: Deadline) -> float | None:
        """Return how long to leave the order alone: a retry that is not due, or no time left to begin a step."""
        if order.next_attempt_at is not None:
            early = (order.next_attempt_at - self.clock.now()).total_seconds()
            if early > 0:
                return early
        return 0.0 if deadline.remaining() < SAFETY_MARGIN else None

    def _step(self, order: Order, deadline: Deadline) -> Order | LookAgain:
        transaction = order.transaction
        if order.status is Status.PENDING:
            return self._append(order, Status.ROUTING, routing_data(order.attempt, list(self.venues)))
        if order.status is Status.ROUTING or transaction is None:
            return self._build(order)
        if order.status is Status.BUILDING:
            return self._submit(order, transaction, deadline)
        return self._settle(order, transaction, self._venue(transaction).status(transaction), deadline)

    def _build(self, order: Order) -> Order:
        """Ask every venue, choose, and sign. The signature is stored before anything is sent."""
        try:
            quotes, refused = self._quotes(order.swap)
            if not quotes:
                raise no_quote(list(refused.values()))
            best = choose(quotes)
            least = order.terms.least_out(best.amount_out)
            if best.amount_out < least:
                raise PriceMoved("The best quote is below the order's minAmountOut.")
            transaction = self.venues[best.venue].build(order.swap, best, least)
        except ExecutionError as error:
            return self._retry_or_fail(order, error_data(error), retryable=isinstance(error, RetryableError))
        data = building_data(transaction, quotes, refused, explain(best, quotes, refused))
        return self._append(order, Status.BUILDING, data)

    def _quotes(self, swap: Swap) -> tuple[list[Quote], dict[str, ExecutionError]]:
        """Ask all venues at once; one that refuses does not stop the others."""
        answers = self.executor.run(lambda venue: venue.quote(swap), list(self.venues.values()))
        quotes, refused = [], {}
        for name, answer in zip(self.venues, answers, strict=True):
            if isinstance(answer, Quote):
                quotes.append(answer)
            elif isinstance(answer, ExecutionError):
                refused[name] = answer
            else:
                raise answer
        return quotes, refused

    def _submit(self, order: Order, transaction: Transaction, deadline: Deadline) -> Order | LookAgain:
        """Send the stored transaction; after a crash this sends the very same one again, which lands at most once."""
        outcome = self._venue(transaction).submit(transaction)
        if isinstance(outcome, Expired):
            return self._retry_or_fail(order, evidence(transaction, outcome))
        order = self._write(submitted(order, transaction, self.clock.now()))
        return self._settle(order, transaction, outcome, deadline)

    def _settle(
        self, order: Order, transaction: Transaction, outcome: TransactionStatus, deadline: Deadline
    ) -> Order | LookAgain:
        """Wait until the transaction's fate is known; without a known fate there is no terminal state."""
        venue = self._venue(transaction)
        while isinstance(outcome, InFlight):
            if outcome.look_again_in + SAFETY_MARGIN > deadline.remaining():
                return LookAgain(order, outcome.look_again_in)
            self.clock.sleep(outcome.look_again_in)
            outcome = venue.status(transaction) if outcome.seen else venue.submit(transaction)
        if isinstance(outcome, Landed):
            return self._write(confirmed(order, transaction, outcome, self.clock.now()))
        return self._retry_or_fail(order, evidence(transaction, outcome))

    def _retry_or_fail(self, order: Order, error: Data, retryable: bool = True) -> Order:
        if not (retryable and self.retries.allows_after(order.attempt)):
            return self._append(order, Status.FAILED, failed_data(error, order.attempts))
        delay = self.retries.delay_after(order.attempt, self.dice.jitter())
        due = self.clock.now() + timedelta(seconds=delay)
        return self._append(order, Status.PENDING, retry_data(order.attempt + 1, delay, due, error))

    def _venue(self, transaction: Transaction) -> Venue:
        return self.venues[transaction.venue]

    def _append(self, order: Order, status: Status, data: Data) -> Order:
        return self._write(order.then(status, data, self.clock.now()))

    def _write(self, order: Order) -> Order:
        self.orders.append(order)
        return order
