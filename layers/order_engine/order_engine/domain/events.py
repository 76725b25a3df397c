"""The events of an order's life: one frozen dataclass for each kind. Amounts are base units.

How they look in storage and on the wire is in `order_engine.contracts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from order_engine.domain.errors import ExecutionError, TransactionExpired, TransactionFailed
from order_engine.domain.swaps import Quote, Reverted, Transaction
from order_engine.domain.terms import Terms


class Status(StrEnum):
    """Where an order is in its life."""

    PENDING = "pending"
    ROUTING = "routing"
    BUILDING = "building"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether no step can follow."""
        return self in _TERMINAL


_TERMINAL = frozenset({Status.CONFIRMED, Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an attempt, or one venue's quote, came to nothing.

    Args:
        code: stable machine-readable reason.
        venue, tx_hash: of the transaction, where one had been signed.
        program, program_code: of the on-chain program that refused it; the code means nothing without its program.
    """

    code: str
    message: str
    venue: str | None = None
    tx_hash: str | None = None
    program: str | None = None
    program_code: int | None = None

    @classmethod
    def of(cls, error: ExecutionError) -> Fault:
        """Return the fault of an attempt that has signed nothing."""
        return cls(error.code, str(error))

    @classmethod
    def of_reverted(cls, transaction: Transaction, outcome: Reverted) -> Fault:
        """Return the fault of a transaction that landed and failed on chain."""
        return cls(
            TransactionFailed.code,
            outcome.message,
            transaction.venue,
            transaction.signature,
            outcome.program,
            outcome.code,
        )

    @classmethod
    def of_expired(cls, transaction: Transaction) -> Fault:
        """Return the fault of a transaction that never landed and never will."""
        return cls(TransactionExpired.code, str(TransactionExpired()), transaction.venue, transaction.signature)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A venue that gave no quote."""

    venue: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an order's life.

    Args:
        seq: the order's version after it: 1 for the acceptance, then gapless.
        timestamp: aware UTC.
    """

    status: ClassVar[Status]
    seq: int
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """`pending`, the first event: what was ordered, and by whom.

    Args:
        correlation_id: the id of the request that placed the order.
    """

    status = Status.PENDING
    user_id: str
    terms: Terms
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class RetryScheduled(Event):
    """`pending` again: there will be another attempt.

    Args:
        attempt: the number of the coming attempt, from 2.
        delay: seconds until then.
        fault: what went wrong with the attempt before.
    """

    status = Status.PENDING
    attempt: int
    delay: float
    next_attempt_at: datetime
    fault: Fault


@dataclass(frozen=True, slots=True)
class RoutingStarted(Event):
    """`routing`: the venues are asked for quotes."""

    status = Status.ROUTING
    attempt: int
    venues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransactionSigned(Event):
    """`building`: a venue was chosen and a transaction signed; nothing has been sent yet. The intent, written first.

    Args:
        reason: why this venue, in words.
    """

    status = Status.BUILDING
    transaction: Transaction
    quotes: tuple[Quote, ...]
    refusals: tuple[Refusal, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TransactionSubmitted(Event):
    """`submitted`: the transaction is at the venue."""

    status = Status.SUBMITTED
    attempt: int
    venue: str
    tx_hash: str


@dataclass(frozen=True, slots=True)
class Confirmed(Event):
    """`confirmed`: the receipt, with the pool state that anybody can recompute it from.

    Args:
        amount_out: base units of the token out.
        executed_price: whole tokens out per whole token in, as decimal string.
        fee: base units of the token in.
        price_impact: a fraction as decimal string.
        slippage_bps: how much less than quoted, in basis points, as decimal string.
        pool: the venue's own record of its pool before the swap, ready for JSON; the engine does not look into it.
    """

    status = Status.CONFIRMED
    attempt: int
    venue: str
    tx_hash: str
    amount_out: int
    executed_price: str
    fee: int
    price_impact: str
    slippage_bps: str
    pool: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """`failed`: the evidence, and how many attempts were begun."""

    status = Status.FAILED
    fault: Fault
    attempts: int


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """`cancelled`: by whom."""

    status = Status.CANCELLED
    by: str
