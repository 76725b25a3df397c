"""Monitor the engine itself: its health, and how much it has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from order_engine.application.identity import TO_ADMINISTER, Caller
from order_engine.application.ports import Clock, Dependency, Executor, PublishedCounts, QueueFigures, QueueGauge
from order_engine.application.results import results_or_raise
from order_engine.domain.events import Status


class Health(StrEnum):
    """How a dependency is, or the engine as a whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The engine's health, and that of each of its dependencies that was asked.

    Args:
        problems: what is wrong with the settings, in words.
    """

    at: datetime
    health: Health
    dependencies: Mapping[str, Health]
    problems: tuple[str, ...] = ()


def check_health(dependencies: Sequence[Dependency], executor: Executor, clock: Clock) -> Diagnosis:
    """Ask every dependency at once."""
    answers = executor.run(lambda dependency: dependency.check(), dependencies)
    asked = list(zip(dependencies, answers, strict=True))
    failing = [dependency for dependency, answer in asked if isinstance(answer, Exception)]
    verdict = Health.DEGRADED if failing else Health.HEALTHY
    if any(dependency.vital for dependency in failing):
        verdict = Health.UNHEALTHY
    states = {d.name: Health.UNHEALTHY if d in failing else Health.HEALTHY for d in dependencies}
    return Diagnosis(clock.now(), verdict, states)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The queue's figures, and the number of orders by status as the history last counted them."""

    at: datetime
    queue: QueueFigures
    orders: Mapping[str, int]


def read_metrics(
    gauge: QueueGauge, counts: PublishedCounts, executor: Executor, clock: Clock, caller: Caller
) -> Metrics:
    """Read both at once.

    Raises:
        InsufficientScope: the caller is no administrator.
        DependencyUnavailable: one of the two did not answer.
    """
    caller.require(*TO_ADMINISTER)
    calls: list[Callable[[], Any]] = [gauge.figures, counts.read]
    figures, counted = results_or_raise(executor.run(lambda call: call(), calls))
    orders = {status.value: counted.get(status.value, 0) for status in Status}
    return Metrics(clock.now(), figures, orders | {"total": sum(orders.values())})
