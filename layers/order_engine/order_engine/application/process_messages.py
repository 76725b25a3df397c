"""Process wake-up messages: execute the order of each, and decide what becomes of the message.

A message may be deleted once its order has ended. Otherwise it is given back with a visibility timeout: when the order
is to be looked at again, after a pause that doubles where processing failed, or at once where no worker can make sense
of it, so that it becomes a dead letter. Where giving back fails, the message comes back by itself, only later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from order_engine.application.errors import DependencyUnavailable, OrderNotFound
from order_engine.application.execute_order import LookAgain, OrderExecution
from order_engine.application.ports import Deadline, Executor, WakeUp, WakeUpQueue
from order_engine.domain.order import Order

MAX_BACKOFF = 120
"""Seconds between two looks at an order that can't be processed: 100 receives of its message then take three hours."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What came of one message.

    Args:
        finished: whether the message may be deleted; otherwise it has to come again.
        order: as it is now; None where processing failed.
        poison: why no worker will ever make sense of the message.
        failure: what went wrong on our side.
    """

    wake_up: WakeUp
    finished: bool = False
    order: Order | None = None
    poison: str | None = None
    failure: Exception | None = None


def _ignore(_processed: Processed) -> None:
    pass


@dataclass(frozen=True, slots=True)
class MessageProcessing:
    """Processes the messages of a batch side by side."""

    execution: OrderExecution
    queue: WakeUpQueue
    executor: Executor

    def process(
        self, wake_ups: Sequence[WakeUp], deadline: Deadline, on_processed: Callable[[Processed], None] = _ignore
    ) -> list[Processed]:
        """Execute all orders at once; return what came of each message, in order.

        Args:
            on_processed: called for each message as soon as it is processed, as the batch may not come to its end.
        """

        def process(wake_up: WakeUp) -> Processed:
            processed = self._process(wake_up, deadline)
            on_processed(processed)
            return processed

        outcomes = self.executor.run(process, wake_ups)
        return [
            Processed(wake_up, failure=outcome) if isinstance(outcome, Exception) else outcome
            for wake_up, outcome in zip(wake_ups, outcomes, strict=True)
        ]

    def _process(self, wake_up: WakeUp, deadline: Deadline) -> Processed:
        if wake_up.order_id is None:
            return self._poison(wake_up, wake_up.unreadable or "it names no order")
        try:
            result = self.execution.execute(wake_up.order_id, deadline)
        except OrderNotFound as unknown:
            return self._poison(wake_up, str(unknown))
        except Exception as failure:
            self._give_back(wake_up, min(2**wake_up.receive_count, MAX_BACKOFF))
            return Processed(wake_up, failure=failure)
        if isinstance(result, LookAgain):
            self._give_back(wake_up, result.after)
            return Processed(wake_up, order=result.order)
        return Processed(wake_up, finished=True, order=result.order)

    def _poison(self, wake_up: WakeUp, reason: str) -> Processed:
        """Give the message back at once: it goes on to the dead letter queue, where somebody sees it."""
        self._give_back(wake_up, 0)
        return Processed(wake_up, poison=reason)

    def _give_back(self, wake_up: WakeUp, after: float) -> None:
        with suppress(DependencyUnavailable):
            self.queue.give_back(wake_up.receipt, after)
