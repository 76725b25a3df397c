"""Execute one order: from wherever it is, step by step, as far as it goes.

Each step reads the order's last event, does what comes next, and writes the outcome as the next event. So it does not
matter who runs it, how often, or where the one before died: whoever comes next goes on from the last event, and of
two who try the same step one wins the version and the other looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from order_engine.application.errors import VersionConflict
from order_engine.application.ports import Clock, Deadline, Executor, OrderStore, Randomness, Venue
from order_engine.application.retries import RetryPolicy
from order_engine.domain.errors import ExecutionError, PriceMoved, RetryableError
from order_engine.domain.events import Fault, Refusal, Status
from order_engine.domain.order import Order
from order_engine.domain.routing import best_quote, error_without_quotes, explain_choice
from order_engine.domain.swaps import Expired, InFlight, Landed, Quote, Reverted, Swap, Transaction, TransactionStatus

SAFETY_MARGIN = 14.0
"""Seconds kept in hand, for a table and then a queue that hang: the message is given back instead of the function being
killed, which would hide it, and all others of its batch, for minutes."""


@dataclass(frozen=True, slots=True)
class Done:
    """The order has ended; nothing is left to do for this wake-up."""

    order: Order


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The order is not finished; it has to be looked at again after so many seconds."""

    order: Order
    after: float


@dataclass(frozen=True, slots=True)
class OrderExecution:
    """Executes orders, one call of `execute` for each wake-up message."""

    orders: OrderStore
    venues: Mapping[str, Venue]
    executor: Executor
    clock: Clock
    randomness: Randomness
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
            return self._append(order.start_routing(tuple(self.venues), self.clock.now()))
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
                raise error_without_quotes(list(refused.values()))
            best = best_quote(quotes)
            least = order.terms.min_amount_out_for(best.amount_out)
            if best.amount_out < least:
                raise PriceMoved("The best quote is below the order's minAmountOut.")
            transaction = self.venues[best.venue].build(order.swap, best, least)
        except ExecutionError as error:
            return self._retry_or_fail(order, Fault.of(error), retryable=isinstance(error, RetryableError))
        refusals = tuple(Refusal(venue, Fault.of(error)) for venue, error in refused.items())
        reason = explain_choice(best, quotes, refusals)
        return self._append(order.sign(transaction, tuple(quotes), refusals, reason, self.clock.now()))

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
            return self._retry_or_fail(order, fault_of(transaction, outcome))
        order = self._append(order.submit(self.clock.now()))
        return self._settle(order, transaction, outcome, deadline)

    def _settle(
        self, order: Order, transaction: Transaction, outcome: TransactionStatus, deadline: Deadline
    ) -> Order | LookAgain:
        """Wait until the transaction's outcome is known; without a known outcome there is no terminal state."""
        venue = self._venue(transaction)
        while isinstance(outcome, InFlight):
            if outcome.look_again_in + SAFETY_MARGIN > deadline.remaining():
                return LookAgain(order, outcome.look_again_in)
            self.clock.sleep(outcome.look_again_in)
            outcome = venue.status(transaction) if outcome.seen else venue.submit(transaction)
        if isinstance(outcome, Landed):
            return self._append(order.confirm(outcome, self.clock.now()))
        return self._retry_or_fail(order, fault_of(transaction, outcome))

    def _retry_or_fail(self, order: Order, fault: Fault, retryable: bool = True) -> Order:
        if not (retryable and self.retries.allows_after(order.attempt)):
            return self._append(order.fail(fault, self.clock.now()))
        delay = self.retries.delay_after(order.attempt, self.randomness.jitter())
        return self._append(order.retry(fault, delay, self.clock.now()))

    def _venue(self, transaction: Transaction) -> Venue:
        return self.venues[transaction.venue]

    def _append(self, order: Order) -> Order:
        self.orders.append(order)
        return order


def fault_of(transaction: Transaction, outcome: Reverted | Expired) -> Fault:
    """Return why this transaction will never swap anything: the evidence that a retry or a failure needs."""
    if isinstance(outcome, Reverted):
        return Fault.of_reverted(transaction, outcome)
    return Fault.of_expired(transaction)
