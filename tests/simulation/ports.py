"""The ports as one process sees them: every call takes time, lets the others run, and can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from order_engine.application.close_dead_letters import DeadLetterClosing
from order_engine.application.execute_order import OrderExecution
from order_engine.application.ports import (
    Clients,
    Clock,
    Deadline,
    Executor,
    History,
    OrderStore,
    StatusCounts,
    Subscriptions,
    Venue,
)
from order_engine.application.push_updates import UpdatePusher
from order_engine.application.retries import RetryPolicy
from order_engine.application.submit_order import OrderDesk
from order_engine.domain.errors import ClientUnreachable, DependencyUnavailable, OrderEngineError
from order_engine.fakes.process import SeededDice
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue
from order_engine.venues.ledger import Ledger
from tests.simulation.chain import venues_for
from tests.simulation.faults import Fault
from tests.simulation.processes import ProcessClock, ProcessDeadline, SimulatedExecutor
from tests.simulation.scheduler import Killed, Process

if TYPE_CHECKING:
    from tests.simulation.world import World

P = TypeVar("P")

MAX_RETRIES = 3
LATEST = 30.0
"""Seconds after which a call that was given up on may still take effect."""


class Port:
    """Any port, seen by one process."""

    def __init__(self, world: World, process: Process, name: str, inner: Any) -> None:
        self._world = world
        self._process = process
        self._name = name
        self._inner = inner

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._inner, method)
        return partial(self._call, method, found) if callable(found) else found

    def _call(self, method: str, call: Callable[..., Any], *arguments: Any) -> Any:
        if not self._process.alive:
            raise Killed
        chaos, sleep = self._world.chaos, self._world.scheduler.sleep
        fault = Fault.REFUSED if self._world.refuses(self._name, method) else chaos.on_call()
        if fault is Fault.CRASH_BEFORE and self._process.mortal:
            self._note(method, arguments, fault)
            self._crash()
        sleep(chaos.latency())
        if fault in (Fault.REFUSED, Fault.LATE):
            self._note(method, arguments, fault)
            if fault is Fault.LATE:
                self._world.later(chaos.up_to(LATEST), f"{self._name}.{method}", call, arguments)
            raise self._error(method, fault)
        result = _outcome(call, arguments)
        if fault is Fault.REPEATED:
            result = _outcome(call, arguments)
        self._note(method, arguments, fault, "→", result)
        if fault is Fault.CRASH_AFTER and self._process.mortal:
            self._crash()
        sleep(chaos.latency())
        if fault is Fault.REPLY_LOST:
            raise self._error(method, fault)
        if isinstance(result, Exception):
            raise result
        return result

    def _crash(self) -> None:
        self._world.scheduler.kill(self._process)
        raise Killed

    def _note(self, method: str, arguments: Any, fault: Fault | None, *outcome: Any) -> None:
        if self._world.trace.wanted:
            trouble = () if fault is None else (f"✗ {fault}",)
            self._world.note(self._process.name, f"{self._name}.{method}", arguments, *outcome, *trouble)

    def _error(self, method: str, fault: Fault) -> OrderEngineError:
        if method == "post":
            return ClientUnreachable(f"{self._name}: {fault}")
        return DependencyUnavailable(f"{self._name}: {fault}")


def _outcome(call: Callable[..., Any], arguments: Any) -> Any:
    try:
        result = call(*arguments)
    except Exception as error:
        return error
    return list(result) if isinstance(result, Iterator) else result


class Ports:
    """Everything that one invocation needs, and the use cases on top of it: what `bootstrap` is on AWS."""

    def __init__(self, world: World, process: Process, ends_at: int) -> None:
        self.world = world
        self.process = process
        self.clock: Clock = ProcessClock(world.scheduler, process)
        self.deadline: Deadline = ProcessDeadline(world.scheduler, ends_at)
        self.executor: Executor = SimulatedExecutor(world.scheduler, process)
        self.dice = SeededDice(world.random)

    def survive(self, order_id: str) -> None:
        """Die where the order is cursed."""
        if order_id in self.world.cursed:
            self.world.note(self.process.name, "✗ cursed", order_id)
            self.world.scheduler.kill(self.process)
            raise Killed

    def port(self, name: str, inner: P) -> P:
        """Return any port as this process sees it."""
        return cast(P, Port(self.world, self.process, name, inner))

    @cached_property
    def orders(self) -> OrderStore:
        return self.port("orders", cast(OrderStore, self.world.orders))

    @cached_property
    def queue(self) -> InMemoryQueue:
        return self.port("queue", self.world.queue)

    @cached_property
    def dead_letters(self) -> InMemoryDeadLetters:
        return self.port("letters", self.world.dead_letters)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return self.port("subscriptions", cast(Subscriptions, self.world.subscriptions))

    @cached_property
    def clients(self) -> Clients:
        return self.port("clients", cast(Clients, self.world.clients))

    @cached_property
    def history(self) -> History:
        return self.port("postgres", cast(History, self.world.history))

    @cached_property
    def counts(self) -> StatusCounts:
        return self.port("counts", cast(StatusCounts, self.world.counts))

    @cached_property
    def venues(self) -> Mapping[str, Venue]:
        ledger = self.port("chain", cast(Ledger, self.world.ledger))
        return venues_for(self.world, self.clock, ledger)

    @cached_property
    def desk(self) -> OrderDesk:
        return OrderDesk(self.orders, self.queue, self.clock, self.dice, self.port("limiter", self.world.limiter))

    @cached_property
    def execution(self) -> OrderExecution:
        retries = RetryPolicy(MAX_RETRIES, base_delay=1.0)
        return OrderExecution(self.orders, self.venues, self.executor, self.clock, self.dice, retries)

    @cached_property
    def closing(self) -> DeadLetterClosing:
        return DeadLetterClosing(self.orders, self.venues, self.clock)

    @cached_property
    def pusher(self) -> UpdatePusher:
        return UpdatePusher(self.orders, self.subscriptions, self.clients, self.executor, self.clock)
