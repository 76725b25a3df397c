"""Look at the engine itself: how it is, and how much it has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from order_engine.application.outcomes import results
from order_engine.application.ports import Executor, QueueFigures, QueueGauge, StatusCounts
from order_engine.domain.events import Status

HISTORY_PROBE = {"check": "database"}
"""The event with which the function that reads the history is asked for Postgres alone."""


class Health(StrEnum):
    """How a dependency is, or the engine as a whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the engine needs.

    Args:
        check: asks it something cheap; raises if it does not answer.
        vital: without it no order can be accepted or executed. Without the others only the past can't be seen.
    """

    name: str
    check: Callable[[], object]
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How the engine is, and each of its dependencies."""

    health: Health
    dependencies: Mapping[str, Health]


def examine(dependencies: Sequence[Dependency], executor: Executor) -> Diagnosis:
    """Ask every dependency at once."""
    answers = executor.run(lambda dependency: dependency.check(), dependencies)
    failing = [one for one, answer in zip(dependencies, answers, strict=True) if isinstance(answer, Exception)]
    verdict = Health.DEGRADED if failing else Health.HEALTHY
    if any(one.vital for one in failing):
        verdict = Health.UNHEALTHY
    return Diagnosis(
        verdict, {one.name: Health.UNHEALTHY if one in failing else Health.HEALTHY for one in dependencies}
    )


@dataclass(frozen=True, slots=True)
class Metrics:
    """The queue's figures, and the number of orders by status as the history last counted them."""

    queue: QueueFigures
    orders: Mapping[str, int]


def measure(gauge: QueueGauge, counts: StatusCounts, executor: Executor) -> Metrics:
    """Read both at once. Raises `DependencyUnavailable`."""
    calls: list[Callable[[], Any]] = [gauge.figures, counts.read]
    figures, counted = results(executor.run(lambda call: call(), calls))
    orders = {status.value: counted.get(status.value, 0) for status in Status}
    return Metrics(figures, orders | {"total": sum(orders.values())})
