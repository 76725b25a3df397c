"""One seeded scheduler for everything that runs: virtual time, tasks, and processes that can be killed at any moment.

Tasks are greenlets, so the use cases run as they are, and exactly one thing happens at a time. Whoever waits is put on
one heap by time; what is due in the same millisecond goes on in a random but repeatable order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

START = datetime(2026, 1, 1, tzinfo=UTC)
MAX_STEPS = 500_000
"""A run takes some twenty thousand; one that goes on for ever is stuck."""


class Killed(BaseException):
    """The process is gone. No `except Exception` gets to see it, as none would on a real machine."""


class Stuck(Exception):
    """The run does not come to an end."""


@dataclass(eq=False)
class Process:
    """Something that runs and can die: one invocation of a function, or (immortal) a part of the outside world.

    Args:
        skew: how far its clock is off.
        mortal: whether it may be crashed.
        began_at: milliseconds since the start, by the true time.
    """

    name: str
    skew: timedelta = timedelta()
    mortal: bool = False
    began_at: int = 0
    alive: bool = True
    tasks: list[Task] = field(default_factory=list)

    @property
    def began(self) -> datetime:
        """When it began, by its own clock."""
        return START + timedelta(milliseconds=self.began_at) + self.skew


class Task:
    """One strand of a process."""

    def __init__(self, scheduler: Scheduler, process: Process, call: Callable[[], Any], watched: bool) -> None:
        self.process = process
        self.done = Signal(scheduler)
        self.finished = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.ticket = 0
        self.greenlet = greenlet(self._run, scheduler.hub)
        self._scheduler = scheduler
        self._call = call
        self._watched = watched

    def finish(self, error: BaseException | None = None) -> None:
        """Note the end and tell who waits for it."""
        self.error = error
        self.finished = True
        self.process.tasks.remove(self)
        self._scheduler.tasks.pop(self)
        self.done.notify()

    def _run(self) -> None:
        try:
            self.value = self._call()
        except Killed as killed:
            self.finish(killed)
        except Exception as error:
            self.finish(error)
            if not self._watched:
                raise
        else:
            self.finish()


class Signal:
    """Something to wait for."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._waiting: list[Task] = []

    def wait(self, timeout: int | None = None) -> None:
        """Wait until notified, or for so many milliseconds."""
        task = self._scheduler.running
        self._waiting.append(task)
        self._scheduler.suspend(timeout)
        if task in self._waiting:  # it was the timeout
            self._waiting.remove(task)

    def notify(self) -> None:
        """Let all who wait go on."""
        waiting, self._waiting = self._waiting, []
        for task in waiting:
            self._scheduler.wake(task)


class Scheduler:
    """Runs tasks by virtual time.

    Args:
        random: the only source of chance in the whole simulation.
    """

    def __init__(self, random: Random) -> None:
        self.now = 0
        """Milliseconds since the start."""
        self.hub = getcurrent()
        self.current: Task | None = None
        self.tasks: dict[Task, None] = {}
        self.steps = 0
        self._random = random
        self._order = count()
        self._agenda: list[tuple[int, float, int, int, Task | Callable[[], None]]] = []
        self._dying: list[Process] = []

    @property
    def running(self) -> Task:
        """The task that runs now."""
        assert self.current is not None, "only tasks can wait"
        return self.current

    def time(self) -> datetime:
        """Return the true virtual time."""
        return START + timedelta(milliseconds=self.now)

    def spawn(self, process: Process, call: Callable[[], Any], watched: bool = False) -> Task:
        """Start a task. An error in one that nobody watches ends the simulation."""
        task = Task(self, process, call, watched)
        process.tasks.append(task)
        self.tasks[task] = None
        self.wake(task)
        return task

    def join(self, task: Task) -> Task:
        """Wait for the end of a task."""
        while not task.finished:
            task.done.wait()
        return task

    def run_in(self, process: Process, call: Callable[[], Any]) -> Task:
        """Run a call as a process's only purpose: return when it has ended, or died."""
        task = self.join(self.spawn(process, call, watched=True))
        process.alive = False
        return task

    def sleep(self, milliseconds: int) -> None:
        """Let so much time pass for the current task."""
        self.suspend(milliseconds)

    def suspend(self, milliseconds: int | None) -> None:
        """Let the others run; go on after so much time, or (None) when woken."""
        task = self.running
        if milliseconds is None:
            task.ticket += 1
        else:
            self.wake(task, milliseconds)
        self.hub.switch()

    def wake(self, task: Task, after: int = 0) -> None:
        """Have a task go on after so many milliseconds; what was planned for it before is void."""
        task.ticket += 1
        heappush(self._agenda, (self.now + after, self._random.random(), next(self._order), task.ticket, task))

    def at(self, after: int, callback: Callable[[], None]) -> None:
        """Call back after so many milliseconds; the callback must not wait."""
        heappush(self._agenda, (self.now + after, self._random.random(), next(self._order), 0, callback))

    def kill(self, process: Process) -> None:
        """End a process with everything that it is doing, as soon as the running task gives way."""
        if process.alive:
            process.alive = False
            self._dying.append(process)

    def run(self, task: Task) -> None:
        """Run everything until this task has ended. Raises `Stuck`."""
        while not task.finished:
            if not self._agenda or self.steps > MAX_STEPS:
                raise Stuck(f"after {self.steps} steps, at {self.now / 1000:.3f} s")
            self._step()

    def close(self) -> None:
        """Unwind what still runs."""
        for task in list(self.tasks):
            self.kill(task.process)
        self._bury()

    def _step(self) -> None:
        moment, _, _, ticket, item = heappop(self._agenda)
        if not isinstance(item, Task):
            self.now = moment
            item()
        elif not item.finished and item.ticket == ticket:
            self.now = moment
            self.steps += 1
            self.current = item
            item.greenlet.switch()
            self.current = None
        self._bury()

    def _bury(self) -> None:
        while self._dying:
            for task in list(self._dying.pop().tasks):
                started = bool(task.greenlet)
                if started:
                    task.greenlet.throw(Killed)
                else:
                    task.finish(Killed())
