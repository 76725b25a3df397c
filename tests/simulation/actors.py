"""Who uses the engine over HTTP: people who order, strangers who pry, and the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from order_engine.application.errors import IdempotencyConflict, OrderNotFound, RateLimited, TooLateToCancel
from order_engine.application.place_order import Placed, PlaceOrder
from order_engine.application.targets import order_target
from order_engine.contracts.place_order import parse_order
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from order_engine.engine import Engine
from tests.simulation.ports import Invocation
from tests.simulation.promises import Violation
from tests.simulation.world import World

T = TypeVar("T")

USERS = ("alice", "alice1", "bob")
"""With keys that are numbers: another user's name and key may read the same in one."""

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


class NoAnswer(Exception):
    """The client knows nothing of what became of its request."""


def terms(wish: tuple[str, str, str, str, str | None]) -> Terms:
    """Return the terms of a wish, as the API reads it."""
    return parse_order(dict(body(wish))).to_command(default_slippage="0.01").terms


def body(wish: tuple[str, str, str, str, str | None]) -> dict[str, str]:
    """Return a wish as a client sends it."""
    symbol_in, symbol_out, amount, slippage, least = wish
    fields = {"tokenIn": symbol_in, "tokenOut": symbol_out, "amountIn": amount, "slippage": slippage}
    return fields | ({"minAmountOut": least} if least else {})


def request(world: World, handler: Callable[[Invocation], T]) -> T:
    """Make an HTTP request.

    Raises:
        NoAnswer: the function died, or its answer got lost.
        OrderEngineError: what the function answered.
    """
    task = world.invoke("orders_api", handler)
    if world.chaos.happens("answer_lost"):
        raise NoAnswer
    if isinstance(task.error, Exception):
        raise task.error
    if task.error is not None:
        raise NoAnswer
    answer: T = task.value
    return answer


def _place(command: PlaceOrder, run: Invocation) -> Placed:
    return run.engine.placement.place(command)


class Shopper:
    """Places one order, insists on it, looks at it, may watch it, and may change his mind."""

    def __init__(self, world: World, number: int, watch: Callable[[str, str], None]) -> None:
        self.world = world
        self.watch = watch
        random = world.random
        self.user = random.choice(USERS)
        self.key = (str(number) if random.random() < 0.8 else SHARED_KEY) if random.random() < 0.7 else None
        self.command = PlaceOrder(self.user, terms(random.choice(WISHES)), self.key)
        self.seen = 0

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
            self.watch(self.user, order_target(order_id))
        if random.random() < 0.3:
            sleep(int(random.expovariate(1) * 600))
            self._cancel(order_id)
        if random.random() < 0.5:
            self._pry(order_id)
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
            command = replace(self.command, client_order_id=name)
            try:
                accepted = request(self.world, partial(_place, command))
            except IdempotencyConflict as conflict:
                if self.key != SHARED_KEY:
                    raise Violation(1, "a key that nobody used before was refused", conflict.order_id) from conflict
                promises.refused.add(name)
                return None
            except RateLimited:
                promises.refused.add(name)
            except Exception as error:
                self._unknown(error)
            else:
                promised(self.world, command, accepted)
                return accepted.order.id
        return None

    def _look(self, order_id: str) -> None:
        order = self._ask(order_id, lambda run: run.engine.read_order(order_id, self.user))
        if order is not None:
            if order.version < self.seen:
                raise Violation(3, f"version {self.seen} was seen, and then version {order.version}", order_id)
            self.seen = order.version

    def _cancel(self, order_id: str) -> None:
        for _ in range(2):
            self.world.promises.too_late.discard(order_id)
            order = self._ask(order_id, lambda run: run.engine.cancel_order(order_id, self.user))
            if order is not None:
                if order.status is not Status.CANCELLED:
                    raise Violation(5, f"a cancelled order is {order.status}", order_id)
                self.world.promises.cancelled.add(order_id)
                return

    def _pry(self, order_id: str) -> None:
        """Somebody else tries to read and to cancel it."""
        stranger = self.world.random.choice([user for user in USERS if user != self.user])
        action = self.world.random.choice([Engine.read_order, Engine.cancel_order])
        try:
            request(self.world, lambda run: action(run.engine, order_id, stranger))
        except OrderNotFound:
            return
        except Exception as error:
            self._unknown(error)
        else:
            raise Violation(8, f"{stranger} could {action.__name__} an order of {self.user}", order_id)

    def _ask(self, order_id: str, handler: Callable[[Invocation], Order]) -> Order | None:
        try:
            order = request(self.world, handler)
        except TooLateToCancel:
            self.world.promises.too_late.add(order_id)
            return None
        except OrderNotFound as error:
            raise Violation(2, "an accepted order is not there", error.order_id) from error
        except Exception as error:
            self._unknown(error)
            return None
        stored(self.world, order)
        return order

    def _unknown(self, error: Exception) -> None:
        if not isinstance(error, NoAnswer):
            self.world.expect(error)


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
