"""The API's answers as frozen dataclasses: amounts are Decimal, times are aware UTC, absent values are None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where an order is in its life.

    A newer engine may know more statuses. Such a status is kept as its text, equals it, and is not terminal:

    >>> Status("resting")
    <Status.RESTING: 'resting'>
    >>> Status("resting").terminal, Status("resting") in list(Status)
    (False, False)
    """

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
        return self in (Status.CONFIRMED, Status.FAILED, Status.CANCELLED)

    @classmethod
    def _missing_(cls, value: object) -> Status | None:
        """Return a member for a status that this client does not know; it is none of those that iterating yields."""
        if not isinstance(value, str) or not value:
            return None
        member = str.__new__(cls, value)
        member._name_ = value.upper()
        member._value_ = value
        return member


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an order. `seq` begins at 1 and has no gaps; `data` is JSON as it came, amounts as strings."""

    seq: int
    status: Status
    timestamp: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is now.

    Args:
        amount_in: whole tokens, as entered. `slippage` and `price_impact` are fractions.
        version: the `seq` of the newest event.
        attempts: how many attempts were begun.
        error: code and message, where the order has failed.
        fee: in the token that goes in. `executed_price` is tokens out for one token in.
    """

    id: str
    status: Status
    version: int
    order_type: str
    token_in: str
    token_out: str
    amount_in: Decimal
    slippage: Decimal
    attempts: int
    created_at: datetime
    updated_at: datetime
    events: tuple[Event, ...]
    user_id: str | None = None
    client_order_id: str | None = None
    correlation_id: str | None = None
    min_amount_out: Decimal | None = None
    amount_out: Decimal | None = None
    executed_price: Decimal | None = None
    fee: Decimal | None = None
    price_impact: Decimal | None = None
    venue: str | None = None
    tx_hash: str | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order was accepted: it will reach a terminal state.

    Args:
        websocket_url: where to follow it. Where authentication is on it has a ticket in it, which is good for one
            connection within seconds: don't log it.
        replayed: the same request had been accepted before; this is still that one order.
    """

    order_id: str
    status: Status
    message: str
    websocket_url: str = field(repr=False)
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class StreamTicket:
    """Opens one connection of the stream, once, within `expires_in` seconds. It is a secret until then."""

    ticket: str = field(repr=False)
    expires_in: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt: the `seq` of its event, its number from 1, and its error (code, message, …)."""

    seq: int
    attempt: int
    timestamp: datetime
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """An order as it is stored in Postgres, with each failed attempt."""

    order: Order
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Messages in the queue by state, and orders by status with their `total`."""

    queue: Mapping[str, int]
    orders: Mapping[str, int]
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """The engine's health, ``healthy``, ``degraded`` or ``unhealthy``, and each dependency's, where asked for."""

    status: str
    timestamp: datetime
    dependencies: Mapping[str, str]
