"""Tell those who watch: every new event to everyone subscribed now, every new subscription all that happened so far.

Both sides write first and read afterwards, consistently. So whichever way an event and a subscription cross, at least
one of the two sees the other, and no event is missed. A client may hear of one twice and drops it by its `seq`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from order_engine.application.messages import Message, error, snapshots, status_update, subscribed
from order_engine.application.outcomes import results
from order_engine.application.ports import Clients, Clock, Executor, OrderStore, Subscription, Subscriptions
from order_engine.application.read_order import read_order
from order_engine.application.targets import order_id_of, targets_of
from order_engine.domain.errors import ClientGone, ClientUnreachable, OrderNotFound
from order_engine.domain.order import Order

KNOCKS = 20
KNOCK_AGAIN = 0.05
"""Seconds between two tries to reach a connection that may still be opening: one second in all, as others wait."""

OPENS_WITHIN = timedelta(seconds=40)
"""An older connection is open, or never will be: `$connect` runs for 20 s at the most, and it was another machine
that wrote down when, by a clock of its own."""


@dataclass(slots=True)
class Parcel:
    """The frames for one connection, and the subscriptions through which it was found."""

    connection_id: str
    subscriptions: set[Subscription] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)


class Outbox(dict[str, Parcel]):
    """The parcels of one batch, by connection."""

    def __missing__(self, connection_id: str) -> Parcel:
        return self.setdefault(connection_id, Parcel(connection_id))


@dataclass(frozen=True, slots=True)
class UpdatePusher:
    """Pushes updates to clients."""

    orders: OrderStore
    subscriptions: Subscriptions
    clients: Clients
    executor: Executor
    clock: Clock

    def push_events(self, images: Sequence[Order]) -> None:
        """Send the events of these stream images to their subscribers, each event once per connection.

        An image holds all events up to its version, so one that was skipped is made good by the next.
        """
        news = _news(images)
        targets = sorted({target for order, _ in news for target in targets_of(order)})
        listening = dict(zip(targets, results(self.executor.run(self.subscriptions.subscribers, targets)), strict=True))
        outbox = Outbox()
        for order, first_seq in news:
            updates = [status_update(order, event) for event in order.events[first_seq - 1 :]]
            for connection_id, subscriptions in _audience(order, listening).items():
                known = min(subscription.after_seq for subscription in subscriptions)
                outbox[connection_id].subscriptions.update(subscriptions)
                outbox[connection_id].messages += updates[max(0, known - first_seq + 1) :]
        self._deliver(outbox)

    def welcome(self, newcomers: Sequence[Subscription]) -> None:
        """Send each new subscriber all that happened before."""
        connections: dict[str, list[Subscription]] = defaultdict(list)
        for newcomer in newcomers:
            connections[newcomer.connection_id].append(newcomer)
        results(self.executor.run(self._welcome, list(connections.values())))

    def _welcome(self, newcomers: Sequence[Subscription]) -> None:
        """Greet one connection for each of its new subscriptions; one that is not open yet has its turn once more."""
        try:
            for newcomer in newcomers:
                self._greet(newcomer)
        except ClientUnreachable as failure:
            self._give_up(failure, newcomers[0].connection_id, newcomers)
            for newcomer in filter(self._may_be_opening, newcomers):
                self.subscriptions.renew(newcomer)

    def _greet(self, newcomer: Subscription) -> None:
        order_id = order_id_of(newcomer.target)
        if order_id is None:
            return self._knock(newcomer, _answer(newcomer, subscribed(newcomer.target)))
        try:
            order = read_order(self.orders, order_id, newcomer.user_id)
        except OrderNotFound as not_found:
            self.subscriptions.remove(newcomer.target, newcomer.connection_id)
            refusal = error(not_found.code, f"There is no order {order_id}.", orderId=order_id)
            return self._knock(newcomer, _answer(newcomer, refusal))
        self._knock(newcomer, _answer(newcomer, subscribed(newcomer.target)))
        if newcomer.connected_at is not None:  # what was pushed before the connection opened did not reach it
            order = self.orders.load(order_id)
        for snapshot in snapshots(order, newcomer.after_seq):
            self.clients.post(newcomer.connection_id, snapshot)
        return None

    def _deliver(self, outbox: Outbox) -> None:
        """Send to all connections side by side; the frames of one connection stay in order."""
        results(self.executor.run(self._send, list(outbox.values())))

    def _send(self, parcel: Parcel) -> None:
        """Send the frames of one connection. Nobody waits for one that is still opening: it is greeted afterwards."""
        try:
            for message in parcel.messages:
                self.clients.post(parcel.connection_id, message)
        except ClientUnreachable as failure:
            self._give_up(failure, parcel.connection_id, parcel.subscriptions)

    def _knock(self, newcomer: Subscription, message: Message) -> None:
        """Send the first frame. To the gateway, a connection is "gone" until its `$connect` has returned."""
        for _ in range(KNOCKS if self._may_be_opening(newcomer) else 0):
            try:
                return self.clients.post(newcomer.connection_id, message)
            except ClientUnreachable:
                self.clock.sleep(KNOCK_AGAIN)
        return self.clients.post(newcomer.connection_id, message)

    def _may_be_opening(self, subscription: Subscription) -> bool:
        made = subscription.connected_at
        return made is not None and self.clock.now() < made + OPENS_WITHIN

    def _give_up(self, failure: ClientUnreachable, connection_id: str, subscriptions: Iterable[Subscription]) -> None:
        """Hang up: who can't be reached comes back with `afterSeq` and gets what it missed.

        A connection that is still opening can't be hung up on. If its rows were deleted all the same, it would open
        and hear nothing. So its rows stay, and a failure that is not for good has the batch come again.
        """
        if any(map(self._may_be_opening, subscriptions)):
            if isinstance(failure, ClientGone):
                return
            raise failure
        self.clients.hang_up(connection_id)
        self.subscriptions.disconnect(connection_id)
        for target in sorted({subscription.target for subscription in subscriptions}):
            self.subscriptions.remove(target, connection_id)  # written while the connection closed


def _answer(newcomer: Subscription, message: Message) -> Message:
    return {**message, "requestId": newcomer.request_id} if newcomer.request_id else message


def _news(images: Sequence[Order]) -> list[tuple[Order, int]]:
    """Return each order's newest image and the first `seq` that is new in this batch."""
    newest: dict[str, tuple[Order, int]] = {}
    for image in images:
        order, first = newest.get(image.id, (image, image.version))
        newest[image.id] = max(order, image, key=lambda one: one.version), min(first, image.version)
    return list(newest.values())


def _audience(order: Order, listening: Mapping[str, list[Subscription]]) -> dict[str, list[Subscription]]:
    """Return who hears of the order, by connection, so that each connection gets each event once."""
    audience: dict[str, list[Subscription]] = defaultdict(list)
    for target in targets_of(order):
        for subscription in listening[target]:
            if subscription.user_id in (None, order.user_id):
                audience[subscription.connection_id].append(subscription)
    return audience
