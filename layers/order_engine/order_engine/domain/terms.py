"""The terms of an order: what the client asked for."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.domain.amounts import min_amount_out
from order_engine.domain.tokens import Token


@dataclass(frozen=True, slots=True)
class Terms:
    """What was ordered. Amounts are base units; the text of `amount_in` is kept exactly as it was entered.

    Args:
        slippage_bps: tolerated difference to the quote, in basis points.
        slippage_entered: the same, a fraction as text; the default's when none was given.
        min_amount_out: the least acceptable amount out in base units, 0 when there is no limit of its own.
    """

    order_type: str
    token_in: Token
    token_out: Token
    amount_in: int
    amount_in_entered: str
    slippage_bps: int
    slippage_entered: str
    min_amount_out: int = 0
    min_amount_out_entered: str | None = None

    def min_amount_out_for(self, quoted: int) -> int:
        """Return the least amount out (base units) that a swap quoted at `quoted` may give."""
        return max(min_amount_out(quoted, self.slippage_bps), self.min_amount_out)

    def agrees_with(self, other: Terms) -> bool:
        """Return whether both order the same thing, however it was written (``1`` and ``1.0``)."""
        return self._without_spelling == other._without_spelling

    @property
    def _without_spelling(self) -> tuple[str, str, str, int, int, int]:
        return (
            self.order_type,
            self.token_in.mint,
            self.token_out.mint,
            self.amount_in,
            self.slippage_bps,
            self.min_amount_out,
        )
