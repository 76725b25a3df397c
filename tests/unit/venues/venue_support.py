"""What the tests of the venues share: golden values, a clock that only sleeping moves, and swaps to try."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import settings

from order_engine.domain.amounts import parse_amount
from order_engine.domain.swaps import Swap
from order_engine.domain.tokens import token

# A busy machine is no reason to fail: the properties are about values, not about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

VECTORS = Path(__file__).parents[2] / "vectors"


def golden(name: str) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = json.loads((VECTORS / name).read_text())
    return values


@dataclass
class FakeClock:
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
