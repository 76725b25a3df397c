"""Health says what does not answer and whether that matters; metrics add up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE
from order_engine.application.monitor import Health, check_health, read_metrics
from order_engine.application.ports import Dependency, QueueFigures, StatusCounts
from order_engine.domain.events import Status
from order_engine.fakes.history import InMemoryPublishedCounts
from order_engine.fakes.process import ManualClock, SequentialExecutor
from tests.support.callers import OLGA

CLOCK = ManualClock()


class Gauge:
    def __init__(self, figures: QueueFigures | None = None) -> None:
        self.of_now = figures

    def figures(self) -> QueueFigures:
        if self.of_now is None:
            raise DependencyUnavailable("SQS did not answer")
        return self.of_now


def fine() -> None:
    """Answer."""


def down() -> None:
    raise DependencyUnavailable("no answer")


@pytest.mark.parametrize(
    ("orders", "history", "health"),
    [
        (fine, fine, Health.HEALTHY),
        (fine, down, Health.DEGRADED),
        (down, fine, Health.UNHEALTHY),
        (down, down, Health.UNHEALTHY),
    ],
)
def test_the_engine_is_as_healthy_as_what_it_needs(
    orders: Callable[[], None], history: Callable[[], None], health: Health
) -> None:
    needed = [Dependency("orders", orders), Dependency("history", history, vital=False)]
    diagnosis = check_health(needed, SequentialExecutor(), CLOCK)
    assert (diagnosis.health, diagnosis.at) == (health, CLOCK.now())
    assert diagnosis.dependencies == {
        "orders": Health.HEALTHY if orders is fine else Health.UNHEALTHY,
        "history": Health.HEALTHY if history is fine else Health.UNHEALTHY,
    }


def test_with_nothing_to_check_the_engine_is_healthy() -> None:
    assert check_health([], SequentialExecutor(), CLOCK).health is Health.HEALTHY


def test_metrics_have_every_status_and_the_total() -> None:
    gauge = Gauge(QueueFigures(1, 2, 3, 4))
    counts = InMemoryPublishedCounts(StatusCounts(1, {"confirmed": 5, "failed": 2}))
    metrics = read_metrics(gauge, counts, SequentialExecutor(), CLOCK, ANYONE)
    assert metrics.at == CLOCK.now()
    assert metrics.queue == QueueFigures(waiting=1, active=2, delayed=3, failed=4)
    assert metrics.orders.keys() == {*(status.value for status in Status), "total"}
    assert (metrics.orders["confirmed"], metrics.orders["pending"], metrics.orders["total"]) == (5, 0, 7)


def test_metrics_that_can_not_be_had_are_an_error_and_not_zeros() -> None:
    with pytest.raises(DependencyUnavailable):
        read_metrics(Gauge(), InMemoryPublishedCounts(), SequentialExecutor(), CLOCK, OLGA)
