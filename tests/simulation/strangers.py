"""Strangers over HTTP: they read, cancel and place with every kind of token, and with none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from order_engine.application.errors import IdempotencyConflict
from order_engine.application.identity import Caller
from order_engine.application.place_order import Placed, PlaceOrder
from order_engine.application.ports import Page
from order_engine.contracts.order_list import parse_list_query
from order_engine.contracts.place_order import parse_order
from order_engine.domain.errors import OrderEngineError
from tests.simulation.actors import WISHES, body, promised, terms
from tests.simulation.attempts import (
    ADMIN,
    READ,
    WRITE,
    Attempt,
    Victim,
    called,
    check_refused,
    some_token,
    some_victim,
    verdict,
)
from tests.simulation.gateway import Event, NoAnswer, event_of, expect_no_refusal, request
from tests.simulation.identities import STRANGER, TRADE, Token
from tests.simulation.ports import Invocation
from tests.simulation.promises import Violation
from tests.simulation.world import World

PAUSE = 9.0
"""Seconds between two attempts of one stranger, at the most."""

Do = Callable[[Victim, Invocation, Caller], Any]


def _read(victim: Victim, run: Invocation, caller: Caller) -> Any:
    return run.engine.read_order(victim.order_id, caller)


def _trail(victim: Victim, run: Invocation, caller: Caller) -> Any:
    return run.engine.read_trail(victim.order_id, caller)


def _list(victim: Victim, run: Invocation, caller: Caller) -> Any:
    return _page({"userId": victim.user}, run, caller)


def _cancel(victim: Victim, run: Invocation, caller: Caller) -> Any:
    return run.engine.cancel_order(victim.order_id, caller)


def _place(victim: Victim, run: Invocation, caller: Caller) -> Any:
    wish = parse_order({**body(run.world.random.choice(WISHES)), "userId": victim.user})
    return run.engine.placement.place(wish.to_command(caller, default_slippage="0.01"))


def _ticket(_victim: Victim, run: Invocation, caller: Caller) -> Any:
    return run.engine.stream_tickets.issue(caller)


def _metrics(_victim: Victim, run: Invocation, caller: Caller) -> Any:
    return run.engine.read_metrics(caller)


def _page(query: dict[str, str], run: Invocation, caller: Caller) -> Page:
    asked = parse_list_query(query)
    return run.engine.list_orders(asked.to_filter(), asked.limit, asked.position(), caller)


ATTEMPTS: tuple[tuple[Attempt, str, Do], ...] = (
    (Attempt("read an order of {}", (READ,), "order_not_found", by_order=True), "orders_api", _read),
    (Attempt("read the history of an order of {}", (READ,), "order_not_found", by_order=True), "read_history", _trail),
    (Attempt("list the orders of {}", (READ,), "user_id_mismatch"), "read_history", _list),
    (Attempt("cancel an order of {}", (WRITE,), "order_not_found", by_order=True), "orders_api", _cancel),
    (Attempt("place an order for {}", (WRITE,), "user_id_mismatch"), "orders_api", _place),
    (Attempt("get a ticket", (READ,)), "orders_api", _ticket),
    (Attempt("read the metrics", (ADMIN,)), "orders_api", _metrics),
)

NOBODY: tuple[Event, ...] = (
    {},
    {"requestContext": {}},
    {"requestContext": {"authorizer": {}}},
    {"requestContext": {"authorizer": {"principalId": "alice"}}},
    {"requestContext": {"authorizer": {"iam": {"userId": "alice"}}}},
    {"requestContext": {"authorizer": {"jwt": {"claims": {}}}}},
    {"requestContext": {"authorizer": {"jwt": {"claims": {"token_use": "access", "exp": "4102444800"}}}}},
    {"requestContext": {"authorizer": {"jwt": {"claims": {"token_use": "access", "sub": "alice"}}}}},
)
"""Events without a valid identity, as a gateway that is set up wrongly may let them through."""


def pry(world: World) -> None:
    """Try what is forbidden, for as long as the storm lasts."""
    while not world.chaos.calm:
        world.scheduler.sleep(world.chaos.up_to(PAUSE))
        kind = world.random.random()
        if kind < 0.1:
            list_without_filter(world)
        elif kind < 0.2:
            use_foreign_key(world)
        else:
            try_something(world)


def try_something(world: World) -> None:
    """Make one attempt. Raises `Violation` if it succeeds, or tells more than it should."""
    attempt, function, do = world.random.choice(ATTEMPTS)
    victim = some_victim(world)
    token = some_token(world, victim) if world.random.random() < 0.8 else None
    expected = verdict(world, token, attempt, victim)
    if expected is None:
        return
    told = f"{called(token)} tries to {attempt.name.format(victim.user)}"
    event = event_of(token) if token else world.random.choice(NOBODY)
    try:
        request(world, event, partial(do, victim), function)
    except NoAnswer:
        return
    except OrderEngineError as error:
        check_refused(error, expected, told, victim)
    else:
        raise Violation(8, f"{told}, and can", victim.order_id)


def list_without_filter(world: World) -> None:
    """List orders, whosever they are. Raises `Violation` where others' are among them."""
    token = some_token(world, some_victim(world))
    try:
        page = request(world, event_of(token), partial(_page, {}), "read_history")
    except (NoAnswer, OrderEngineError):
        return
    for order in page.orders:
        if not token.may_read(order.user_id):
            raise Violation(8, f"{called(token)} has an order of {order.user_id} in a list", order.id)


def use_foreign_key(world: World) -> None:
    """Place an order under a key that somebody else has used: it is another one, and the stranger's own."""
    used = [key for user, key in world.promises.by_key if user != STRANGER]
    if not used or (key := world.random.choice(used)) in world.promises.squatted:
        return
    world.promises.squatted.add(key)
    token = Token(STRANGER, TRADE, world.scheduler.now // 1000 + 3_600)
    command = PlaceOrder(token.user, terms(world.random.choice(WISHES)), key)

    def place(run: Invocation, caller: Caller) -> Placed:
        return run.engine.placement.place(replace(command, caller=caller))

    try:
        placed = request(world, event_of(token), place)
    except IdempotencyConflict as conflict:
        raise Violation(8, "a stranger is told of another user's key", conflict.order_id) from conflict
    except Exception as error:
        expect_no_refusal(world, error)
    else:
        promised(world, command, placed)
