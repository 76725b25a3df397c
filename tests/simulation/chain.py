"""The way to the chain: transactions get lost on it, or arrive later than they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.simulated_market import venues as market
from order_engine.adapters.simulated_market.ledger import Ledger
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import RESEND_AFTER, SimulatedVenue
from order_engine.application.ports import Clock, Venue
from order_engine.domain.swaps import InFlight, Quote, Swap, Transaction, TransactionStatus

if TYPE_CHECKING:
    from tests.simulation.world import World

LONGEST_WAY = 90.0
"""Seconds; longer than a transaction is valid."""


@dataclass(frozen=True, slots=True)
class Mempool:
    """A venue behind a mempool: what was sent is not there yet, and may never be."""

    world: World
    venue: SimulatedVenue

    @property
    def name(self) -> str:
        """The venue's name."""
        return self.venue.name

    def quote(self, swap: Swap) -> Quote:
        """Ask the venue, which may take its time."""
        self.world.scheduler.sleep(self.world.chaos.latency())
        quote = self.venue.quote(swap)
        self._note("quote", quote)
        return quote

    def build(self, swap: Swap, quote: Quote, min_amount_out: int) -> Transaction:
        """Ask the venue, which may take its time."""
        self.world.scheduler.sleep(self.world.chaos.latency())
        transaction = self.venue.build(swap, quote, min_amount_out)
        self._note("build", transaction)
        return transaction

    def submit(self, transaction: Transaction) -> TransactionStatus:
        """Send; in bad times the transaction vanishes on its way, or takes long."""
        chaos = self.world.chaos
        lost = chaos.happens("mempool_lost")
        if lost or chaos.happens("mempool_slow"):
            self._note("submit", transaction, "✗ lost in the mempool" if lost else "✗ lingers in the mempool")
            if not lost:
                self.world.linger(chaos.up_to(LONGEST_WAY), transaction)
            return InFlight(RESEND_AFTER, seen=False)
        return self.venue.submit(transaction)

    def status(self, transaction: Transaction) -> TransactionStatus:
        """Ask the venue."""
        return self.venue.status(transaction)

    def _note(self, *words: object) -> None:
        self.world.note(f"({self.name})", *words)


def venues_for(world: World, clock: Clock, ledger: Ledger) -> Mapping[str, Venue]:
    """Return the venues as seen by a process with this clock and this way to the ledger."""
    return {name: Mempool(world, venue) for name, venue in simulated_venues(world, clock, ledger).items()}


def simulated_venues(world: World, clock: Clock, ledger: Ledger) -> Mapping[str, SimulatedVenue]:
    """Return the venues themselves."""
    faults = world.chaos.faults
    rough = 0.0 if world.chaos.calm else 1.0
    settings = MarketSettings(
        seed=f"market {world.seed}",
        quote_failure_rate=faults.quote * rough,
        simulation_failure_rate=faults.simulation * rough,
        execution_failure_rate=faults.execution * rough,
    )
    return market.simulated_venues(settings, clock, ledger)
