"""What a process has of its own: strands that run side by side, a clock that may be off, and a deadline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from tests.simulation.scheduler import Killed, Process, Scheduler, Task

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class SimulatedExecutor:
    """`Executor`: each call is a task of the process, so that their port calls interleave."""

    scheduler: Scheduler
    process: Process

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        """Apply the call to each item, side by side."""
        tasks = [self.scheduler.spawn(self.process, partial(call, item), watched=True) for item in items]
        return [self._result(self.scheduler.join(task)) for task in tasks]

    @staticmethod
    def _result(task: Task) -> Any:
        if isinstance(task.error, Killed):
            raise task.error
        return task.error or task.value


@dataclass(frozen=True, slots=True)
class ProcessClock:
    """`Clock` of one process, off by its skew."""

    scheduler: Scheduler
    process: Process

    def now(self) -> datetime:
        """Return what the process takes for the time."""
        return self.scheduler.time() + self.process.skew

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.scheduler.sleep(max(0, -int(-seconds * 1000 // 1)))


@dataclass(frozen=True, slots=True)
class ProcessDeadline:
    """`Deadline` of one invocation; it does not depend on any clock being right."""

    scheduler: Scheduler
    ends_at: int

    def remaining(self) -> float:
        """Return the seconds left."""
        return (self.ends_at - self.scheduler.now) / 1000
