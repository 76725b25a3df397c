"""Strangers with a connection of their own: they send frames about other users' orders, and some overstay."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from order_engine.application.identity import ANYONE
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.domain.errors import OrderEngineError
from tests.simulation.actors import WISHES, body
from tests.simulation.attempts import (
    ADMIN,
    LONG_AGO,
    READ,
    WRITE,
    Attempt,
    Victim,
    called,
    check_code,
    some_token,
    some_victim,
    verdict,
)
from tests.simulation.gateway import Handshake, NoAnswer, send_frame, shake_hands
from tests.simulation.identities import TRADE, USERS, Token
from tests.simulation.promises import Violation
from tests.simulation.world import World

PAUSE = 6.0
"""Seconds between two frames, at the most."""
FRAMES = 6
"""That are sent on one connection."""
ENDS_SOON = 8
"""Seconds."""

FORBIDDEN: tuple[tuple[Attempt, Callable[[Victim], Mapping[str, Any]]], ...] = (
    (
        Attempt("get_order", (READ,), "order_not_found", by_order=True),
        lambda victim: {"orderId": victim.order_id},
    ),
    (
        Attempt("cancel_order", (WRITE,), "order_not_found", by_order=True),
        lambda victim: {"orderId": victim.order_id},
    ),
    (
        Attempt("subscribe", (READ,), None, by_order=True),  # it is `push_updates` that finds out whose it is
        lambda victim: {"orderId": victim.order_id},
    ),
    (
        Attempt("subscribe", (READ,), "user_id_mismatch"),
        lambda victim: {"channel": "user", "userId": victim.user},
    ),
    (
        Attempt("unsubscribe", (READ,), "user_id_mismatch"),
        lambda victim: {"channel": "user", "userId": victim.user},
    ),
    (
        Attempt("subscribe", (ADMIN,)),
        lambda _: {"channel": "all"},
    ),
    (
        Attempt("execute_order", (READ, WRITE), "user_id_mismatch"),
        lambda victim: {**body(WISHES[0]), "userId": victim.user},
    ),
)
"""Each action that names somebody's order, or somebody, and what else its frame has."""


def eavesdrop(world: World) -> None:
    """Connect as somebody real, and send frames about others; anew whenever the connection is closed."""
    connections = 0
    while not world.chaos.calm:
        world.scheduler.sleep(world.chaos.up_to(PAUSE))
        connections += 1
        connection = f"eavesdropper/{connections}"
        token = some_token(world, some_victim(world))
        if token.use == "access" and _is_let_in(world, Handshake(connection, {}, bearer=token.text), token):
            for _ in range(FRAMES):
                _send_something(world, connection, token)
            world.clients.connections.discard(connection)


def _is_let_in(world: World, handshake: Handshake, token: Token) -> bool:
    try:
        shake_hands(world, handshake, token)
    except (NoAnswer, OrderEngineError):
        return False
    return True


def _send_something(world: World, connection: str, token: Token) -> None:
    world.scheduler.sleep(world.chaos.up_to(PAUSE))
    victim = some_victim(world)
    attempt, fields = world.random.choice(FORBIDDEN)
    expected = verdict(world, token, attempt, victim)
    if expected is not None or attempt.foreign is None:
        _send(world, connection, {"action": attempt.name, **fields(victim)}, expected, token, victim)


def _send(
    world: World, connection: str, frame: Mapping[str, Any], expected: str | None, token: Token | None, victim: Victim
) -> None:
    """Send a frame. Raises `Violation` if it is not refused as expected; None stands for a refusal that comes later."""
    if connection not in world.clients.connections:
        return
    told = f"{called(token)} sends {frame['action']}, about {victim.user}"
    try:
        code = send_frame(world, connection, json.dumps(frame))
    except (NoAnswer, OrderEngineError):
        return
    if expected is not None:
        check_code(code or "nothing", [expected], told, victim.order_id)
    if code in ("token_expired", "unauthenticated") and connection in world.clients.connections:
        raise Violation(8, f"{told}: the connection stays open", victim.order_id)


def overstay(world: World) -> None:
    """Watch one's own orders, and go on sending frames when the token has ended."""
    connections = 0
    while not world.chaos.calm:
        world.scheduler.sleep(world.chaos.up_to(2 * PAUSE))
        connections += 1
        user = world.random.choice(USERS)
        token = Token(user, TRADE, world.scheduler.now // 1000 + ENDS_SOON)
        handshake = Handshake(f"overstayer/{connections}", {"channel": "user"}, bearer=token.text)
        if _is_let_in(world, handshake, token):
            world.scheduler.sleep(max(0, (token.ends + LONG_AGO) * 1000 - world.scheduler.now))
            _insist(world, handshake.connection, token, "token_expired")


def outlast(world: World) -> None:
    """Have a connection, and a row, of the time when authentication was off. (Its gateway knew no identity.)"""
    random, rows = world.random, world.subscriptions
    connection = "relic/1"
    world.scheduler.sleep(world.chaos.up_to(10 * PAUSE))
    victim = some_victim(world)
    row = Subscription(
        random.choice([ALL, user_target(victim.user), order_target(victim.order_id)]), connection, caller=ANYONE
    )
    rows.connections[connection] = {row.target}
    rows.rows[row.target, connection] = row
    world.clients.connections.add(connection)
    if random.random() < 0.3:
        rows.renew(row)
    _insist(world, connection, None, "unauthenticated")


def _insist(world: World, connection: str, token: Token | None, expected: str) -> None:
    """Send frames that are not forbidden to whoever is known, until the connection is closed."""
    for _ in range(FRAMES):
        world.scheduler.sleep(world.chaos.up_to(PAUSE))
        victim = some_victim(world)
        attempt, fields = world.random.choice(FORBIDDEN)
        _send(world, connection, {"action": attempt.name, **fields(victim)}, expected, token, victim)
    world.clients.connections.discard(connection)
