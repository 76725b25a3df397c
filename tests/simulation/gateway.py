"""The gateway: it invokes the functions for requests, handshakes and frames, with the identity that it was shown.

Its own authorizer for HTTP lets everything through here, so that what functions refuse they refuse by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from order_engine.application.errors import ForeignUserId, InsufficientScope, Unauthenticated
from order_engine.application.identity import AuthMode, Caller, User
from order_engine.application.socket_session import Connection
from order_engine.contracts.identity import context_of
from order_engine.contracts.problems import problem_of
from order_engine.contracts.socket_requests import FrameContext, first_subscription, read_frame
from order_engine.entrypoints.identity import connected_caller, frame_sender, handshake_user, http_caller
from tests.simulation.disclosure import check_redeemed
from tests.simulation.identities import Token
from tests.simulation.ports import Invocation
from tests.simulation.promises import IssuedTicket, Violation
from tests.simulation.scheduler import Task
from tests.simulation.world import World

T = TypeVar("T")
Event = Mapping[str, Any]


class NoAnswer(Exception):
    """The client knows nothing of what became of its request."""


# --- HTTP ----------------------------------------------------------------------------------------------------------


def event_of(token: Token) -> Event:
    """Return the event of an HTTP request with a token."""
    return _event({"jwt": {"claims": token.claims}})


def request(world: World, event: Event, handler: Callable[[Invocation, Caller], T], function: str = "orders_api") -> T:
    """Make an HTTP request.

    Raises:
        NoAnswer: the function died, or its answer got lost.
        OrderEngineError: what the function answered.
    """

    def answer(run: Invocation) -> T:
        return handler(run, http_caller(event, *_mode_and_time(run)))

    task = world.invoke(function, answer)
    if world.chaos.happens("answer_lost"):
        raise NoAnswer
    found: T = _value(task)
    return found


def expect_no_refusal(world: World, error: Exception) -> None:
    """Let pass what leaves somebody in the dark. Raises `Violation` where he is refused what he may do."""
    if isinstance(error, Unauthenticated | InsufficientScope | ForeignUserId):
        raise Violation(0, f"somebody is refused what he may do: {error}") from error
    if not isinstance(error, NoAnswer):
        world.expect(error)


def issue_ticket(world: World, token: Token) -> str:
    """Ask for a ticket. Raises as `request` does."""

    def issue(run: Invocation, caller: Caller) -> str:
        ticket = run.engine.stream_tickets.issue(caller)
        world.promises.tickets[ticket] = IssuedTicket(token, world.scheduler.now)
        return ticket

    return request(world, event_of(token), issue)


# --- WebSocket -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handshake:
    """A client's wish to connect.

    Args:
        bearer: the text in its header, which only bots can send.
    """

    connection: str
    query: Mapping[str, Any]
    bearer: str | None = None


def shake_hands(world: World, handshake: Handshake, token: Token | None) -> None:
    """Have a handshake authorized and accepted; then, and not before, frames can be posted to the connection.

    Args:
        token: of whoever is in truth behind the ticket or the header.

    Raises:
        NoAnswer, OrderEngineError: why the connection is refused.
    """
    user = _authorize(world, handshake)
    world.contexts[handshake.connection] = context_of(user)
    if token is not None:
        world.access[handshake.connection] = token
    task = world.invoke("stream_gateway", partial(_connect, handshake))
    if world.chaos.happens("connect_slow"):
        world.scheduler.sleep(world.chaos.up_to(1.5))
    _value(task)
    world.clients.connections.add(handshake.connection)


def send_frame(world: World, connection: str, text: str) -> str | None:
    """Have a frame handled; return the code of the error that the client is told, if it is told one.

    Raises:
        NoAnswer, OrderEngineError: the function died, or failed over it.
    """
    code: str | None = _value(world.invoke("stream_gateway", partial(_handle_frame, connection, text)))
    return code


def _authorize(world: World, handshake: Handshake) -> User:
    """Ask the authorizer; now and then once more while the first is still at it, and then only the second counts."""
    ask = partial(world.invoke, "stream_authorizer", partial(_identify, handshake))
    if world.chaos.happens("authorizer_twice"):
        world.serve("gateway", ask)
        world.scheduler.sleep(world.chaos.latency())
    task = ask()
    if world.chaos.happens("answer_lost"):
        raise NoAnswer
    user: User = _value(task)
    return user


def _identify(handshake: Handshake, run: Invocation) -> User:
    """Authorize as functions/stream_authorizer does."""
    headers = {} if handshake.bearer is None else {"Authorization": f"Bearer {handshake.bearer}"}
    event = {"queryStringParameters": handshake.query, "headers": headers}
    user = handshake_user(event, run.engine, run.engine.settings.auth_mode)
    if ticket := handshake.query.get("ticket"):
        check_redeemed(run.world, run.process, ticket, user)
    return user


def _connect(handshake: Handshake, run: Invocation) -> None:
    """Connect as functions/stream_gateway does."""
    event = _event(run.world.contexts.get(handshake.connection))
    connection = Connection(handshake.connection, connected_caller(event, *_mode_and_time(run)))
    run.engine.connections.connect(connection, first_subscription(handshake.query, connection))


def _handle_frame(connection_id: str, text: str, run: Invocation) -> str | None:
    """Handle a frame as functions/stream_gateway does."""
    opener = _event(run.world.contexts.get(connection_id))
    connection = Connection(connection_id, frame_sender(opener, run.engine.settings.auth_mode))
    context = FrameContext(connection.caller, "simulated", default_slippage="0.01")
    handled = run.engine.sessions.handle(connection, read_frame(text, context))
    if handled.failure is None:
        return None
    run.world.expect(handled.failure)
    return problem_of(handled.failure)["code"]


def _event(authorizer: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"requestContext": {} if authorizer is None else {"authorizer": authorizer}}


def _mode_and_time(run: Invocation) -> tuple[AuthMode, Any]:
    return run.engine.settings.auth_mode, run.engine.ports.clock.now()


def _value(task: Task) -> Any:
    """Return what a function returned. Raises its error, or `NoAnswer` if it died."""
    if isinstance(task.error, Exception):
        raise task.error
    if task.error is not None:
        raise NoAnswer
    return task.value
