"""Strangers at the door: handshakes with what is no ticket, or not any more, or with one for something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from order_engine.application.errors import Unauthenticated
from order_engine.contracts.problems import problem_of
from order_engine.domain.errors import OrderEngineError
from tests.simulation.attempts import LONG_AGO, WRITE, called, check_code, some_victim
from tests.simulation.disclosure import TICKET_IS_OVER
from tests.simulation.gateway import Handshake, NoAnswer, issue_ticket, shake_hands
from tests.simulation.identities import STRANGER, TRADE, USERS, Token
from tests.simulation.promises import Violation
from tests.simulation.world import World

PAUSE = 12.0
"""Seconds between two handshakes, at the most."""
ENDS_SOON = 8
"""Seconds."""

Refusal = tuple[Handshake, Sequence[str]]
"""A handshake, and the codes of which it must be refused with one."""


def knock(world: World) -> None:
    """Try to connect with what should let nobody in. Raises `Violation` if it does."""
    number = 0
    while not world.chaos.calm:
        world.scheduler.sleep(world.chaos.up_to(PAUSE))
        number += 1
        token = Token(STRANGER, TRADE, world.scheduler.now // 1000 + 3_600)
        try_way(world, world.random.choice(WAYS), f"knocker/{number}", token)


def try_way(world: World, way: Callable[[World, str, Token], Refusal], connection: str, token: Token) -> None:
    """Try one way. Raises `Violation` unless it is refused as it must be."""
    try:
        handshake, expected = way(world, connection, token)
    except (NoAnswer, OrderEngineError):  # there is no ticket to try it with
        return
    told = f"{called(token)} knocks{way.__name__.replace('_', ' ')}"
    try:
        shake_hands(world, handshake, token)
    except NoAnswer:
        return
    except OrderEngineError as error:
        check_code(problem_of(error)["code"], expected, told)
    else:
        raise Violation(8, f"{told}, and is let in")


# --- Ways ----------------------------------------------------------------------------------------------------------


def _with_nothing(_world: World, connection: str, _token: Token) -> Refusal:
    return Handshake(connection, {}), ["unauthenticated"]


def _with_a_made_up_ticket(world: World, connection: str, _token: Token) -> Refusal:
    return Handshake(connection, {"ticket": world.random.choice(["A" * 43, "no ticket"])}), ["unauthenticated"]


def _with_a_used_ticket(world: World, connection: str, _token: Token) -> Refusal:
    """Anybody's: addresses are in histories and in logs."""
    used = list(world.promises.redeemed)
    if not used:
        raise Unauthenticated
    return Handshake(connection, {"ticket": world.random.choice(used[-3:])}), ["unauthenticated"]


def _with_an_old_ticket(world: World, connection: str, token: Token) -> Refusal:
    ticket = issue_ticket(world, token)
    world.scheduler.sleep(int(TICKET_IS_OVER) + 1)
    return Handshake(connection, {"ticket": ticket}), ["unauthenticated"]


def _with_a_ticket_of_a_token_that_has_ended(world: World, connection: str, token: Token) -> Refusal:
    began = world.scheduler.now // 1000
    ticket = issue_ticket(world, replace(token, ends=began + ENDS_SOON))
    world.scheduler.sleep(max(0, (began + ENDS_SOON + LONG_AGO) * 1000 - world.scheduler.now))
    used_up = "unauthenticated"  # where the authorizer was asked twice
    return Handshake(connection, {"ticket": ticket}), ["token_expired", used_up]


def _with_ticket_and_token(world: World, connection: str, token: Token) -> Refusal:
    """They may be two people's."""
    ticket = issue_ticket(world, token)
    return Handshake(connection, {"ticket": ticket}, bearer=token.text), ["unauthenticated"]


def _with_no_token(_world: World, connection: str, _token: Token) -> Refusal:
    return Handshake(connection, {}, bearer="no token"), ["unauthenticated"]


def _with_an_id_token(_world: World, connection: str, token: Token) -> Refusal:
    return Handshake(connection, {}, bearer=replace(token, use="id").text), ["unauthenticated"]


def _with_an_ended_token(world: World, connection: str, token: Token) -> Refusal:
    ended = replace(token, ends=world.scheduler.now // 1000 - LONG_AGO)
    return Handshake(connection, {}, bearer=ended.text), ["token_expired"]


def _for_the_channel_of_another(world: World, connection: str, token: Token) -> Refusal:
    query = {"channel": "user", "userId": world.random.choice(USERS)}
    return Handshake(connection, query, bearer=token.text), ["user_id_mismatch"]


def _for_all(_world: World, connection: str, token: Token) -> Refusal:
    return Handshake(connection, {"channel": "all"}, bearer=token.text), ["insufficient_scope"]


def _for_an_order_without_the_scope(world: World, connection: str, token: Token) -> Refusal:
    query = {"orderId": some_victim(world).order_id}
    return Handshake(connection, query, bearer=replace(token, scopes=WRITE).text), ["insufficient_scope"]


WAYS = (
    _with_nothing,
    _with_a_made_up_ticket,
    _with_a_used_ticket,
    _with_an_old_ticket,
    _with_a_ticket_of_a_token_that_has_ended,
    _with_ticket_and_token,
    _with_no_token,
    _with_an_id_token,
    _with_an_ended_token,
    _for_the_channel_of_another,
    _for_all,
    _for_an_order_without_the_scope,
)
