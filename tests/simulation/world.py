"""The world of one run: the stores in memory, who promised what to whom, and how functions are invoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Generic, TypeVar
from zlib import crc32

from order_engine.application.ports import Overdue, Subscription
from order_engine.application.submit_order import SubmitOrder
from order_engine.domain.errors import OrderEngineError, RateLimited
from order_engine.domain.order import Order
from order_engine.domain.swaps import Transaction
from order_engine.fakes.clients import InMemoryClients, InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryStatusCounts
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from order_engine.venues.ledger import InMemoryLedger
from tests.simulation.chain import simulated_venues
from tests.simulation.faults import Chaos
from tests.simulation.ports import Ports
from tests.simulation.scheduler import Process, ProcessClock, Scheduler, Signal, Task
from tests.simulation.trace import Trace

T = TypeVar("T")
R = TypeVar("R")

LANES = 3
"""Batches of one stream that are processed side by side."""

LARGEST_SKEW = 5.0
"""Seconds."""


class Violation(BaseException):
    """Something that must always hold does not. No `except Exception` on the way gets to swallow it.

    Args:
        number: of the statement, as in docs/reliability.md.
        order_id: whose trace shows it.
    """

    def __init__(self, number: int, message: str, order_id: str = "") -> None:
        super().__init__(f"{number}: {message}")
        self.number = number
        self.order_id = order_id


class Stream(list[R], Generic[R]):
    """A table's stream: every write, and the same in shards, each of which keeps its order.

    Args:
        key: what decides on the shard.
    """

    def __init__(self, scheduler: Scheduler, shards: int, key: Callable[[R], str]) -> None:
        super().__init__()
        self.shards: list[list[tuple[int, R]]] = [[] for _ in range(shards)]
        """Milliseconds of the write, and the record."""
        self.grown = Signal(scheduler)
        self._scheduler = scheduler
        self._key = key

    def append(self, record: R) -> None:
        """Take a write."""
        super().append(record)
        self.shards[crc32(self._key(record).encode()) % len(self.shards)].append((self._scheduler.now, record))
        self.grown.notify()


class StaleIndexStore(InMemoryOrderStore):
    """The order table, whose index may lag behind, as every index of DynamoDB does."""

    def __init__(self, chaos: Chaos, stream: Stream[Order]) -> None:
        super().__init__(stream=stream)
        self._chaos = chaos

    def overdue(self, now: datetime) -> Iterator[Overdue]:
        """Miss some, and yield some that have ended."""
        stale = self._chaos.faults.index_stale
        ended = [order for order in self.orders.values() if order.status.terminal]
        yield from (Overdue(order.id, order.due_at) for order in ended if self._chaos.happens(stale / 10))
        yield from (one for one in super().overdue(now) if not self._chaos.happens(stale))


class UnreliableQueue(InMemoryQueue):
    """The queue, with duplicates, delays, and no order at all."""

    def __init__(self, world: World, max_receive_count: int) -> None:
        clock = ProcessClock(world.scheduler, world.outside)
        super().__init__(clock, max_receive_count=max_receive_count)
        self.arrived = Signal(world.scheduler)
        self.letters: set[str] = set()
        """Every body that ever became a dead letter."""
        self._chaos = world.chaos

    def put(self, body: str, delay: float = 0.0) -> None:
        """Send any text, once or more, now or later."""
        copies = 1 + self._chaos.happens(self._chaos.faults.queue_duplicate)
        for _ in range(copies):
            late = self._chaos.happens(self._chaos.faults.queue_delay)
            super().put(body, delay + (self._chaos.up_to(20) / 1000 if late else 0.0))
        self.arrived.notify()

    def receive(self, limit: int = 10) -> list[Message]:
        """Receive in any order."""
        self._chaos.random.shuffle(self.messages)
        known = len(self.dead)
        received = super().receive(limit)
        self.letters.update(letter.body for letter in self.dead[known:])
        return received

    def give_back(self, receipt: str, after: float) -> None:
        """Give back, and let the receivers know."""
        super().give_back(receipt, after)
        self.arrived.notify()

    def until_next(self) -> int | None:
        """Return the milliseconds until a message can be received; None where there is none."""
        now = self.clock.now()
        waits = [message.visible_at - now for message in self.messages]
        return max(0, int(min(waits) / timedelta(milliseconds=1))) if waits else None


@dataclass(frozen=True, slots=True)
class MoodyLimiter:
    """`RateLimiter` that has enough of a user now and then."""

    chaos: Chaos

    def admit(self, _user_id: str) -> None:
        """Let the order pass, or not."""
        if self.chaos.happens(self.chaos.faults.rate_limited):
            raise RateLimited(limit=10, retry_after=1)


@dataclass
class Promises:
    """What the engine told its clients, to be held against it at the end."""

    accepted: dict[str, SubmitOrder] = field(default_factory=dict)
    by_key: dict[tuple[str, str], str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    poison: list[str] = field(default_factory=list)


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
        self.postgres_is_down = False
        self.undelivered: list[Order | Subscription] = []
        """What `push_updates` has given up on."""
        self._invocations = 0
        few = self.chaos.happens(self.chaos.faults.few_receives)
        self.limiter = MoodyLimiter(self.chaos)
        self.ledger = InMemoryLedger()
        self.order_stream = Stream[Order](self.scheduler, LANES, lambda order: order.id)
        self.subscription_stream = Stream[Subscription](
            self.scheduler, LANES, lambda row: row.target + row.connection_id
        )
        self.orders = StaleIndexStore(self.chaos, self.order_stream)
        self.queue = UnreliableQueue(self, max_receive_count=1 + int(self.random.random() * 5) if few else 20)
        self.dead_letters = InMemoryDeadLetters(self.queue)
        self.subscriptions = InMemorySubscriptions(stream=self.subscription_stream, between_writes=self._between_writes)
        self.clients = InMemoryClients()
        self.history = InMemoryHistory()
        self.counts = InMemoryStatusCounts()

    def note(self, actor: str, *words: Any) -> None:
        """Add a line to the trace."""
        self.trace.note(self.scheduler.now, actor, *words)

    def refuses(self, port: str, method: str) -> bool:
        """Whether a service is away as a whole, or throttles more than others."""
        if method == "post":
            return self.chaos.happens(self.chaos.faults.frames_throttled)
        return port == "postgres" and self.postgres_is_down

    def serve(self, name: str, call: Callable[[], Any]) -> Task:
        """Have a part of the outside world run for ever."""
        return self.scheduler.spawn(Process(name), call)

    def invoke(self, name: str, handler: Callable[[Ports], Any], seconds: float = 30.0) -> Task:
        """Run a function once, to its end, its death or its time limit; return how it went."""
        self._invocations += 1
        process = Process(f"{name}-{self._invocations}", self._skew(), mortal=True)
        limit = int(seconds * 1000)
        ports = Ports(self, process, self.scheduler.now + limit)
        self.scheduler.at(self._lifetime(limit), lambda: self.scheduler.kill(process))
        task = self.scheduler.run_in(process, lambda: handler(ports))
        error = task.error
        self.note(process.name, "ends:", "returned" if error is None else error.__class__.__name__, error or "")
        if error is not None and isinstance(error, Exception):
            self.expect(error)
        return task

    def expect(self, error: Exception) -> None:
        """Let pass what a function may raise; anything else is a bug. Raises `Violation`."""
        if not isinstance(error, OrderEngineError):
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
        if not self.chaos.happens(self.chaos.faults.skew):
            return timedelta()
        return timedelta(milliseconds=int((self.random.random() * 2 - 1) * LARGEST_SKEW * 1000))

    def _lifetime(self, limit: int) -> int:
        """Return the milliseconds after which the invocation is killed, if it still runs."""
        if self.chaos.happens(self.chaos.faults.function_timeout):
            return int(self.random.random() * 3_000)
        return limit

    def _between_writes(self) -> None:
        task = self.scheduler.current
        if task is None:  # a late effect, which is one step
            return
        if task.process.mortal and self.chaos.happens(self.chaos.faults.crash_before):
            self.note(task.process.name, "✗ crash between two writes")
            self.scheduler.kill(task.process)
        self.scheduler.sleep(self.chaos.latency())
