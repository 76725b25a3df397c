"""The whole engine in memory: the real use cases, codecs and venues, on fakes that share one clock."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from order_engine.adapters.simulated_market.ledger import InMemoryLedger
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venues import simulated_venues
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.execute_order import SAFETY_MARGIN, OrderExecution
from order_engine.application.identity import ANYONE, AuthMode
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Dependency, QueueGauge, RateLimiter, TokenVerifier, Unlimited, Venue
from order_engine.application.process_messages import MessageProcessing
from order_engine.application.retries import RetryPolicy
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from order_engine.engine import Engine
from order_engine.fakes.clients import InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryHistoryReader, InMemoryPublishedCounts
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ClockDeadline, ManualClock, SeededRandomness, SequentialExecutor
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from order_engine.fakes.tickets import InMemoryTickets
from tests.support.callers import KnownTokens, trader
from tests.support.clients import ConnectedClients
from tests.support.faults import Crash, Faults
from tests.support.orders import terms

INVOCATION = 30.0
"""Seconds that one invocation may take."""
CALM = MarketSettings("1")
"""The venues as deployed, but nothing fails."""
RETRIES = RetryPolicy(max_retries=3, base_delay=1.0)
TIME_TO_SIGN = SAFETY_MARGIN + 0.2
"""Seconds that are enough to fetch quotes and sign, and too few to begin another step."""
MANY = 1_000
"""Messages after which an engine that does not come to rest is taken to be stuck."""
WEBSOCKET_URL = "wss://ws.example.org/dev"


@dataclass(frozen=True)
class Settings:
    """`EngineSettings` of a test."""

    retries: RetryPolicy = RETRIES
    auth_mode: AuthMode = AuthMode.NONE


@dataclass
class InMemoryPorts:
    """`Ports` in memory, on one clock."""

    market: MarketSettings = CALM
    clock: ManualClock = field(default_factory=ManualClock)
    executor: SequentialExecutor = field(default_factory=SequentialExecutor)
    randomness: SeededRandomness = field(default_factory=SeededRandomness)
    orders: InMemoryOrderStore = field(default_factory=lambda: InMemoryOrderStore(JsonEventCodec()))
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    subscriptions: InMemorySubscriptions = field(default_factory=InMemorySubscriptions)
    clients: ConnectedClients = field(default_factory=lambda: ConnectedClients(JsonFrameCodec(WEBSOCKET_URL)))
    tickets: InMemoryTickets = field(default_factory=InMemoryTickets)
    token_verifier: TokenVerifier = field(default_factory=KnownTokens)
    history: InMemoryHistory = field(default_factory=InMemoryHistory)
    published_counts: InMemoryPublishedCounts = field(default_factory=InMemoryPublishedCounts)
    rate_limiter: RateLimiter = field(default_factory=Unlimited)
    dependencies: tuple[Dependency, ...] = ()

    @cached_property
    def queue(self) -> InMemoryQueue:
        return InMemoryQueue(self.clock, JsonWakeUpCodec())

    @property
    def queue_gauge(self) -> QueueGauge:
        return self.queue

    @cached_property
    def dead_letters(self) -> InMemoryDeadLetters:
        return InMemoryDeadLetters(self.queue)

    @cached_property
    def history_reader(self) -> InMemoryHistoryReader:
        return InMemoryHistoryReader(self.history)

    @property
    def venues(self) -> Mapping[str, Venue]:
        return simulated_venues(self.market, self.clock, self.ledger)


class StruckPorts:
    """Ports as a worker sees them whose calls to orders, venues and clock are struck by faults."""

    def __init__(self, ports: InMemoryPorts, faults: Faults) -> None:
        self._ports = ports
        self.orders = faults.strike(ports.orders)
        self.clock = faults.strike(ports.clock)
        self.venues = {name: faults.strike(venue) for name, venue in ports.venues.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ports, name)


class InMemoryEngine(Engine):
    """The engine on ports in memory, and what tests do with it.

    Args:
        market: how the venues behave.
        faults: strike the workers' calls to orders, venues and clock; by default there are none.
    """

    ports: InMemoryPorts

    def __init__(
        self,
        market: MarketSettings = CALM,
        retries: RetryPolicy = RETRIES,
        faults: Faults | None = None,
        ports: InMemoryPorts | None = None,
    ) -> None:
        super().__init__(ports or InMemoryPorts(market), Settings(retries))
        self.faults = faults or Faults()

    # --- Its parts -------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> ManualClock:
        return self.ports.clock

    @property
    def orders(self) -> InMemoryOrderStore:
        return self.ports.orders

    @property
    def queue(self) -> InMemoryQueue:
        return self.ports.queue

    @property
    def ledger(self) -> InMemoryLedger:
        return self.ports.ledger

    @property
    def subscriptions(self) -> InMemorySubscriptions:
        return self.ports.subscriptions

    @property
    def clients(self) -> ConnectedClients:
        return self.ports.clients

    @property
    def execution(self) -> OrderExecution:
        """Made anew for each use, as by a worker that the faults strike."""
        struck: Any = StruckPorts(self.ports, self.faults)
        return Engine(struck, self.settings).execution

    @property
    def processing(self) -> MessageProcessing:
        struck: Any = StruckPorts(self.ports, self.faults)
        return Engine(struck, self.settings).processing

    def deadline(self, seconds: float = INVOCATION) -> ClockDeadline:
        return ClockDeadline(self.clock, seconds)

    def another_worker(self) -> InMemoryEngine:
        """Return this very engine, as a worker sees it that no faults strike."""
        other = copy(self)
        other.faults = Faults()
        return other

    # --- What happens ----------------------------------------------------------------------------------------------

    def place(self, what: Terms | None = None, user_id: str = "alice", **more: Any) -> Order:
        """Place an order and return it as it was accepted."""
        return self.placement.place(PlaceOrder(trader(user_id), what or terms(), **more)).order

    def cancel(self, order: Order) -> Order:
        return self.cancel_order(order.id, ANYONE)

    def sweep(self) -> int:
        return self.sweep_orders(self.deadline(60))

    def sign(self, order: Order) -> Order:
        """Work on a new order until its transaction is signed; nothing is sent."""
        self.execution.execute(order.id, self.deadline(TIME_TO_SIGN))
        return self.now(order)

    def now(self, order: Order) -> Order:
        """Return the order as it is now."""
        return self.orders.load(order.id)

    def settle(self, order: Order) -> Order:
        """Work until the queue is empty and return the order as it is then."""
        self.work()
        return self.now(order)

    def work(self) -> None:
        """Process messages, moving the clock on where all are hidden, until there are none."""
        for _ in range(MANY):
            if not self.queue.messages:
                return
            self.clock.time = max(self.clock.time, min(message.visible_at for message in self.queue.messages))
            for message in self.queue.receive():
                self._process(message)
        raise AssertionError("The engine does not come to rest.")

    def _process(self, message: Message) -> None:
        """Process one message; after a crash it comes back by itself."""
        try:
            (result,) = self.processing.process([self.queue.wake_up(message)], self.deadline())
        except Crash:
            return
        if result.failure is not None and not isinstance(result.failure, DependencyUnavailable):
            raise result.failure  # a fault of ours, which redelivery would hide
        if result.finished:
            self.queue.delete(message.receipt)
