"""What runs the functions: the queue's and the streams' pollers, and the schedules. They never die themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from order_engine.domain.order import Order
from order_engine.fakes.queue import Message
from tests.simulation.limits import HISTORY_AGE, PUSH_AGE
from tests.simulation.ports import Invocation
from tests.simulation.stores import Stream
from tests.simulation.world import World

R = TypeVar("R")

POLLERS = 3
MINUTE = 60_000

IMPATIENT = 5_000
"""The same in runs in which the records' age runs out early."""
LONGEST_BACKOFF = 30_000


def start(world: World) -> None:
    """Start everything that reacts to what is stored and sent."""
    for number in range(POLLERS):
        world.serve(f"queue poller {number}", lambda: poll_queue(world))
    orders, rows, lost = world.order_stream, world.subscription_stream, world.undelivered
    age = IMPATIENT if world.chaos.happens("records_expire") else 1000 * PUSH_AGE
    streams = (
        StreamSource("push_updates", world, orders, lambda run, images: run.engine.pusher.push(images, []), age, lost),
        StreamSource("push_updates", world, rows, lambda run, new: run.engine.pusher.push([], new), age, lost),
        StreamSource("write_history", world, orders, _write_history, 1000 * HISTORY_AGE, []),
    )
    for stream in streams:
        stream.start()
    world.streams = streams
    world.serve("schedule", lambda: every_minute(world, "sweep_orders", _sweep))
    world.serve("schedule", lambda: every_minute(world, "close_dead_letters", _close_dead_letters))


def poll_queue(world: World) -> None:
    """Have batches of messages processed; delete those that are done with."""
    queue, chaos = world.queue, world.chaos
    while True:
        messages = [replace(message) for message in queue.receive(1 + int(world.random.random() * 5))]
        if not messages:
            queue.arrived.wait(queue.until_next())
            continue
        if chaos.happens("throttled"):
            world.note("queue", "throttled:", [message.body for message in messages])
            continue
        task = world.invoke("process_orders", partial(_process_orders, messages))
        finished = set() if task.error else task.value
        for message in messages:
            if message.receipt in finished and not chaos.happens("ack_lost"):
                queue.delete(message.receipt)


def _process_orders(messages: Sequence[Message], run: Invocation) -> set[str]:
    """Process a batch; return the receipts of the messages that may be deleted."""
    results = run.engine.processing.process([run.world.queue.wake_up(message) for message in messages], run.deadline)
    for result in results:
        if result.failure is not None:
            run.world.expect(result.failure)
    return {result.wake_up.receipt for result in results if result.finished}


def _write_history(run: Invocation, images: Sequence[Order]) -> None:
    run.engine.record_history(images)


def _sweep(run: Invocation) -> None:
    run.engine.sweep_orders(run.deadline)


def _close_dead_letters(run: Invocation) -> None:
    for result in run.engine.dead_letter_closing.run(run.deadline):
        if result.failure is not None:
            run.world.expect(result.failure)


@dataclass
class StreamSource(Generic[R]):
    """A function's event source mapping on a stream, one reader for each shard.

    A batch that fails is split, and its records are tried again one after the other until they are too old; then they
    are `given_up`.
    """

    name: str
    world: World
    stream: Stream[R]
    handler: Callable[[Invocation, Sequence[R]], None]
    max_age: int
    given_up: list[Any]

    def start(self) -> None:
        """Start a reader for each shard."""
        self.positions = [0] * len(self.stream.shards)
        for shard in range(len(self.stream.shards)):
            self.world.serve(f"{self.name} reader {shard}", partial(self._read, shard))

    @property
    def behind(self) -> int:
        """The records that were not processed yet."""
        return sum(len(shard) for shard in self.stream.shards) - sum(self.positions)

    def _read(self, shard: int) -> None:
        world, records = self.world, self.stream.shards[shard]
        while True:
            position = self.positions[shard]
            if position == len(records):
                self.stream.grown.wait()
                continue
            world.scheduler.sleep(world.chaos.up_to(0.5))
            batch = records[position : position + 1 + int(world.random.random() * 10)]
            self._deliver(batch)
            if not world.chaos.happens("stream_redelivered"):
                self.positions[shard] = position + len(batch)

    def _deliver(self, batch: Sequence[tuple[int, R]]) -> None:
        records, backoff = [record for _, record in batch], 100
        while self.world.scheduler.now - batch[0][0] <= self.max_age:
            if self.world.invoke(self.name, lambda run: self.handler(run, records)).error is None:
                return
            self.world.scheduler.sleep(backoff)
            backoff = min(2 * backoff, LONGEST_BACKOFF)
            if len(batch) > 1:
                middle = len(batch) // 2
                self._deliver(batch[:middle])
                self._deliver(batch[middle:])
                return
        self.given_up += records
        self.world.note(self.name, "gives up on", records)


def every_minute(world: World, name: str, handler: Callable[[Invocation], None]) -> None:
    """Run a function every minute; in bad times late, or twice."""
    chaos = world.chaos
    while True:
        late = chaos.happens("schedule_late")
        world.scheduler.sleep(MINUTE + (chaos.up_to(90) if late else 0))
        for _ in range(1 + chaos.happens("schedule_twice")):
            world.serve(name, lambda: world.invoke(name, handler))
