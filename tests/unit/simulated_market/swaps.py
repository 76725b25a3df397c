"""What the tests of the simulated market share: swaps, and a clock that only sleeping moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from order_engine.adapters.simulated_market.market import BASE_PRICES
from order_engine.domain.amounts import parse_amount
from order_engine.domain.swaps import Swap
from order_engine.domain.tokens import token


@dataclass
class FakeClock:
    """`Clock` that moves by microseconds, and notes every sleep."""

    time: datetime = datetime(2025, 6, 1, 12, 0, 0, 123_456, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


def make_swap(
    token_in: str = "SOL", token_out: str = "USDC", amount: str = "1", order: str = "o1", attempt: int = 1
) -> Swap:
    given = token(token_in)
    return Swap(order, attempt, given, token(token_out), parse_amount("amountIn", Decimal(amount), given))


def amount_worth(symbol: str, dollars: int) -> str:
    """Return how much of a token has this value at its base price, with at most five decimals."""
    return str(round(Decimal(dollars) * 1_000_000 / BASE_PRICES[symbol], 5))
