"""WebSocket clients: they connect, subscribe, fold what comes by `seq`, vanish, and resume with `afterSeq`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from order_engine.application.errors import TokenExpired, Unauthenticated
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_id_of, order_target
from order_engine.domain.errors import OrderEngineError
from order_engine.domain.events import Status
from tests.simulation.actors import WISHES, body, terms
from tests.simulation.gateway import Handshake, NoAnswer, expect_no_refusal, issue_ticket, send_frame, shake_hands
from tests.simulation.identities import Person
from tests.simulation.promises import Violation
from tests.simulation.world import World

Events = dict[int, Mapping[str, Any]]

PATIENCE = 10_000
"""Milliseconds to wait for an order's snapshot, or a channel's `subscribed`, before connecting anew."""


class Watcher:
    """One client, over any number of connections.

    Args:
        person: whose it is. Some are bots, which send a token where browsers need a ticket.
        target: what it wants to hear of from the beginning; None for one that goes from order to order.
        settled_down: whether it does no more than that, and never leaves by itself; some of these wait for ever for
            what they have subscribed to.
    """

    def __init__(self, world: World, number: int, person: Person, target: str | None, settled_down: bool) -> None:
        self.world = world
        self.name = f"watcher {number}"
        self.person = person
        self.connection: str | None = None
        self.held: dict[str, Events] = defaultdict(dict)
        """Order → seq → event: what the client knows."""
        self.wanted: dict[str, int] = {}
        """Target → when it was last asked for."""
        self.confirmed: dict[str, int] = {}
        """Target → how many images the order stream had when that was confirmed, on this connection."""
        self._target = target
        self._settled_down = settled_down
        self._is_bot = world.random.random() < 0.2
        self._patient = settled_down and world.random.random() < 0.5
        self._unsubscribed: set[str] = set()
        self._read = 0
        self._connections = 0
        self._ordered: dict[str, PlaceOrder] = {}
        self._token = person.token()
        if target:
            self.wanted[target] = world.scheduler.now

    @property
    def user(self) -> str:
        """Who it is."""
        return self.person.user

    @property
    def settled(self) -> bool:
        """Whether it hears of all that it wants to hear of, and has read what came."""
        rows = [record for record in self.world.undelivered if isinstance(record, Subscription)]
        lost = {row.target for row in rows if row.connection_id == self.connection}
        is_open = self.connection in self.world.clients.connections
        return is_open and not self._unread() and set(self.wanted) <= {*self.confirmed, *lost}

    def run(self, arrives: int) -> None:
        """Live."""
        self.world.scheduler.sleep(arrives)
        while True:
            busy = self.connection is None or not (self._settled_down or self.world.chaos.calm)
            self.world.scheduler.sleep(int(self.world.random.random() * (1_500 if busy else 6_000)))
            if self.connection is None:
                self._connect()
            elif self.connection not in self.world.clients.connections:
                self._find_it_closed(self.connection)
            else:
                self._listen(self.connection)

    def _find_it_closed(self, connection: str) -> None:
        """Leave a connection that the engine has closed; what came before, such as the reason, may be read or lost."""
        if self.world.random.random() < 0.5:
            self._take_all(connection)
        self.leave()

    def leave(self) -> None:
        """Close the connection, or find it closed. What was not read yet is lost."""
        if self.connection is not None:
            self.world.note(self.name, "leaves", self.connection)
            self.world.clients.connections.discard(self.connection)
            self._goodbye(self.connection)
        self.connection, self._read = None, 0
        self.confirmed.clear()
        self._unsubscribed.clear()

    def _connect(self) -> None:
        """Connect; nothing can be posted to a connection before its `$connect` has returned."""
        world = self.world
        first = self._target if self._settled_down else world.random.choice([None, *self.wanted])
        self._connections += 1
        connection = f"{self.name}/{self._connections}"
        if world.chaos.calm:
            world.promises.in_peace.add(connection)
        query = self._asking_for(first) if first else {}
        try:
            self._shake_hands(connection, query)
        except Exception as error:
            self._not_connected(error)
            return
        self.connection = connection
        world.note(self.name, "is connected as", connection)
        for target in self.wanted:
            if target != first:
                self._subscribe(target)

    def _shake_hands(self, connection: str, query: Mapping[str, Any]) -> None:
        self._token = token = self.person.token()
        if self._is_bot:
            shake_hands(self.world, Handshake(connection, query, bearer=token.text), token)
        else:
            ticket = issue_ticket(self.world, token)
            shake_hands(self.world, Handshake(connection, {**query, "ticket": ticket}), token)

    def _not_connected(self, error: Exception) -> None:
        """Begin anew later, with another ticket; nobody knows what became of this one."""
        if isinstance(error, TokenExpired):
            self.person.told_expired(self._token)
        elif self._is_bot or not isinstance(error, Unauthenticated):
            expect_no_refusal(self.world, error)

    def _listen(self, connection: str) -> None:
        world = self.world
        self._take_all(connection)
        if self.connection is None:
            return
        had_enough = not self._settled_down and world.chaos.happens("client_leaves")
        if had_enough or self._waited_in_vain():
            self.leave()
        elif not world.chaos.calm and not self._settled_down:
            self._go_on(connection)

    def _go_on(self, connection: str) -> None:
        """Follow another order, or place one."""
        random = self.world.random
        unknown = [order_id for order_id in self.world.promises.accepted if order_target(order_id) not in self.wanted]
        if unknown and random.random() < 0.3:
            order_id = random.choice(unknown)
            if self.world.promises.accepted[order_id].user_id == self.user or random.random() < 0.2:
                self._subscribe(order_target(order_id))
        elif self.confirmed and random.random() < 0.1:
            self._turn_away(random.choice(sorted(self.confirmed)), connection)
        elif not self._ordered and random.random() < 0.1:
            wish = random.choice(WISHES)
            self._ordered["the one"] = PlaceOrder(self._token.user, terms(wish))
            self._send(connection, {"action": "execute_order", "requestId": "the one", **body(wish)})

    def _turn_away(self, target: str, connection: str) -> None:
        """Unsubscribe, for as long as the connection lasts; perhaps cancel the order first, if it is one's own."""
        order_id = order_id_of(target)
        fed_up = self.world.random.random() < 0.2
        if fed_up and order_id and self.world.orders.orders[order_id].user_id == self.user:
            self.world.promises.cancelled_twice.add(order_id)
            self._send(connection, {"action": "cancel_order", "orderId": order_id})
        self._unsubscribed.add(target)
        self.wanted.pop(target, None)
        self.confirmed.pop(target)
        self._send(connection, {"action": "unsubscribe", **_named(target)})

    def _subscribe(self, target: str) -> None:
        if target in self._unsubscribed:  # frames are not served in the order they were sent
            return
        assert self.connection is not None
        self._send(self.connection, {"action": "subscribe", **self._asking_for(target)})

    def _asking_for(self, target: str) -> dict[str, Any]:
        """Return what names a target and how much of it is known already; note that it is wanted."""
        self.wanted[target] = self.world.scheduler.now
        order_id = order_id_of(target)
        return _named(target) | ({"afterSeq": known_up_to(self.held[order_id])} if order_id else {})

    def _send(self, connection: str, frame: Mapping[str, Any]) -> None:
        """Send a frame; the answer, if there is one, comes as a frame too."""
        self.world.serve(self.name, lambda: self._have_sent(connection, json.dumps(frame)))

    def _have_sent(self, connection: str, text: str) -> None:
        with suppress(NoAnswer, OrderEngineError):
            send_frame(self.world, connection, text)

    def _waited_in_vain(self) -> bool:
        waiting = (moment for target, moment in self.wanted.items() if target not in self.confirmed)
        return not self._patient and any(self.world.scheduler.now - moment > PATIENCE for moment in waiting)

    def _goodbye(self, connection: str) -> None:
        """The gateway says `$disconnect`, sooner or later, if at all."""
        world = self.world
        if not world.chaos.happens("disconnect_unnoticed"):

            def say() -> None:
                world.scheduler.sleep(world.chaos.up_to(2))
                world.invoke("stream_gateway", lambda run: run.engine.connections.disconnect(connection))
                if connection in world.promises.in_peace:
                    world.promises.closed.add(connection)

            world.serve(self.name, say)

    def _unread(self) -> int:
        return len(self.world.clients.inboxes[self.connection]) - self._read if self.connection else 0

    def _take_all(self, connection: str) -> None:
        inbox = self.world.clients.inboxes[connection]
        while self.connection == connection and self._read < len(inbox):
            self._read += 1
            self._take(inbox[self._read - 1])

    def _take(self, frame: Mapping[str, Any]) -> None:
        kind, order_id = frame["type"], frame.get("orderId", "")
        if kind == "subscribed" and not order_id:
            self._confirm(self._target or ALL)
        elif kind == "status_update":
            self._hold(order_id, frame)
        elif kind == "snapshot":
            self._confirm(order_target(order_id))
            for event in frame["events"]:
                self._hold(order_id, event)
        elif kind == "accepted":
            self.world.promises.accepted[order_id] = self._ordered[frame["requestId"]]
            self.wanted.setdefault(order_target(order_id), self.world.scheduler.now)
        elif kind == "order":
            if frame["order"]["status"] == Status.CANCELLED:
                self.world.promises.cancelled.add(frame["order"]["id"])
        elif kind == "error":
            self._refused(frame["code"], order_id)

    def _confirm(self, target: str) -> None:
        if target not in self._unsubscribed:
            self.confirmed[target] = len(self.world.order_stream)

    def _hold(self, order_id: str, event: Mapping[str, Any]) -> None:
        told = {name: event[name] for name in ("seq", "status", "timestamp", "data")}
        if self.held[order_id].setdefault(told["seq"], told) != told:
            raise Violation(6, f"{self.name} was told two versions of event {told['seq']}", order_id)

    def _refused(self, code: str, order_id: str) -> None:
        if code == "order_not_found" and order_id:
            if self.world.promises.accepted[order_id].user_id == self.user:
                raise Violation(6, f"{self.name} was told that there is no such order", order_id)
            self.wanted.pop(order_target(order_id), None)
        elif code == "token_expired":
            self.person.told_expired(self._token)
            self.leave()
        elif code == "not_connected":
            self.leave()
        elif code in ("unauthenticated", "insufficient_scope", "user_id_mismatch"):
            raise Violation(0, f"{self.name} is refused what it may do: {code}")


def _named(target: str) -> dict[str, Any]:
    """Return a target as clients name it."""
    if order_id := order_id_of(target):
        return {"orderId": order_id}
    return {"channel": ALL if target == ALL else "user"}


def known_up_to(events: Events) -> int:
    """Return the last `seq` before the first gap."""
    seq = 0
    while seq + 1 in events:
        seq += 1
    return seq
