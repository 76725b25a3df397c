"""The order: an append-only list of events, and the one table of steps its life may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast

from order_engine.domain.amounts import BASIS_POINTS, format_price, format_ratio
from order_engine.domain.errors import IllegalTransition
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    Fault,
    Refusal,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.swaps import Landed, Quote, Swap, Transaction
from order_engine.domain.terms import Terms

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.ROUTING, Status.CANCELLED, Status.FAILED}),
    Status.ROUTING: frozenset({Status.BUILDING, Status.PENDING, Status.CANCELLED, Status.FAILED}),
    Status.BUILDING: frozenset({Status.SUBMITTED, Status.PENDING, Status.FAILED}),
    Status.SUBMITTED: frozenset({Status.CONFIRMED, Status.PENDING, Status.FAILED}),
    Status.CONFIRMED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

CANCELLABLE = frozenset(status for status, following in TRANSITIONS.items() if Status.CANCELLED in following)

OVERDUE_AFTER = timedelta(seconds=60)
"""An open order older than this is put on the queue again by the sweeper."""


@dataclass(frozen=True)
class Order:
    """One order with everything that has happened to it. Immutable: each step returns a new order.

    The methods that are steps take `at`, aware UTC, and raise `IllegalTransition` where the table has no such step.

    Args:
        id: a UUID.
        client_order_id: the client's own name for it, shown back.
    """

    id: str
    events: tuple[Event, ...]
    client_order_id: str | None = None

    @classmethod
    def accepted(
        cls,
        order_id: str,
        user_id: str,
        terms: Terms,
        at: datetime,
        client_order_id: str | None = None,
        correlation_id: str | None = None,
    ) -> Order:
        """Return a new order. Its first event says all there is to know, so that the stream explains itself."""
        return cls(order_id, (Accepted(1, at, user_id, terms, correlation_id),), client_order_id)

    # --- What is known of it ---------------------------------------------------------------------------------------

    @property
    def acceptance(self) -> Accepted:
        """The first event."""
        return cast(Accepted, self.events[0])

    @property
    def user_id(self) -> str:
        """Whose order it is."""
        return self.acceptance.user_id

    @property
    def terms(self) -> Terms:
        """What was ordered."""
        return self.acceptance.terms

    @property
    def correlation_id(self) -> str | None:
        """The id of the request that placed it; goes through queue, logs and messages."""
        return self.acceptance.correlation_id

    @property
    def created_at(self) -> datetime:
        """When it was accepted."""
        return self.events[0].timestamp

    @property
    def updated_at(self) -> datetime:
        """When the last event happened."""
        return self.events[-1].timestamp

    @property
    def version(self) -> int:
        """The number of events, which is also the `seq` of the last."""
        return len(self.events)

    @property
    def status(self) -> Status:
        """Where the order is now."""
        return self.events[-1].status

    @property
    def due_at(self) -> datetime:
        """From when on the sweeper looks after the order, if it is still open."""
        return self.created_at + OVERDUE_AFTER

    @cached_property
    def attempt(self) -> int:
        """The number of the current attempt, from 1. Counted here, as the queue's own count includes throttles."""
        return sum(1 for event in self.events if event.status is Status.PENDING)

    @property
    def attempts(self) -> int:
        """How many attempts were begun."""
        return sum(1 for event in self.events if event.status is Status.ROUTING)

    @property
    def next_attempt_at(self) -> datetime | None:
        """When a pending order may be tried again; None where it need not wait."""
        last = self.events[-1]
        return last.next_attempt_at if isinstance(last, RetryScheduled) else None

    @property
    def swap(self) -> Swap:
        """The current attempt's swap."""
        return Swap(self.id, self.attempt, self.terms.token_in, self.terms.token_out, self.terms.amount_in)

    @property
    def transaction(self) -> Transaction | None:
        """The current attempt's signed transaction, as its `building` event has it; None before that."""
        for event in reversed(self.events):
            if event.status is Status.PENDING:
                return None
            if isinstance(event, TransactionSigned):
                return event.transaction
        return None

    # --- Its steps -------------------------------------------------------------------------------------------------

    def start_routing(self, venues: tuple[str, ...], at: datetime) -> Order:
        """Begin an attempt: these venues are asked for quotes."""
        return self._with(RoutingStarted(*self._next(RoutingStarted, at), self.attempt, venues))

    def sign(
        self,
        transaction: Transaction,
        quotes: tuple[Quote, ...],
        refusals: tuple[Refusal, ...],
        reason: str,
        at: datetime,
    ) -> Order:
        """Store the intent to swap: the signed transaction, and why this venue was chosen."""
        step = self._next(TransactionSigned, at)
        return self._with(TransactionSigned(*step, transaction, quotes, refusals, reason))

    def submit(self, at: datetime) -> Order:
        """Note that the signed transaction is at its venue."""
        step, transaction = self._next(TransactionSubmitted, at), self._signed()
        return self._with(TransactionSubmitted(*step, self.attempt, transaction.venue, transaction.signature))

    def confirm(self, landed: Landed, at: datetime) -> Order:
        """Note that the swap has happened, with its receipt."""
        (seq, timestamp), transaction, terms = self._next(Confirmed, at), self._signed(), self.terms
        quoted, amount_out = transaction.quoted_amount_out, landed.amount_out
        paid = amount_out * 10**terms.token_in.decimals, terms.amount_in * 10**terms.token_out.decimals
        confirmed = Confirmed(
            seq=seq,
            timestamp=timestamp,
            attempt=self.attempt,
            venue=transaction.venue,
            tx_hash=transaction.signature,
            amount_out=amount_out,
            executed_price=format_price(*paid),
            fee=landed.fee,
            price_impact=landed.price_impact,
            slippage_bps=format_ratio((quoted - amount_out) * BASIS_POINTS, quoted, places=2),
            pool=landed.pool,
        )
        return self._with(confirmed)

    def retry(self, fault: Fault, delay: float, at: datetime) -> Order:
        """Schedule another attempt, `delay` seconds from now; what is stored has milliseconds."""
        step, delay = self._next(RetryScheduled, at), round(delay, 3)
        return self._with(RetryScheduled(*step, self.attempt + 1, delay, at + timedelta(seconds=delay), fault))

    def fail(self, fault: Fault, at: datetime) -> Order:
        """End the order without a swap, with the evidence."""
        return self._with(Failed(*self._next(Failed, at), fault, self.attempts))

    def cancel(self, by: str, at: datetime) -> Order:
        """End the order because somebody wants it to; `by` is a user id."""
        return self._with(Cancelled(*self._next(Cancelled, at), by))

    def _next(self, kind: type[Event], at: datetime) -> tuple[int, datetime]:
        """Return `seq` and timestamp of a step of this kind, if it is legal.

        Time never runs backwards within an order, even where the clocks of two workers disagree.
        """
        if kind.status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"order {self.id}: {self.status} can't become {kind.status}")
        return self.version + 1, max(at, self.updated_at)

    def _signed(self) -> Transaction:
        if (transaction := self.transaction) is None:
            raise IllegalTransition(f"order {self.id}: no transaction is signed")
        return transaction

    def _with(self, event: Event) -> Order:
        return replace(self, events=(*self.events, event))
