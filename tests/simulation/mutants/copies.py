"""What Postgres and clients hold."""

from __future__ import annotations

from order_engine.application.push_updates import UpdatePusher
from order_engine.application.record_history import record_history
from order_engine.contracts.views import event_view
from order_engine.fakes.clients import InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryPublishedCounts
from tests.simulation.mutants.mutant import mutant

COPIES = (
    mutant(
        "history: the last image wins, not the newest",
        (InMemoryHistory.record, "self.orders[order.id].version < order.version", "True"),
    ),
    mutant(
        "history: acknowledged although Postgres did not answer",
        (
            record_history,
            "counts.publish(history.record(list(newest.values())))",
            "try: counts.publish(history.record(list(newest.values())))\n        except Exception: pass",
        ),
    ),
    mutant(
        "history: counts that could not be published are let go",
        (
            record_history,
            "counts.publish(history.record(list(newest.values())))",
            "counted = history.record(list(newest.values()))\n"
            "        try: counts.publish(counted)\n"
            "        except Exception: pass",
        ),
    ),
    mutant(
        "history: earlier counts replace later ones",
        (InMemoryPublishedCounts.publish, "self.counts.counted_at < counts.counted_at", "True"),
    ),
    mutant(
        "only the newest event of a batch is pushed",
        (UpdatePusher.push_events, "order.events[first_seq - 1 :]", "order.events[-1:]"),
    ),
    mutant("events lose their data on the wire", (event_view, "event_data(event, order.terms)", "{}")),
    mutant(
        "snapshot read before the subscription is written",
        (
            InMemorySubscriptions._write,
            "self.rows[subscription.target, subscription.connection_id] = subscription",
            "self.stream.append(subscription)\n    self.between_writes()\n"
            "    self.rows[subscription.target, subscription.connection_id] = subscription\n    return",
        ),
    ),
    mutant(
        "subscribers are not read consistently",
        (InMemorySubscriptions.subscribers, "self.rows.values()", "list(self.rows.values())[:-1]"),
    ),
    mutant(
        "410 deletes another row",
        (
            UpdatePusher._hang_up,
            "self.subscriptions.disconnect(connection_id)",
            "[self.subscriptions.disconnect(other.connection_id) for one in sorted(subscriptions, key=str)"
            " for other in self.subscriptions.subscribers(one.target)]",
        ),
    ),
    mutant(
        "a connection that is still opening counts as gone",
        (UpdatePusher._may_be_opening, "made is not None", "False"),
    ),
    mutant(
        "a connection that was still opening gets what was read before it was open",
        (UpdatePusher._answer_subscription, "subscription.connected_at is not None", "False"),
    ),
    mutant(
        "a connection that was still opening is closed for a throttled frame",
        (
            UpdatePusher._give_up,
            "any(map(self._may_be_opening, subscriptions))",
            "isinstance(failure, ClientGone) and any(map(self._may_be_opening, subscriptions))",
        ),
    ),
    mutant(
        "a connection that was still opening is deaf when its token seemed to have ended",
        (
            UpdatePusher._deliver,
            "self._give_up(failure, delivery.connection_id, delivery.subscriptions)",
            "(self._give_up if ended is None else lambda _, *rest: self._hang_up(*rest))"
            "(failure, delivery.connection_id, delivery.subscriptions)",
        ),
        (
            UpdatePusher._answer_subscriptions,
            "self._give_up(failure, connection_id, subscriptions)",
            "(self._give_up if ended is None else lambda _, *rest: self._hang_up(*rest))"
            "(failure, connection_id, subscriptions)",
        ),
    ),
    mutant(
        "a connection that opens late is not greeted",
        (UpdatePusher._answer_subscriptions, "self.subscriptions.renew(subscription)", "pass"),
    ),
    mutant(
        "who has left stays subscribed",
        (InMemorySubscriptions.disconnect, "self.rows.pop((target, connection_id), None)", "pass"),
    ),
    mutant(
        "clocks are taken to agree",
        (UpdatePusher._may_be_opening, "made + MAX_CONNECT_TIME", "made + MAX_CONNECT_TIME / 20"),
    ),
)
