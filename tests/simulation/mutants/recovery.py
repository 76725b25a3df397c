"""Messages, the sweeper and dead letters."""

from __future__ import annotations

from order_engine.application.close_dead_letters import DeadLetterClosing
from order_engine.application.execute_order import OrderExecution
from order_engine.application.submit_order import OrderDesk
from order_engine.application.sweep_orders import is_turn, sweep_orders
from tests.simulation.event_sources import poll_queue
from tests.simulation.lambdas import Worker, close_dead_letters, process_orders
from tests.simulation.mutants.mutant import mutant

RECOVERY = (
    mutant(
        "nothing is swept",
        (sweep_orders, "deadline.remaining() > RESERVE", "False"),
    ),
    mutant(
        "nothing is swept after a quarter of an hour",
        (is_turn, "minutes // _LONGEST * _LONGEST", "0"),
    ),
    mutant("nobody is woken when an order is accepted", (OrderDesk._wake, "self.queue.send(order)", "return")),
    mutant(
        "messages are deleted although their orders have not ended",
        (
            poll_queue,
            "messages if task.error else task.value",
            "[message for message in messages if message.body in world.promises.poison]",
        ),
    ),
    mutant(
        "of a batch, the wrong messages come again",
        (process_orders, "zip(messages, outcomes,", "zip(messages, outcomes[1:] + outcomes[:1],"),
    ),
    mutant(
        "poison is thrown away",
        (Worker.finishes, "self._give_back(message, 0)\n        return False", "return True"),
    ),
    mutant(
        "the letter of a closed order is deleted",
        (
            close_dead_letters,
            "ports.dead_letters.put_back(letter)",
            "ports.world.queue.dead = [one for one in ports.world.queue.dead if one.receipt != letter.receipt]",
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

MADE_UP_FOR = (
    mutant(
        "woken before it is stored",
        (
            OrderDesk.submit,
            "existing = self.orders.create(order)",
            "self._wake(order)\n    existing = self.orders.create(order)",
        ),
    ),
    mutant("whoever loses a race leaves", (OrderExecution.execute, "result = conflict.current", "return Done(order)")),
)
"""Wrong too, but no promise is broken: the sweeper brings these orders to their end."""
