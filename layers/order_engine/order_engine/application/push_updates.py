"""Push updates to clients: every new event to everyone subscribed now, everything so far to every new subscription.

Both sides write first and read afterwards, consistently. So whichever way an event and a subscription cross, at least
one of the two sees the other, and no event is missed. A client may receive one twice and drops it by its `seq`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from order_engine.application.errors import (
    ClientGone,
    ClientUnreachable,
    ForeignUserId,
    InsufficientScope,
    OrderNotFound,
    Unauthenticated,
)
from order_engine.application.identity import AuthMode, check_valid
from order_engine.application.messages import Message, Refused, Snapshot, StatusUpdate, Subscribed
from order_engine.application.ports import Clients, Clock, Executor, OrderStore, Subscription, Subscriptions
from order_engine.application.read_order import read_order
from order_engine.application.results import results_or_raise
from order_engine.application.targets import check_subscriber, order_id_of, targets_of
from order_engine.domain.order import Order

FIRST_MESSAGE_RETRIES = 20
FIRST_MESSAGE_BACKOFF = 0.05
"""Seconds between two tries to reach a connection that may still be opening: one second in all, as others wait."""

MAX_CONNECT_TIME = timedelta(seconds=40)
"""An older connection is open, or never will be: `$connect` runs for 20 s at the most, and it was another machine
that wrote down when, by a clock of its own."""


@dataclass(slots=True)
class Delivery:
    """The messages for one connection, and the subscriptions through which it was found."""

    connection_id: str
    subscriptions: set[Subscription] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)


class Outbox(dict[str, Delivery]):
    """The deliveries of one batch, by connection."""

    def __missing__(self, connection_id: str) -> Delivery:
        return self.setdefault(connection_id, Delivery(connection_id))


@dataclass(frozen=True, slots=True)
class UpdatePusher:
    """Pushes the records of both streams to clients."""

    orders: OrderStore
    subscriptions: Subscriptions
    clients: Clients
    executor: Executor
    clock: Clock
    auth_mode: AuthMode

    def push(self, images: Sequence[Order], subscriptions: Sequence[Subscription]) -> None:
        """Push one batch of either stream. If it fails, the batch may be delivered again; clients drop what they had.

        Args:
            images: of orders that were written.
            subscriptions: that were written.
        """
        if images:
            self.push_events(images)
        if subscriptions:
            self.push_snapshots(subscriptions)

    def push_events(self, images: Sequence[Order]) -> None:
        """Send the events of these stream images to their subscribers, each event once per connection.

        An image holds all events up to its version, so one that was skipped is made good by the next.
        """
        news = _unpushed_events(images)
        targets = sorted({target for order, _ in news for target in targets_of(order)})
        found = results_or_raise(self.executor.run(self.subscriptions.subscribers, targets))
        subscribers = dict(zip(targets, found, strict=True))
        outbox = Outbox()
        for order, first_seq in news:
            updates = [StatusUpdate(order, event) for event in order.events[first_seq - 1 :]]
            for connection_id, subscriptions in _subscriptions_by_connection(order, subscribers).items():
                known = min(subscription.after_seq for subscription in subscriptions)
                outbox[connection_id].subscriptions.update(subscriptions)
                outbox[connection_id].messages += updates[max(0, known - first_seq + 1) :]
        results_or_raise(self.executor.run(self._deliver, list(outbox.values())))

    def push_snapshots(self, new_subscriptions: Sequence[Subscription]) -> None:
        """Send to each new subscription all that happened before."""
        by_connection: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in new_subscriptions:
            by_connection[subscription.connection_id].append(subscription)
        results_or_raise(self.executor.run(self._answer_subscriptions, list(by_connection.values())))

    def _answer_subscriptions(self, subscriptions: Sequence[Subscription]) -> None:
        """Greet one connection for each of its new subscriptions; one that is not open yet is greeted again later."""
        connection_id = subscriptions[0].connection_id
        try:
            if ended := self._ended(subscriptions):
                self._post_first(subscriptions[0], Refused(ended))
                self._hang_up(connection_id, subscriptions)
            else:
                for subscription in subscriptions:
                    self._answer_subscription(subscription)
        except ClientUnreachable as failure:
            self._give_up(failure, connection_id, subscriptions)
            for subscription in filter(self._may_be_opening, subscriptions):
                self.subscriptions.renew(subscription)

    def _answer_subscription(self, subscription: Subscription) -> None:
        """Answer a new subscription, and send the order's snapshot where it is to an order.

        One that is not permitted is removed: should anything have written such a row, it must not fail a batch.
        """
        order_id = order_id_of(subscription.target)
        try:
            check_subscriber(subscription.caller, subscription.target)
            order = read_order(self.orders, order_id, subscription.caller) if order_id is not None else None
        except (OrderNotFound, InsufficientScope, ForeignUserId) as refusal:
            self.subscriptions.remove(subscription.target, subscription.connection_id)
            return self._post_first(subscription, Refused(refusal, subscription.request_id, order_id))
        self._post_first(subscription, Subscribed(subscription.target, subscription.request_id))
        if order is None:
            return None
        if subscription.connected_at is not None:  # what was pushed before the connection opened did not reach it
            order = self.orders.load(order.id)
        return self.clients.post(subscription.connection_id, Snapshot(order, subscription.after_seq))

    def _deliver(self, delivery: Delivery) -> None:
        """Send the messages of one connection, in order. One that is still opening is greeted afterwards.

        A client whose identity has ended is told that, and nothing else; then its connection is closed.
        """
        ended = self._ended(delivery.subscriptions)
        try:
            for message in [Refused(ended)] if ended else delivery.messages:
                self.clients.post(delivery.connection_id, message)
        except ClientUnreachable as failure:
            self._give_up(failure, delivery.connection_id, delivery.subscriptions)
        else:
            if ended:
                self._hang_up(delivery.connection_id, delivery.subscriptions)

    def _post_first(self, subscription: Subscription, message: Message) -> None:
        """Send the first message. To the gateway, a connection is "gone" until its `$connect` has returned."""
        for _ in range(FIRST_MESSAGE_RETRIES if self._may_be_opening(subscription) else 0):
            try:
                return self.clients.post(subscription.connection_id, message)
            except ClientUnreachable:
                self.clock.sleep(FIRST_MESSAGE_BACKOFF)
        return self.clients.post(subscription.connection_id, message)

    def _may_be_opening(self, subscription: Subscription) -> bool:
        made = subscription.connected_at
        return made is not None and self.clock.now() < made + MAX_CONNECT_TIME

    def _give_up(self, failure: ClientUnreachable, connection_id: str, subscriptions: Iterable[Subscription]) -> None:
        """Close the connection: its client comes back with `afterSeq` and gets what it missed.

        A connection that is still opening can't be closed. If its rows were deleted all the same, it would open and
        receive nothing. So its rows stay, and a failure that is not for good makes the batch fail and come again.
        """
        if any(map(self._may_be_opening, subscriptions)):
            if isinstance(failure, ClientGone):
                return
            raise failure
        self._hang_up(connection_id, subscriptions)

    def _ended(self, subscriptions: Iterable[Subscription]) -> Unauthenticated | None:
        """Return what a client is told whose identity is not known, or not any more; None while it is."""
        now = self.clock.now()
        try:
            for subscription in subscriptions:
                check_valid(subscription.caller, self.auth_mode, now)
        except Unauthenticated as ended:
            return ended
        return None

    def _hang_up(self, connection_id: str, subscriptions: Iterable[Subscription]) -> None:
        self.clients.close(connection_id)
        self.subscriptions.disconnect(connection_id)
        for target in sorted({subscription.target for subscription in subscriptions}):
            self.subscriptions.remove(target, connection_id)  # written while the connection closed


def _unpushed_events(images: Sequence[Order]) -> list[tuple[Order, int]]:
    """Return each order's newest image and the first `seq` that is new in this batch."""
    newest: dict[str, tuple[Order, int]] = {}
    for image in images:
        order, first = newest.get(image.id, (image, image.version))
        newest[image.id] = max(order, image, key=lambda candidate: candidate.version), min(first, image.version)
    return list(newest.values())


def _subscriptions_by_connection(
    order: Order, subscribers: Mapping[str, list[Subscription]]
) -> dict[str, list[Subscription]]:
    """Return the order's subscribers by connection, so that each connection gets each event once."""
    audience: dict[str, list[Subscription]] = defaultdict(list)
    for target in targets_of(order):
        for subscription in subscribers[target]:
            if subscription.caller.reads(order.user_id):
                audience[subscription.connection_id].append(subscription)
    return audience
