"""Statement 8 at every moment: what is told to whom, and whom a ticket lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.application.errors import OrderNotFound, TooLateToCancel
from order_engine.application.identity import User
from order_engine.application.messages import (
    Message,
    OrderPlaced,
    OrderShown,
    Refused,
    Snapshot,
    StatusUpdate,
    Subscribed,
)
from order_engine.application.targets import ALL, order_id_of
from order_engine.contracts.problems import problem_of
from tests.simulation.identities import Token
from tests.simulation.limits import LARGEST_SKEW, TICKET_LIFETIME
from tests.simulation.promises import Violation
from tests.simulation.scheduler import Process

if TYPE_CHECKING:
    from tests.simulation.world import World

TICKET_IS_OVER = (TICKET_LIFETIME + 2 * LARGEST_SKEW) * 1000
"""Milliseconds after which every clock says so: the one that wrote its end down, and the one that looks."""


@dataclass(frozen=True, slots=True)
class WatchedClients:
    """`Clients` as one invocation reaches them. Whoever may not hear of it is not told, also where nobody listens."""

    world: World
    process: Process

    def post(self, connection_id: str, message: Message) -> None:
        """Deliver a message. Raises `Violation` if it is not for who is at the other end."""
        check_told(self.world, self.process, connection_id, message)
        self.world.clients.post(connection_id, message)

    def close(self, connection_id: str) -> None:
        """Close the connection."""
        self.world.clients.close(connection_id)


def check_told(world: World, process: Process, connection: str, message: Message) -> None:
    """Check that a connection's token permits to hear of it, and that it had not ended when the invocation began.

    Both the end and the beginning are by the invocation's own clock, so no skew excuses anything; what takes effect
    later was begun before.

    Raises:
        Violation: it does not, or had ended; so does a connection that no token has opened.
    """
    owner: str | None
    match message:
        case StatusUpdate(order=order) | Snapshot(order=order) | OrderShown(order=order) | OrderPlaced(order=order):
            owner, order_id = order.user_id, order.id
        case Refused(error=TooLateToCancel(order=order)):
            owner, order_id = order.user_id, order.id
        case Refused(error=OrderNotFound() as error):
            return check_unknown(error)
        case Subscribed(target=target):
            owner, order_id = _owner(world, target), order_id_of(target) or ""
        case _:
            return None
    token = world.access.get(connection)
    if token is None or not token.may_read(owner):
        who = "nobody" if token is None else token.subject
        raise Violation(8, f"{who} hears of {f'an order of {owner}' if owner else 'everybody'}", order_id)
    if token.has_ended(process.began):
        raise Violation(8, f"{token.subject} hears of an order after the token has ended", order_id)
    return None


def check_unknown(error: OrderNotFound) -> None:
    """Raise `Violation` where an order of somebody else is told from one that does not exist."""
    if problem_of(error) != problem_of(OrderNotFound(error.order_id)):
        raise Violation(8, "an order is not told to be unknown, but to be somebody else's", error.order_id)


def _owner(world: World, target: str) -> str | None:
    """Return whose orders a target has; None for everybody's."""
    if target == ALL:
        return None
    order_id = order_id_of(target)
    return target.partition("#")[2] if order_id is None else world.orders.orders[order_id].user_id


def check_redeemed(world: World, process: Process, ticket: str, user: User) -> None:
    """Check that a ticket was used for the first time, within its time, and for whom it was issued."""
    issued = world.promises.tickets.get(ticket)
    if issued is None:
        raise Violation(8, "a ticket that nobody was given lets somebody in")
    world.promises.redeemed[ticket] += 1
    if world.promises.redeemed[ticket] > 1:
        raise Violation(8, f"a ticket of {issued.token.subject} was redeemed twice")
    if process.began_at - issued.at > TICKET_IS_OVER:
        raise Violation(8, f"a ticket of {issued.token.subject} was redeemed after its time")
    if _identity(issued.token) != (user.user_id, user.scopes, user.expires_at):
        raise Violation(8, f"a ticket of {issued.token.subject} lets in {user.user_id} with other rights")


def _identity(token: Token) -> tuple[object, ...]:
    return token.subject, token.scopes, token.expires_at
