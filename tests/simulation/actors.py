"""Who uses the engine over HTTP: people who order, and the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from order_engine.application.errors import IdempotencyConflict, OrderNotFound, RateLimited, TooLateToCancel
from order_engine.application.identity import ANYONE, Caller
from order_engine.application.place_order import Placed, PlaceOrder
from order_engine.application.targets import order_target
from order_engine.contracts.place_order import parse_order
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from tests.simulation.gateway import event_of, expect_no_refusal, request
from tests.simulation.identities import USERS, Person, Token
from tests.simulation.ports import Invocation
from tests.simulation.promises import Violation
from tests.simulation.world import World

SHARED_KEY = "0"
"""The one key that some use for one order after the other."""

WISHES = (
    ("SOL", "USDC", "1.5", "0.01", None),
    ("SOL", "USDC", "1.5", "0.02", None),
    ("USDC", "SOL", "250", "0.005", None),
    ("BONK", "SOL", "1000000", "0.05", None),
    ("SOL", "USDC", "2", "0", None),  # half of these fail on chain: the price has moved
    ("SOL", "USDC", "1", "0.02", "149"),  # some attempts see a better price than others
    ("SOL", "USDC", "1", "0.02", "1000"),  # never met
    ("RAY", "JUP", "10", "0.01", None),  # no venue has this pair
    ("SOL", "USDC", "18000000", "0.01", None),  # no venue has as much
)
"""Token in and out, amount in, slippage, minimum amount out."""

POISON = ('{"orderId": "00000000-0000-4000-8000-000000000000"}', "not even JSON", '{"orderId": 7}', "")


def terms(wish: tuple[str, str, str, str, str | None]) -> Terms:
    """Return the terms of a wish, as the API reads it."""
    return parse_order(dict(body(wish))).to_command(ANYONE, default_slippage="0.01").terms


def body(wish: tuple[str, str, str, str, str | None]) -> dict[str, str]:
    """Return a wish as a client sends it."""
    symbol_in, symbol_out, amount, slippage, least = wish
    fields = {"tokenIn": symbol_in, "tokenOut": symbol_out, "amountIn": amount, "slippage": slippage}
    return fields | ({"minAmountOut": least} if least else {})


def _place(command: PlaceOrder, run: Invocation, caller: Caller) -> Placed:
    return run.engine.placement.place(replace(command, caller=caller))


class Shopper:
    """Places one order, insists on it, looks at it, may watch it, and may change his mind."""

    def __init__(self, world: World, number: int, watch: Callable[[Person, str], None]) -> None:
        self.world = world
        self.watch = watch
        random = world.random
        self.person = Person(world, random.choice(USERS))
        self.key = (str(number) if random.random() < 0.8 else SHARED_KEY) if random.random() < 0.7 else None
        self.terms = terms(random.choice(WISHES))
        self.named = self.user if random.random() < 0.1 else None
        self.seen = 0

    @property
    def user(self) -> str:
        """Who it is."""
        return self.person.user

    def run(self, arrives: int) -> None:
        """Live."""
        random, sleep = self.world.random, self.world.scheduler.sleep
        sleep(arrives)
        if self.key and random.random() < 0.2:  # a double click
            self.world.serve(f"{self.user} (again)", self.place)
        order_id = self.place()
        if order_id is None:
            return
        if random.random() < 0.2:
            self.watch(self.person, order_target(order_id))
        if random.random() < 0.3:
            sleep(int(random.expovariate(1) * 600))
            self._cancel(order_id)
        for _ in range(2):
            sleep(int(random.expovariate(1) * 5_000))
            self._look(order_id)

    def place(self) -> str | None:
        """Order, and try again where the answer is unknown; return the order's id once it was accepted."""
        for attempt in range(4):
            self.world.scheduler.sleep(int(self.world.random.random() * 2_000 * attempt))
            promises = self.world.promises
            promises.requests += 1
            name = f"request {promises.requests}"
            try:
                command, accepted = self.person.insist(partial(self._place, name))
            except IdempotencyConflict as conflict:
                if self.key != SHARED_KEY:
                    raise Violation(1, "a key that nobody used before was refused", conflict.order_id) from conflict
                promises.refused.add(name)
                return None
            except RateLimited:
                promises.refused.add(name)
            except Exception as error:
                expect_no_refusal(self.world, error)
            else:
                promised(self.world, command, accepted)
                return accepted.order.id
        return None

    def _look(self, order_id: str) -> None:
        order = self._ask(order_id, lambda run, caller: run.engine.read_order(order_id, caller))
        if order is not None:
            if order.version < self.seen:
                raise Violation(3, f"version {self.seen} was seen, and then version {order.version}", order_id)
            self.seen = order.version

    def _cancel(self, order_id: str) -> None:
        for _ in range(2):
            self.world.promises.too_late.discard(order_id)
            order = self._ask(order_id, lambda run, caller: run.engine.cancel_order(order_id, caller))
            if order is not None:
                if order.status is not Status.CANCELLED:
                    raise Violation(5, f"a cancelled order is {order.status}", order_id)
                self.world.promises.cancelled.add(order_id)
                return

    def _place(self, name: str, token: Token) -> tuple[PlaceOrder, Placed]:
        command = PlaceOrder(token.user, self.terms, self.key, client_order_id=name, named_user=self.named)
        return command, request(self.world, event_of(token), partial(_place, command))

    def _ask(self, order_id: str, handler: Callable[[Invocation, Caller], Order]) -> Order | None:
        try:
            order = self.person.insist(lambda token: request(self.world, event_of(token), handler))
        except TooLateToCancel:
            self.world.promises.too_late.add(order_id)
            return None
        except OrderNotFound as error:
            raise Violation(2, "an accepted order is not there", error.order_id) from error
        except Exception as error:
            expect_no_refusal(self.world, error)
            return None
        stored(self.world, order)
        return order


def promised(world: World, command: PlaceOrder, accepted: Placed) -> None:
    """Note an acceptance. Raises `Violation` where it is not for what was ordered."""
    order, promises = accepted.order, world.promises
    if order.user_id != command.user_id:
        raise Violation(8, f"{command.user_id} was given an order of {order.user_id}", order.id)
    if order.terms != command.terms:
        raise Violation(1, "the key of one order was accepted for another", order.id)
    stored(world, order)
    if world.few_receives and world.chaos.happens("cursed"):
        world.cursed.add(order.id)
    if promises.accepted.setdefault(order.id, command).idempotency_key != command.idempotency_key:
        raise Violation(1, "two keys have one order", order.id)
    if command.idempotency_key is not None:
        known = promises.by_key.setdefault((command.user_id, command.idempotency_key), order.id)
        if known != order.id:
            raise Violation(1, f"two orders for one key: {known} and {order.id}", order.id)


def stored(world: World, order: Order) -> None:
    """Raise `Violation` where a client was told of an order as it never was."""
    if order not in world.order_stream:
        raise Violation(6, f"version {order.version} was told and never stored", order.id)


def operator(world: World) -> None:
    """Look at the dead letters now and then, and put them back."""
    while True:
        world.scheduler.sleep(world.chaos.up_to(120) + 20_000)
        if not world.chaos.calm:
            redrive(world)


def redrive(world: World) -> None:
    """Put all dead letters back on the queue: all that became dead since the last time."""
    world.queue.all_letters_are_there()
    world.queue.unseen.clear()
    world.note("operator", "redrives", world.dead_letters.redrive_all(), "letters")


def intruder(world: World) -> None:
    """Put something on the queue that no worker can make sense of."""
    world.scheduler.sleep(world.chaos.up_to(60))
    poison: Any = world.random.choice(POISON)
    world.promises.poison.append(poison)
    world.queue.put(poison)


def outage(world: World, port: str, fault: str, begins: int, seconds: float) -> None:
    """One service is down for a while."""
    world.scheduler.sleep(begins)
    if world.chaos.happens(fault) and port not in world.down:
        world.down.add(port)
        world.note(port, "is down")
        world.scheduler.sleep(world.chaos.up_to(seconds))
        world.down.discard(port)
        world.note(port, "is up")
