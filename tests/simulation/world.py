"""The world of one run: the stores in memory, who promised what to whom, and how functions are invoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from order_engine.adapters.simulated_market.ledger import InMemoryLedger
from order_engine.application.errors import VersionConflict
from order_engine.application.ports import Subscription
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.domain.errors import ExecutionError, IllegalTransition, OrderEngineError
from order_engine.domain.order import Order
from order_engine.domain.swaps import Transaction
from order_engine.fakes.clients import InMemoryClients, InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryPublishedCounts
from order_engine.fakes.queue import InMemoryDeadLetters
from order_engine.fakes.tickets import InMemoryTickets
from tests.simulation.chain import simulated_venues
from tests.simulation.faults import Chaos
from tests.simulation.identities import Issuer, Token
from tests.simulation.limits import LARGEST_SKEW, MAX_RECEIVES, TIMEOUTS
from tests.simulation.ports import Invocation
from tests.simulation.processes import ProcessClock
from tests.simulation.promises import Promises, Violation
from tests.simulation.scheduler import Process, Scheduler, Task
from tests.simulation.stores import MoodyLimiter, StaleIndexStore, Stream, UnreliableQueue
from tests.simulation.trace import Trace

LANES = 3
"""Batches of one stream that are processed side by side."""

KEPT_INSIDE = (IllegalTransition, VersionConflict, ExecutionError)
"""Errors with which no function may end."""


class World:
    """Everything that is shared."""

    def __init__(self, seed: int, trace: Trace) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.trace = trace
        self.scheduler = Scheduler(self.random)
        self.chaos = Chaos(self.random)
        self.outside = Process("outside")
        self.promises = Promises()
        self.streams: tuple[Any, ...] = ()
        self.down: set[str] = set()
        """The ports whose service is away as a whole."""
        self.undelivered: list[Order | Subscription] = []
        """What `push_updates` has given up on."""
        self._invocations = 0
        self.few_receives = self.chaos.happens("few_receives")
        self.cursed: set[str] = set()
        """Orders that no function survives which processes them."""
        self.limiter = MoodyLimiter(self.chaos)
        self.ledger = InMemoryLedger()
        self.order_stream = Stream[Order](self.scheduler, LANES, lambda order: order.id)
        self.subscription_stream = Stream[Subscription](
            self.scheduler, LANES, lambda row: row.target + row.connection_id
        )
        self.orders = StaleIndexStore(self.chaos, self.order_stream)
        receives = 1 + int(self.random.random() * 5) if self.few_receives else MAX_RECEIVES
        clock = ProcessClock(self.scheduler, self.outside)
        self.queue = UnreliableQueue(self.scheduler, self.chaos, clock, receives)
        self.dead_letters = InMemoryDeadLetters(self.queue)
        self.subscriptions = InMemorySubscriptions(stream=self.subscription_stream, between_writes=self._between_writes)
        self.clients = InMemoryClients(JsonFrameCodec("wss://simulated"))
        self.tickets = InMemoryTickets()
        self.issuer = Issuer()
        self.contexts: dict[str, Mapping[str, str]] = {}
        """What the authorizer said of each connection; the gateway adds it to every event."""
        self.access: dict[str, Token] = {}
        """The token with which each connection was opened in truth."""
        self.history = InMemoryHistory()
        self.counts = InMemoryPublishedCounts()

    def note(self, actor: str, *words: Any) -> None:
        """Add a line to the trace."""
        self.trace.note(self.scheduler.now, actor, *words)

    def refuses(self, port: str, method: str) -> bool:
        """Whether a service is away as a whole, or throttles more than others."""
        if method == "post":
            return self.chaos.happens("frames_throttled")
        return port in self.down

    def is_cursed(self, process: Process, method: str, arguments: Any) -> bool:
        """Whether the process is about to process an order that no function survives."""
        return method == "load" and process.name.startswith("process_orders") and arguments[0] in self.cursed

    def serve(self, name: str, call: Callable[[], Any]) -> Task:
        """Have a part of the outside world run for ever."""
        return self.scheduler.spawn(Process(name), call)

    def invoke(self, name: str, handler: Callable[[Invocation], Any]) -> Task:
        """Run a function once, to its end, its death or its time limit; return how it went."""
        self._invocations += 1
        process = Process(f"{name}-{self._invocations}", self._skew(), mortal=True, began_at=self.scheduler.now)
        limit = TIMEOUTS[name] * 1000
        invocation = Invocation(self, process, self.scheduler.now + limit)
        self.scheduler.at(self._lifetime(limit), lambda: self.scheduler.kill(process))
        task = self.scheduler.run_in(process, lambda: handler(invocation))
        error = task.error
        self.note(process.name, "ends:", "returned" if error is None else error.__class__.__name__, error or "")
        if error is not None and isinstance(error, Exception):
            self.expect(error)
        return task

    def expect(self, error: Exception) -> None:
        """Let pass what a function may raise; anything else is a bug. Raises `Violation`."""
        if not isinstance(error, OrderEngineError) or isinstance(error, KEPT_INSIDE):
            raise Violation(0, f"unexpected {type(error).__name__}: {error}") from error

    def later(self, after: int, name: str, call: Callable[..., Any], arguments: Any) -> None:
        """Have a call take effect that its caller has given up on."""

        def take_effect() -> None:
            try:
                outcome = call(*arguments)
            except OrderEngineError as error:
                outcome = error
            self.note("(network)", name, arguments, "→", outcome, "late")

        self.scheduler.at(after, take_effect)

    def linger(self, after: int, transaction: Transaction) -> None:
        """Have a transaction reach the chain later, by the chain's own clock."""
        clock = ProcessClock(self.scheduler, self.outside)
        venue = simulated_venues(self, clock, self.ledger)[transaction.venue]

        def arrive() -> None:
            self.scheduler.sleep(after)
            outcome = venue.submit(transaction)
            self.note("(chain)", "reached by", transaction, "→", outcome)

        self.scheduler.spawn(self.outside, arrive)

    def _skew(self) -> timedelta:
        if not self.chaos.happens("skew"):
            return timedelta()
        return timedelta(milliseconds=int((self.random.random() * 2 - 1) * LARGEST_SKEW * 1000))

    def _lifetime(self, limit: int) -> int:
        """Return the milliseconds after which the invocation is killed, if it still runs."""
        if self.chaos.happens("function_timeout"):
            return int(self.random.random() * 3_000)
        return limit

    def _between_writes(self) -> None:
        task = self.scheduler.current
        if task is None:  # a late effect, which is one step
            return
        if task.process.mortal and self.chaos.happens("crash_before"):
            self.note(task.process.name, "✗ crash between two writes")
            self.scheduler.kill(task.process)
        self.scheduler.sleep(self.chaos.latency())
