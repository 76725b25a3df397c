"""The statements about all orders together, and about what clients hold, checked at the end of each run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from order_engine.application.targets import order_id_of, targets_of
from order_engine.contracts.events.decoding import event_from
from order_engine.domain.events import Event, Status
from order_engine.domain.order import Order
from order_engine.domain.timestamps import parse_timestamp
from tests.simulation.lives import LIFE
from tests.simulation.promises import Violation
from tests.simulation.watchers import Watcher, known_up_to
from tests.simulation.world import World


def check(world: World) -> None:
    """Check all that can be seen in the stores. Raises `Violation`."""
    for statement in (*LIFE, history_agrees):
        for order in world.orders.orders.values():
            statement(world, order)
    keys_are_unique(world)
    promises_are_kept(world)
    refusals_are_kept(world)
    writes_are_steps(world)
    counts_agree(world)
    poison_is_visible(world)
    who_has_left_is_forgotten(world)
    inboxes_are_private(world)


def keys_are_unique(world: World) -> None:
    """1: one order per user and key. (What a client is answered, its actor checks at once.)"""
    orders = defaultdict(set)
    for order_id, command in world.promises.accepted.items():
        if command.idempotency_key:
            orders[command.user_id, command.idempotency_key].add(order_id)
    for key, ids in orders.items():
        if len(ids) > 1:
            raise Violation(1, f"{key} has {len(ids)} orders", min(ids))


def promises_are_kept(world: World) -> None:
    """2: whatever was accepted is there and has ended; 5: what was cancelled is."""
    for order_id in world.promises.accepted:
        order = world.orders.orders.get(order_id)
        if order is None or not order.status.terminal:
            raise Violation(2, f"an accepted order is {order.status if order else 'not there'}", order_id)
    for order_id in world.promises.cancelled:
        if world.orders.orders[order_id].status is not Status.CANCELLED:
            raise Violation(5, "an order whose cancellation was confirmed is not cancelled", order_id)
    for order_id in world.promises.too_late - world.promises.cancelled_twice:
        if world.orders.orders[order_id].status is Status.CANCELLED:
            raise Violation(5, "an order whose cancellation was refused is cancelled", order_id)


def refusals_are_kept(world: World) -> None:
    """1: whoever was refused can order elsewhere; nothing was stored."""
    for order in world.orders.orders.values():
        if order.client_order_id in world.promises.refused:
            raise Violation(1, "a request that was refused is carried out all the same", order.id)


def writes_are_steps(world: World) -> None:
    """3: every write that ever happened added exactly one event to what was there."""
    images: dict[str, tuple[Event, ...]] = {}
    for image in world.order_stream:
        if image.events[:-1] != images.get(image.id, ()):
            raise Violation(3, f"a write of version {image.version} was not a step from the one before", image.id)
        images[image.id] = image.events


def history_agrees(world: World, order: Order) -> None:
    """6: Postgres = the order table."""
    if world.history.orders.get(order.id) != order:
        raise Violation(6, "Postgres has another version of the order", order.id)


def counts_agree(world: World) -> None:
    """6: the published counts are those of the orders."""
    counted = Counter(str(order.status) for order in world.orders.orders.values())
    published = {status: number for status, number in world.counts.read().items() if number}
    if published != counted:
        raise Violation(6, f"the counts say {published}, and there are {dict(counted)}")


def poison_is_visible(world: World) -> None:
    """9: what no worker understands is a dead letter and stays one, also after it was put back."""
    world.queue.all_letters_are_there()
    dead = [letter.body for letter in world.queue.dead]
    for poison in world.promises.poison:
        if poison not in dead:
            raise Violation(9, f"{poison!r} has vanished")


def who_has_left_is_forgotten(world: World) -> None:
    """6: the rows of a connection go with it. (Where a function died over it, the next 410 does it.)"""
    for target, connection in world.subscriptions.rows:
        if connection in world.promises.closed:
            raise Violation(6, f"{connection} has left and is still subscribed to {target}")


def inboxes_are_private(world: World) -> None:
    """8: what ever arrived at a connection is about orders that the token may read with which it was opened."""
    for connection, frames in world.clients.inboxes.items():
        token = world.access.get(connection)
        for order_id in filter(None, map(_order_in, frames)):
            owner = world.orders.orders[order_id].user_id
            if token is None or not token.may_read(owner):
                raise Violation(8, f"{connection} has heard of an order of {owner}", order_id)


def _order_in(frame: Mapping[str, Any]) -> str | None:
    """Return the order that a frame tells of; None for a frame that tells of none."""
    if frame["type"] == "order":
        return str(frame["order"]["id"])
    return str(frame["orderId"]) if frame["type"] in ("status_update", "snapshot", "accepted") else None


def nothing_was_missed(world: World, watcher: Watcher) -> None:
    """6: who has been listening all the time has heard everything, unless `push_updates` gave up on it."""
    excused = {lost.id if isinstance(lost, Order) else lost.target for lost in world.undelivered}
    for target, since in watcher.confirmed.items():
        order_id = order_id_of(target)
        if order_id is None:
            heard_of = (image for image in world.order_stream[since:] if target in targets_of(image))
            missed: Iterable[Order] = (it for it in heard_of if it.version not in watcher.held[it.id])
        else:
            order = world.orders.orders[order_id]
            missed = [order] if known_up_to(watcher.held[order_id]) < order.version else []
        for order in missed:
            if not excused & {order.id, target}:
                raise Violation(6, f"{watcher.name} has missed something of what it listens to", order.id)


def knows_all(world: World, watcher: Watcher) -> None:
    """6: who has resumed knows exactly the events of each order that it follows."""
    for target in watcher.wanted:
        if order_id := order_id_of(target):
            order = world.orders.orders[order_id]
            held = watcher.held[order_id]
            told = [_is_told(order, event, held.get(event.seq)) for event in order.events]
            if len(held) != order.version or not all(told):
                raise Violation(6, f"{watcher.name} has resumed and does not know what happened", order_id)


def _is_told(order: Order, event: Event, told: Mapping[str, Any] | None) -> bool:
    """Whether what a client was told is the event, with all that it says."""
    if told is None:
        return False
    at = parse_timestamp(told["timestamp"])
    try:
        return event_from(order.id, order.terms, told["seq"], told["status"], at, told["data"]) == event
    except KeyError:
        return False
