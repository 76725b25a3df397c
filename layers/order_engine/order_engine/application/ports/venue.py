"""A DEX, as the use cases need it."""

from __future__ import annotations

from typing import Protocol

from order_engine.domain.swaps import Quote, Swap, Transaction, TransactionStatus


class Venue(Protocol):
    """A DEX. Its transactions land at most once each, and never after their `valid_until`."""

    @property
    def name(self) -> str:
        """The venue's name, such as ``raydium``."""

    def quote(self, swap: Swap) -> Quote:
        """Return an offer. Raises `QuoteUnavailable`, `NoLiquidity` or `UnknownPair`."""

    def build(self, swap: Swap, quote: Quote, min_amount_out: int) -> Transaction:
        """Sign a transaction and run it dry; nothing is sent. Raises `SimulationFailed`."""

    def submit(self, transaction: Transaction) -> TransactionStatus:
        """Send a transaction and return what became of it so far; sending it again has no further effect."""

    def status(self, transaction: Transaction) -> TransactionStatus:
        """Return what became of a transaction. `Expired` is proof that it never can land."""
