"""Verify a confirmed order's receipt: recompute its figures from what the API shows, and compare.

Rounding and pool math are the engine's own code. No other module of the client may import the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from order_engine.adapters.simulated_market.receipts import recompute
from order_engine.domain.amounts import (
    BASIS_POINTS,
    format_amount,
    format_price,
    format_ratio,
    min_amount_out,
    parse_amount,
    parse_slippage,
    read_amount,
)
from order_engine.domain.errors import OrderEngineError
from order_engine.domain.tokens import Token, token
from orders_client.comparison import Check, Verification, agree, compare, compare_all, most_frequent
from orders_client.errors import NotConfirmed, UnexpectedAnswer
from orders_client.models import Event, Order, Status

P = ParamSpec("P")
T = TypeVar("T")
Data = Mapping[str, Any]

_UNREADABLE = (OrderEngineError, KeyError, IndexError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What the engine's code raises for values that no order has: they were altered, or left out."""


def verify_receipt(order: Order) -> Verification:
    """Recompute the receipt of a confirmed order.

    Raises:
        NotConfirmed: the order has no receipt.
        UnexpectedAnswer: the order comes without its events.
    """
    if not order.events:
        raise UnexpectedAnswer(f"Order {order.id} comes without its events.", "Give all of it: orders get ID --json")
    if Status.CONFIRMED not in (order.status, order.events[-1].status):
        raise NotConfirmed(
            f"Order {order.id} is {order.status}: only a confirmed order has a receipt.",
            f"See why: orders get {order.id}" if order.status.terminal else f"Wait for it: orders watch {order.id}",
        )
    return Verification(order.id, tuple(_Receipt(order).checks()))


class _Receipt:
    """An order's receipt. Amounts are in base units; what can't be computed raises one of `_UNREADABLE`."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._terms = order.events[0].data
        self._building = _data(order.events, Status.BUILDING)
        self._submitted = _data(order.events, Status.SUBMITTED)
        self._confirmed = _data(order.events, Status.CONFIRMED)
        self._steps = {"building": self._building, "submitted": self._submitted, "confirmed": self._confirmed}
        self._venues = {f"{name}.venue": data.get("venue") for name, data in self._steps.items()}
        self._venues["order.venue"] = order.venue
        self._ordered = {
            "orderType": order.order_type,
            "tokenIn": order.token_in,
            "tokenOut": order.token_out,
            "amountIn": order.amount_in,
            "slippage": order.slippage,
            "minAmountOut": order.min_amount_out,
        }

    def checks(self) -> Iterator[Check]:
        """Yield the comparisons."""
        yield from self._check_steps()
        yield from self._check_terms()
        yield from self._check_transaction()
        yield from self._check_limits()
        yield from self._check_amounts()

    def _check_steps(self) -> Iterator[Check]:
        """The order is the sum of its events."""
        order, events = self._order, self._order.events
        attempt = 1 + sum(event.status is Status.PENDING for event in events[1:])
        yield compare("events.seq", [event.seq for event in events], list(range(1, len(events) + 1)))
        yield compare("order.status", order.status, events[-1].status)
        yield compare("order.version", order.version, len(events))
        yield compare("order.attempts", order.attempts, attempt)
        yield compare("order.createdAt", order.created_at, events[0].timestamp)
        yield compare("order.updatedAt", order.updated_at, events[-1].timestamp)
        for name, data in self._steps.items():
            yield compare(f"{name}.attempt", data.get("attempt"), attempt)

    def _check_terms(self) -> Iterator[Check]:
        """The order's terms are those that were accepted."""
        for name, told in self._ordered.items():
            if told is not None or name in self._terms:
                yield compare(f"order.{name}", told, self._terms.get(name))

    def _check_transaction(self) -> Iterator[Check]:
        """What was executed is the transaction that was signed."""
        yield from compare_all(self._venues)
        hashes = {
            "building.signature": self._building.get("signature"),
            "submitted.txHash": self._submitted.get("txHash"),
            "confirmed.txHash": self._confirmed.get("txHash"),
            "order.txHash": self._order.tx_hash,
        }
        yield from compare_all(hashes)

    def _check_limits(self) -> Iterator[Check]:
        """The least amount out follows from the chosen venue's quote and from the order's terms."""
        quoted = _attempt(lambda: format_amount(self._quoted, self._token_out))
        least = _attempt(lambda: format_amount(self._least_out(self._quoted), self._token_out))
        yield compare("building.quotes", _attempt(self._chosen_quote), quoted)
        yield compare("building.quotedAmountOut", self._building.get("quotedAmountOut"), quoted)
        yield compare("building.minAmountOut", self._building.get("minAmountOut"), least)

    def _check_amounts(self) -> Iterator[Check]:
        """The amounts are those that the recorded pool gives."""
        order, confirmed = self._order, self._confirmed
        told = {"amountOut": order.amount_out, "fee": order.fee, "priceImpact": order.price_impact}
        given = _attempt(lambda: self._given(self._amount_in)) or {}
        # Where order and event agree with each other, and not with the pool, it is the pool that was altered.
        witnesses = [name for name in told if agree(told[name], confirmed.get(name))]
        altered = not given or any(not agree(confirmed[name], given[name]) for name in witnesses)
        curve = _attempt(lambda: str(confirmed["pool"]["curve"]))
        yield Check("confirmed.pool", curve, None if altered else curve, not altered)
        for name in told:
            yield compare(f"confirmed.{name}", confirmed.get(name), given.get(name))
        trusted = confirmed if altered else given
        yield _attempt(lambda: self._check_minimum(trusted["amountOut"])) or Check(_MINIMUM, None, None, False)
        executed_price = _attempt(lambda: self._price(trusted["amountOut"]))
        slippage_bps = _attempt(lambda: self._slippage_bps(self._quoted, trusted["amountOut"]))
        yield compare("confirmed.executedPrice", confirmed.get("executedPrice"), executed_price)
        yield compare("confirmed.slippageBps", confirmed.get("slippageBps"), slippage_bps)
        for name, value in told.items():
            yield compare(f"order.{name}", value, trusted.get(name))
        yield compare("order.executedPrice", order.executed_price, executed_price)

    def _check_minimum(self, amount_out: str) -> Check:
        least = self._least_out(self._quoted)
        right = read_amount(amount_out, self._token_out) >= least
        return Check(_MINIMUM, amount_out, f"≥ {format_amount(least, self._token_out)}", right)

    @property
    def _token_in(self) -> Token:
        return token(self._terms["tokenIn"])

    @property
    def _token_out(self) -> Token:
        return token(self._terms["tokenOut"])

    @cached_property
    def _amount_in(self) -> int:
        """The amount in; where the order and its first event differ, the one for which the pool gave what it gave."""
        texts = (self._terms.get("amountIn"), f"{self._order.amount_in:f}")
        amounts = [_attempt(lambda text: parse_amount("amountIn", str(text), self._token_in), text) for text in texts]
        told = self._confirmed.get("amountOut")
        return _first_fitting(amounts, lambda amount_in: agree(self._given(amount_in)["amountOut"], told))

    @cached_property
    def _quoted(self) -> int:
        """The quoted amount out; where it is told twice and differently, the one that the other figures follow from."""
        texts = (self._building.get("quotedAmountOut"), _attempt(self._chosen_quote))
        quotes = [_attempt(lambda text: read_amount(str(text), self._token_out), text) for text in texts]
        return _first_fitting(quotes, self._fits_as_quote)

    def _fits_as_quote(self, quoted: int) -> bool:
        least = format_amount(self._least_out(quoted), self._token_out)
        slippage_bps = self._slippage_bps(quoted, self._confirmed["amountOut"])
        return agree(self._building["minAmountOut"], least) and agree(self._confirmed["slippageBps"], slippage_bps)

    def _chosen_quote(self) -> str:
        """Return the amount out that the chosen venue has quoted."""
        quotes = {quote["venue"]: quote.get("amountOut") for quote in self._building["quotes"]}
        return str(quotes[most_frequent(self._venues.values())])

    def _least_out(self, quoted: int) -> int:
        own = self._terms.get("minAmountOut")
        minimum = parse_amount("minAmountOut", own, self._token_out) if own else 0
        return max(minimum, min_amount_out(quoted, parse_slippage("slippage", self._terms["slippage"])))

    def _given(self, amount_in: int) -> dict[str, str]:
        """Return what the recorded pool gives for an amount in."""
        fill = recompute(self._confirmed["pool"], amount_in)
        return {
            "amountOut": format_amount(fill.amount_out, self._token_out),
            "fee": format_amount(fill.fee, self._token_in),
            "priceImpact": fill.price_impact,
        }

    def _price(self, amount_out: str) -> str:
        paid, got = self._token_in, self._token_out
        return format_price(read_amount(amount_out, got) * 10**paid.decimals, self._amount_in * 10**got.decimals)

    def _slippage_bps(self, quoted: int, amount_out: str) -> str:
        return format_ratio((quoted - read_amount(amount_out, self._token_out)) * BASIS_POINTS, quoted, places=2)


_MINIMUM = "confirmed.amountOut ≥ building.minAmountOut"


def _data(events: Sequence[Event], status: Status) -> Data:
    """Return the data of the last event with this status; nothing where there is none."""
    return next((event.data for event in reversed(events) if event.status is status), {})


def _attempt(compute: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return the result, or None where a value that it needs is missing or makes no sense."""
    try:
        return compute(*args, **kwargs)
    except _UNREADABLE:
        return None


def _first_fitting(candidates: Sequence[int | None], fits: Callable[[int], bool]) -> int:
    """Return the first candidate that fits; if none does, the first that is known. Raises IndexError if none is."""
    known = [candidate for candidate in candidates if candidate is not None]
    return next((candidate for candidate in known if _attempt(fits, candidate)), known[0])
