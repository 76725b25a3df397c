"""Deliberately wrong variants of the engine. The simulator has to find each of them, or it can't be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from order_engine.application.cancel_order import cancel_order
from order_engine.application.close_dead_letters import DeadLetterClosing
from order_engine.application.execute_order import OrderExecution
from order_engine.application.push_updates import UpdatePusher, _audience
from order_engine.application.read_order import read_order
from order_engine.application.record_history import record_history
from order_engine.application.retries import RetryPolicy
from order_engine.application.submit_order import OrderDesk
from order_engine.application.sweep_orders import sweep_orders
from order_engine.domain.order import Order, Terms
from order_engine.fakes.clients import InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryStatusCounts
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.venues.ledger import InMemoryLedger
from order_engine.venues.simulated import SimulatedVenue
from tests.simulation.edits import Edit
from tests.simulation.event_sources import poll_queue
from tests.simulation.lambdas import Worker
from tests.simulation.run import Report, simulate

MOST_SEEDS = 2_000


@dataclass(frozen=True)
class Mutant:
    """A wrong variant."""

    name: str
    edits: tuple[Edit, ...]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Run with all edits."""
        with ExitStack() as stack:
            for edit in self.edits:
                stack.enter_context(edit.applied())
            yield

    def hunt(self, seeds: int = MOST_SEEDS) -> Report | None:
        """Return the first run that catches it, or None."""
        with self.applied():
            return next((report for seed in range(seeds) if (report := simulate(seed)).violation), None)


def _mutant(name: str, *edits: tuple[Callable[..., Any], str, str]) -> Mutant:
    return Mutant(name, tuple(Edit(*edit) for edit in edits))


MADE_UP_FOR = (
    _mutant("nobody is woken when an order is accepted", (OrderDesk._wake, "self.queue.send(order)", "return")),
    _mutant(
        "messages are deleted although their orders have not ended",
        (
            poll_queue,
            "messages if task.error else task.value",
            "[message for message in messages if message.body in world.promises.poison]",
        ),
    ),
)
"""Wrong too, but no promise is broken: the sweeper brings these orders to their end."""

MUTANTS = (
    _mutant(
        "no version condition",
        (InMemoryOrderStore.append, "current.version != order.version - 1", "False"),
    ),
    _mutant(
        "sent before the signature is stored",
        (
            OrderExecution._build,
            "    data = building_data(",
            "    self.venues[best.venue].submit(transaction)\n    data = building_data(",
        ),
    ),
    _mutant(
        "signed anew before the old transaction has expired",
        (
            OrderExecution._settle,
            "self.clock.sleep(outcome.look_again_in)",
            "return self._retry_or_fail(order, evidence(transaction, outcome))",
        ),
    ),
    _mutant(
        "accepted although the store did not answer",
        (
            OrderDesk.submit,
            "existing = self.orders.create(order)",
            "try: existing = self.orders.create(order)\n    except DependencyUnavailable: existing = None",
        ),
    ),
    _mutant(
        "a failing write of the worker is swallowed",
        (
            OrderExecution._write,
            "self.orders.append(order)",
            "try: self.orders.append(order)\n    except VersionConflict: raise\n    except Exception: pass",
        ),
    ),
    _mutant(
        "failed because the transaction was not found",
        (
            OrderExecution._settle,
            "self.clock.sleep(outcome.look_again_in)",
            "return self._append(order, Status.FAILED, failed_data(evidence(transaction, outcome), order.attempts))",
        ),
    ),
    _mutant(
        "dead letter: failed because the transaction was not found",
        (DeadLetterClosing._settled, "isinstance(outcome, InFlight)", "False"),
    ),
    _mutant(
        "dead letter: failed whatever was signed",
        (DeadLetterClosing._next, "transaction is None", "True"),
    ),
    _mutant(
        "nothing is swept",
        (sweep_orders, "deadline.remaining() > RESERVE", "False"),
    ),
    _mutant(
        "history: the last image wins, not the newest",
        (InMemoryHistory.record, "self.orders[order.id].version < order.version", "True"),
    ),
    _mutant(
        "history: acknowledged although Postgres did not answer",
        (
            record_history,
            "counts.publish(history.record(list(newest.values())))",
            "try: counts.publish(history.record(list(newest.values())))\n        except Exception: pass",
        ),
    ),
    _mutant(
        "history: earlier counts replace later ones",
        (InMemoryStatusCounts.publish, "self.census.taken_at < census.taken_at", "True"),
    ),
    _mutant(
        "snapshot read before the subscription is written",
        (
            InMemorySubscriptions._write,
            "self.rows[subscription.target, subscription.connection_id] = subscription",
            "self.stream.append(subscription)\n    self.between_writes()\n"
            "    self.rows[subscription.target, subscription.connection_id] = subscription\n    return",
        ),
    ),
    _mutant(
        "410 deletes another row",
        (
            UpdatePusher._give_up,
            "self.subscriptions.disconnect(connection_id)",
            "[self.subscriptions.disconnect(other.connection_id) for one in sorted(subscriptions, key=str)"
            " for other in self.subscriptions.subscribers(one.target)]",
        ),
    ),
    _mutant(
        "a connection that is still opening counts as gone",
        (UpdatePusher._may_be_opening, "made is not None", "False"),
    ),
    _mutant(
        "a connection that was still opening gets what was read before it was open",
        (UpdatePusher._greet, "newcomer.connected_at is not None", "False"),
    ),
    _mutant(
        "a connection that was still opening is hung up on for a throttled frame",
        (
            UpdatePusher._give_up,
            "any(map(self._may_be_opening, subscriptions))",
            "isinstance(failure, ClientGone) and any(map(self._may_be_opening, subscriptions))",
        ),
    ),
    _mutant(
        "clocks are taken to agree",
        (UpdatePusher._may_be_opening, "made + CLOCKS_DIFFER", "made + 2 * (CLOCKS_DIFFER / 30)"),
    ),
    _mutant(
        "only the newest event of a batch is pushed",
        (UpdatePusher.push_events, "order.events[first_seq - 1 :]", "order.events[-1:]"),
    ),
    _mutant(
        "cancelled after building",
        (cancel_order, "order.status in CANCELLABLE", "not order.status.terminal"),
        (Order.then, "status not in TRANSITIONS[self.status]", "False"),
    ),
    _mutant(
        "receive count used as attempt count",
        (
            Worker.finishes,
            "result = self.ports.execution.execute(",
            "few = type(self.ports.execution.retries)(4 - message.receive_count, 1.0)\n"
            "        result = replace(self.ports.execution, retries=few).execute(",
        ),
    ),
    _mutant(
        "attempts without end",
        (RetryPolicy.allows_after, "attempt <= self.max_retries", "True"),
    ),
    _mutant(
        "idempotency compared by key alone",
        (OrderDesk._replay, "not existing.terms.agrees_with(order.terms)", "False"),
    ),
    _mutant(
        "idempotency key without its user",
        (OrderDesk._order_id, "{command.user_id}", ""),
        (OrderDesk._replay, "not existing.terms.agrees_with(order.terms)", "False"),
    ),
    _mutant(
        "everybody may read and cancel",
        (read_order, "order.user_id != caller", "False"),
    ),
    _mutant(
        "the channel `all` has everybody's orders",
        (_audience, "subscription.user_id in (None, order.user_id)", "True"),
    ),
    _mutant(
        "expired without a tombstone on the chain",
        (SimulatedVenue.status, "return self._record(transaction, Expired(), now)", "return Expired()"),
    ),
    _mutant(
        "a signature can land again",
        (
            InMemoryLedger.record_once,
            "return self.records.setdefault(record.signature, record)",
            "self.records[record.signature] = record\n    return record",
        ),
    ),
    _mutant(
        "the order's own minimum is ignored",
        (Terms.least_out, ", self.min_amount_out)", ", 0)"),
    ),
    _mutant(
        "an order's time may run backwards",
        (Order.then, "max(at, self.updated_at)", "at"),
    ),
    _mutant(
        "poison is thrown away",
        (Worker.finishes, "self._give_back(message, 0)\n        return False", "return True"),
    ),
)
