"""What the router and the venues speak of: the order's swap, quotes, transactions and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from order_engine.domain.tokens import Token


@dataclass(frozen=True, slots=True)
class Swap:
    """One attempt of an order to swap `amount_in` (base units of `token_in`) into `token_out`.

    Order id and attempt (from 1) decide, with the market's seed, what the simulated venues answer.
    """

    order_id: str
    attempt: int
    token_in: Token
    token_out: Token
    amount_in: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a venue offers for a swap.

    Args:
        venue: the venue's name.
        amount_out: base units of the token out, fee already taken.
        fee: the venue's trade fee, base units of the token in.
        price_impact: how far the trade itself moves the price, a fraction as decimal string.
        reference_price: the venue's price before the trade, token out per token in, as decimal string.
    """

    venue: str
    amount_out: int
    fee: int
    price_impact: str
    reference_price: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed swap. It lands at most once, and never after `valid_until`.

    Args:
        signature: base58; also the transaction hash.
        quoted_amount_out, min_amount_out: base units of the token out.
        valid_until: aware UTC; when its blockhash stops being accepted.
    """

    signature: str
    venue: str
    swap: Swap
    quoted_amount_out: int
    min_amount_out: int
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Landed:
    """The swap happened.

    Args:
        amount_out: base units of the token out; at least the transaction's minimum.
        fee: base units of the token in.
        price_impact: a fraction as decimal string.
        pool: the pool's state before the swap and the time, from which anybody can recompute it.
    """

    amount_out: int
    fee: int
    price_impact: str
    pool: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reverted:
    """The transaction landed and failed: no tokens moved. Codes are only unique within their program."""

    program: str
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Expired:
    """Proven dead: the transaction did not land and can't land any more."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """Nothing final is known yet. Look again after `look_again_in` seconds.

    Args:
        seen: False when the venue knows nothing of the signature, so that sending it again makes sense.
    """

    look_again_in: float
    seen: bool


TransactionStatus = Landed | Reverted | Expired | InFlight
