"""Raydium's constant product pool: the product of both reserves never falls.

The formulas are those of Raydium's CP-Swap program (``curve/constant_product.rs``, ``curve/fees.rs``): the fee
is taken from the input, and every rounding favours the pool. All amounts are integers in base units.
"""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.domain.errors import NoLiquidity
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

    def exact_out(self, amount_out: int) -> Trade:
        """Return the cheapest trade that gives at least `amount_out`.

        Raises:
            NoLiquidity: the pool does not hold more than that.
        """
        if amount_out >= self.reserve_out:
            raise NoLiquidity("The pool holds less than the amount out that was asked for.")
        net = ceil_div(self.reserve_in * amount_out, self.reserve_out - amount_out)
        amount_in = ceil_div(net * FEE_DENOMINATOR, FEE_DENOMINATOR - self.trade_fee_rate)
        return Trade(amount_in, amount_in - net, amount_out)

    def price_impact(self, trade: Trade) -> tuple[int, int]:
        """Return, as numerator and denominator, how far the trade's price is below the pool's, fee apart."""
        return trade.net, self.reserve_in + trade.net
