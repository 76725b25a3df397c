"""Messages, the sweeper and dead letters."""

from __future__ import annotations

from order_engine.application.close_dead_letters import DeadLetterClosing
from order_engine.application.execute_order import OrderExecution
from order_engine.application.place_order import OrderPlacement
from order_engine.application.process_messages import MessageProcessing
from order_engine.application.sweep_orders import is_sweep_due, sweep_orders
from tests.simulation.mutants.mutant import mutant

RECOVERY = (
    mutant(
        "nothing is swept",
        (sweep_orders, "deadline.remaining() > RESERVE", "False"),
    ),
    mutant(
        "nothing is swept after a quarter of an hour",
        (is_sweep_due, "minutes // _MAX_INTERVAL * _MAX_INTERVAL", "0"),
    ),
    mutant("nobody is woken when an order is accepted", (OrderPlacement._wake, "self.queue.send(order)", "return")),
    mutant(
        "messages are deleted although their orders have not ended",
        (MessageProcessing._process, "return Processed(wake_up, order=", "return Processed(wake_up, True, order="),
    ),
    mutant(
        "a message whose processing failed is deleted",
        (MessageProcessing._process, "Processed(wake_up, failure=failure)", "Processed(wake_up, True)"),
    ),
    mutant(
        "of a batch, the wrong messages come again",
        (
            MessageProcessing.process,
            "zip(wake_ups, outcomes, strict=True)",
            "((wake_up, Processed(wake_up, getattr(outcome, 'finished', False)))"
            " for wake_up, outcome in zip(wake_ups, outcomes[1:] + outcomes[:1]))",
        ),
    ),
    mutant(
        "poison is thrown away",
        (MessageProcessing._poison, "Processed(wake_up, poison", "Processed(wake_up, True, poison"),
    ),
    mutant(
        "the letter of a closed order is deleted",
        (
            DeadLetterClosing.run,
            "self.dead_letters.release(letter)",
            "dead = self.dead_letters.queue.dead; dead[:] = [m for m in dead if m.body != letter.body]",
        ),
    ),
    mutant(
        "dead letters are never closed",
        (DeadLetterClosing.close, "order = self.orders.load(order_id)", "return self.orders.load(order_id)"),
    ),
    mutant(
        "dead letter: failed because the transaction was not found",
        (DeadLetterClosing._settled, "isinstance(outcome, InFlight)", "False"),
    ),
    mutant(
        "dead letter: failed whatever was signed",
        (DeadLetterClosing._next, "transaction is None", "True"),
    ),
)

HARMLESS_VARIANTS = (
    mutant(
        "woken before it is stored",
        (
            OrderPlacement.place,
            "existing = self.orders.create(order)",
            "self._wake(order)\n    existing = self.orders.create(order)",
        ),
    ),
    mutant("whoever loses a race leaves", (OrderExecution.execute, "result = conflict.current", "return Done(order)")),
)
"""Wrong too, but no promise is broken: the sweeper brings these orders to their end."""
