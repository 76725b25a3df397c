"""The ports as one process sees them: every call takes time, lets the others run, and can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from order_engine.adapters.simulated_market.ledger import Ledger
from order_engine.application.errors import ClientUnreachable, DependencyUnavailable
from order_engine.application.identity import AuthMode
from order_engine.application.ports import (
    Clients,
    Clock,
    DeadLetters,
    Deadline,
    Dependency,
    Executor,
    History,
    HistoryReader,
    OrderStore,
    PublishedCounts,
    QueueGauge,
    Randomness,
    RateLimiter,
    Subscriptions,
    Tickets,
    TokenVerifier,
    Venue,
    WakeUpQueue,
)
from order_engine.application.retries import RetryPolicy
from order_engine.domain.errors import OrderEngineError
from order_engine.engine import Engine
from order_engine.fakes.history import InMemoryHistoryReader
from order_engine.fakes.process import SeededRandomness
from tests.simulation.chain import venues_for
from tests.simulation.disclosure import WatchedClients
from tests.simulation.faults import Fault
from tests.simulation.processes import ProcessClock, ProcessDeadline, SimulatedExecutor
from tests.simulation.scheduler import Killed, Process

if TYPE_CHECKING:
    from tests.simulation.world import World

P = TypeVar("P")

LATEST = 30.0
"""Seconds after which a call that timed out may still take effect."""


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
        if self._world.is_cursed(self._process, method, arguments):
            self._note(method, arguments, None, "✗ cursed")
            self._crash()
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


class SimulatedPorts:
    """`Ports` of one invocation, each of which can go wrong."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process
        self.clock: Clock = ProcessClock(world.scheduler, process)
        self.executor: Executor = SimulatedExecutor(world.scheduler, process)
        self.randomness: Randomness = SeededRandomness(world.random)
        self.dependencies: tuple[Dependency, ...] = ()

    def port(self, name: str, inner: P) -> P:
        """Return any port as this process sees it."""
        return cast(P, Port(self.world, self.process, name, inner))

    @cached_property
    def orders(self) -> OrderStore:
        return self.port("orders", cast(OrderStore, self.world.orders))

    @cached_property
    def queue(self) -> WakeUpQueue:
        return self.port("queue", cast(WakeUpQueue, self.world.queue))

    @property
    def queue_gauge(self) -> QueueGauge:
        return self.port("queue", cast(QueueGauge, self.world.queue))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return self.port("letters", cast(DeadLetters, self.world.dead_letters))

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        return self.port("limiter", cast(RateLimiter, self.world.limiter))

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return self.port("subscriptions", cast(Subscriptions, self.world.subscriptions))

    @cached_property
    def clients(self) -> Clients:
        return self.port("clients", cast(Clients, WatchedClients(self.world, self.process)))

    @cached_property
    def tickets(self) -> Tickets:
        return self.port("tickets", cast(Tickets, self.world.tickets))

    @property
    def token_verifier(self) -> TokenVerifier:
        return self.world.issuer

    @cached_property
    def history(self) -> History:
        return self.port("postgres", cast(History, self.world.history))

    @cached_property
    def history_reader(self) -> HistoryReader:
        return self.port("postgres", cast(HistoryReader, InMemoryHistoryReader(self.world.history)))

    @cached_property
    def published_counts(self) -> PublishedCounts:
        return self.port("counts", cast(PublishedCounts, self.world.counts))

    @cached_property
    def venues(self) -> Mapping[str, Venue]:
        ledger = self.port("chain", cast(Ledger, self.world.ledger))
        return venues_for(self.world, self.clock, ledger)


class Settings:
    """`EngineSettings`, as the template's defaults are."""

    auth_mode = AuthMode.COGNITO
    retries = RetryPolicy(max_retries=3, base_delay=1.0)


class Invocation:
    """One invocation of a function: the engine that its handler has, and the time that it has left."""

    def __init__(self, world: World, process: Process, ends_at: int) -> None:
        self.world = world
        self.process = process
        self.engine = Engine(SimulatedPorts(world, process), Settings())
        self.deadline: Deadline = ProcessDeadline(world.scheduler, ends_at)
