"""Raydium's constant product pool: the product of both reserves never falls.

The formulas are those of Raydium's CP-Swap program (``curve/constant_product.rs``, ``curve/fees.rs``): the fee
is taken from the input, and every rounding favours the pool. All amounts are integers in base units.
"""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.venues.rounding import ceil_div

FEE_DENOMINATOR = 1_000_000


@dataclass(frozen=True, slots=True)
class Trade:
    """One exchange with a pool.

    Args:
        amount_in: everything that the trader pays, fee included.
        fee: the part of `amount_in` that is the trade fee.
        amount_out: what the trader gets.
    """

    amount_in: int
    fee: int
    amount_out: int

    @property
    def net(self) -> int:
        """The part of the input that moves the price."""
        return self.amount_in - self.fee


@dataclass(frozen=True, slots=True)
class Reserves:
    """A pool as one trade sees it.

    Args:
        reserve_in: base units of the token that the trader gives.
        reserve_out: base units of the token that the trader gets.
        trade_fee_rate: millionths of the input.
    """

    reserve_in: int
    reserve_out: int
    trade_fee_rate: int

    def exact_in(self, amount_in: int) -> Trade:
        """Return the trade that `amount_in` buys. Dust may buy nothing at all."""
        fee = ceil_div(amount_in * self.trade_fee_rate, FEE_DENOMINATOR)
        net = amount_in - fee
        return Trade(amount_in, fee, net * self.reserve_out // (self.reserve_in + net))

    def price_impact(self, trade: Trade) -> tuple[int, int]:
        """Return, as numerator and denominator, how far the trade's price is below the pool's, fee apart."""
        return trade.net, self.reserve_in + trade.net
