"""The whole engine in memory: the real use cases and venues, on fakes that share one clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from order_engine.application.cancel_order import cancel_order
from order_engine.application.close_dead_letters import DeadLetterClosing
from order_engine.application.execute_order import SAFETY_MARGIN, LookAgain, OrderExecution
from order_engine.application.ports import Venue
from order_engine.application.push_updates import UpdatePusher
from order_engine.application.retries import RetryPolicy
from order_engine.application.submit_order import NoLimit, OrderDesk, SubmitOrder
from order_engine.application.sweep_orders import sweep_orders
from order_engine.domain.errors import DependencyUnavailable
from order_engine.domain.order import Order, Terms
from order_engine.fakes.clients import InMemorySubscriptions
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ClockDeadline, ManualClock, SeededDice, SequentialExecutor
from order_engine.fakes.queue import InMemoryQueue, Message
from order_engine.venues.ledger import InMemoryLedger
from order_engine.venues.meteora import METEORA
from order_engine.venues.raydium import RAYDIUM
from order_engine.venues.simulated import SimulatedVenue, SimulationSettings
from tests.support.clients import ConnectedClients
from tests.support.faults import Crash, Faults
from tests.support.orders import terms

INVOCATION = 30.0
"""Seconds that one invocation may take."""
CALM = SimulationSettings("1")
"""The venues as deployed, but nothing fails."""
RETRIES = RetryPolicy(max_retries=3, base_delay=1.0)
TIME_TO_SIGN = SAFETY_MARGIN + 0.2
"""Seconds that are enough to fetch quotes and sign, and too few to begin another step."""
MANY = 1_000
"""Messages after which an engine that does not come to rest is taken to be stuck."""


@dataclass
class Engine:
    """Everything between a request and an order's end.

    `faults` strike the workers' calls to orders, venues and clock; by default there are none.
    """

    settings: SimulationSettings = CALM
    retries: RetryPolicy = RETRIES
    faults: Faults = field(default_factory=Faults)
    clock: ManualClock = field(default_factory=ManualClock)
    orders: InMemoryOrderStore = field(default_factory=InMemoryOrderStore)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    subscriptions: InMemorySubscriptions = field(default_factory=InMemorySubscriptions)
    clients: ConnectedClients = field(default_factory=ConnectedClients)
    dice: SeededDice = field(default_factory=SeededDice)
    queue: InMemoryQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = InMemoryQueue(self.clock)

    @property
    def venues(self) -> Mapping[str, Venue]:
        return {dex.name: SimulatedVenue(dex, self.settings, self.clock, self.ledger) for dex in (RAYDIUM, METEORA)}

    @property
    def desk(self) -> OrderDesk:
        return OrderDesk(self.orders, self.queue, self.clock, self.dice, NoLimit())

    @property
    def execution(self) -> OrderExecution:
        strike = self.faults.strike
        venues: dict[str, Venue] = {name: strike(venue) for name, venue in self.venues.items()}
        executor = SequentialExecutor()
        return OrderExecution(strike(self.orders), venues, executor, strike(self.clock), self.dice, self.retries)

    @property
    def closing(self) -> DeadLetterClosing:
        return DeadLetterClosing(self.orders, self.venues, self.clock)

    @property
    def pusher(self) -> UpdatePusher:
        return UpdatePusher(self.orders, self.subscriptions, self.clients, SequentialExecutor(), self.clock)

    def deadline(self, seconds: float = INVOCATION) -> ClockDeadline:
        return ClockDeadline(self.clock, seconds)

    def submit(self, what: Terms | None = None, user_id: str = "alice", **more: Any) -> Order:
        """Place an order and return it as it was accepted."""
        return self.desk.submit(SubmitOrder(user_id, what or terms(), **more)).order

    def cancel(self, order: Order) -> Order:
        return cancel_order(self.orders, self.clock, order.id, None)

    def sweep(self) -> int:
        return sweep_orders(self.orders, self.queue, self.clock, self.deadline(60))

    def another_worker(self) -> Engine:
        """Return this very engine, as a worker sees it whom no faults strike."""
        other = copy(self)
        other.faults = Faults()
        return other

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
        """Process messages, moving the clock on where all are out of sight, until there are none."""
        for _ in range(MANY):
            if not self.queue.messages:
                return
            self.clock.time = max(self.clock.time, min(message.visible_at for message in self.queue.messages))
            for message in self.queue.receive():
                self._process(message)
        raise AssertionError("The engine does not come to rest.")

    def _process(self, message: Message) -> None:
        """Do with one message what process_orders does; after a crash it comes back by itself."""
        try:
            result = self.execution.execute(json.loads(message.body)["orderId"], self.deadline())
        except Crash:
            return
        except DependencyUnavailable:
            self._give_back(message, 2.0)
            return
        if isinstance(result, LookAgain):
            self._give_back(message, result.after)
        else:
            self.queue.delete(message.receipt)

    def _give_back(self, message: Message, after: float) -> None:
        with suppress(DependencyUnavailable):  # its time is up: it is in sight again
            self.queue.give_back(message.receipt, after)
