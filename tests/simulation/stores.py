"""The stores in memory, as unreliable as the real ones: streams in shards, a stale index, a queue without order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from zlib import crc32

from order_engine.application.errors import RateLimited
from order_engine.application.ports import Clock, Overdue
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.queue import InMemoryQueue, Message
from tests.simulation.faults import Chaos
from tests.simulation.limits import VISIBILITY
from tests.simulation.promises import Violation
from tests.simulation.scheduler import Scheduler, Signal

R = TypeVar("R")


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
        super().__init__(JsonEventCodec(), stream=stream)
        self._chaos = chaos

    def overdue(self, now: datetime) -> Iterator[Overdue]:
        """Miss some, and yield some that have ended."""
        ended = [order for order in self.orders.values() if order.status.terminal]
        yield from (Overdue(order.id, order.due_at) for order in ended if self._chaos.happens("index_stale", 0.1))
        yield from (order for order in super().overdue(now) if not self._chaos.happens("index_stale"))


class UnreliableQueue(InMemoryQueue):
    """The queue, with duplicates, delays, and no order at all."""

    def __init__(self, scheduler: Scheduler, chaos: Chaos, clock: Clock, max_receive_count: int) -> None:
        super().__init__(clock, JsonWakeUpCodec(), visibility_timeout=VISIBILITY, max_receive_count=max_receive_count)
        self.arrived = Signal(scheduler)
        self.letters: set[str] = set()
        """Every body that ever became a dead letter."""
        self.unseen: list[str] = []
        """The bodies of those that did since somebody last put them back."""
        self._chaos = chaos

    def put(self, body: str, delay: float = 0.0, group: str | None = None) -> None:
        """Send any text, once or more, now or later."""
        copies = 1 + self._chaos.happens("queue_duplicate")
        for _ in range(copies):
            late = self._chaos.happens("queue_delay")
            super().put(body, delay + (self._chaos.up_to(20) / 1000 if late else 0.0), group)
        self.arrived.notify()

    def receive(self, limit: int = 10) -> list[Message]:
        """Receive in any order."""
        self._chaos.random.shuffle(self.messages)
        known = len(self.dead)
        received = super().receive(limit)
        died = [letter.body for letter in self.dead[known:]]
        self.letters.update(died)
        self.unseen += died
        return received

    def all_letters_are_there(self) -> None:
        """Raise `Violation` if a dead letter has vanished before somebody put it back."""
        if vanished := Counter(self.unseen) - Counter(letter.body for letter in self.dead):
            raise Violation(9, f"{min(vanished)!r} has vanished from the dead letters")

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
        if self.chaos.happens("rate_limited"):
            raise RateLimited(limit=10, retry_after=1)
