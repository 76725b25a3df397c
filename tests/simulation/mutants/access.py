"""Who may do what: identities, scopes, ownership and tickets."""

from __future__ import annotations

from order_engine.application.cancel_order import cancel_order
from order_engine.application.identity import User, check_acts_for, check_valid, valid_user
from order_engine.application.push_updates import UpdatePusher, _subscriptions_by_connection
from order_engine.application.read_history import list_orders, read_trail
from order_engine.application.read_order import check_reader
from order_engine.application.socket_session import Connections, SocketSessions
from order_engine.application.stream_tickets import StreamTickets
from order_engine.application.targets import check_subscriber
from order_engine.contracts.identity import user_from_claims
from order_engine.fakes.tickets import InMemoryTickets
from tests.simulation.mutants.mutant import mutant

ACCESS = (
    mutant(
        "everybody may read and cancel",
        (check_reader, "not caller.reads(order.user_id)", "False"),
        (cancel_order, "not caller.acts_for(order.user_id)", "False"),
    ),
    mutant(
        "nobody is everybody, although authentication is on",
        (check_valid, "mode.authenticates or isinstance(caller, User)", "isinstance(caller, User)"),
    ),
    mutant(
        "a frame's sender is not checked",
        (SocketSessions.handle, "check_valid(connection.caller, self.auth_mode, self.clock.now())", "pass"),
    ),
    mutant(
        "a subscriber is not checked when there is something to push",
        (UpdatePusher._deliver, "self._ended(delivery.subscriptions)", "None"),
    ),
    mutant(
        "a subscriber is not checked when the subscription is answered",
        (UpdatePusher._answer_subscriptions, "self._ended(subscriptions)", "None"),
    ),
    mutant(
        "the pusher takes every token to last",
        (UpdatePusher._ended, "self.auth_mode, now)", "self.auth_mode, now.replace(year=1))"),
    ),
    mutant("a token that has ended is as good as new", (valid_user, "now >= caller.expires_at", "False")),
    mutant(
        "an ID token is as good as an access token",
        (
            user_from_claims,
            'claims.get("token_use", None if mode is AuthMode.COGNITO else _ACCESS) != _ACCESS',
            "False",
        ),
    ),
    mutant("scopes are not checked", (User.require, "self.scopes.isdisjoint(scopes)", "False")),
    mutant(
        "`all` is open to whoever may read",
        (check_subscriber, "TO_ADMINISTER if target == ALL else TO_READ", "TO_READ"),
    ),
    mutant("every user's channel is everybody's", (check_subscriber, "is_user_target(target)", "False")),
    mutant(
        "the channel of a new connection is not checked",
        (Connections.connect, "check_subscriber(connection.caller, first.target)", "pass"),
    ),
    mutant(
        "who may hear of an order is not asked when it is pushed",
        (_subscriptions_by_connection, "subscription.caller.reads(order.user_id)", "True"),
    ),
    mutant("orders are placed for anybody", (check_acts_for, "not caller.acts_for(user_id)", "False")),
    mutant(
        "an administrator cancels everybody's orders",
        (cancel_order, "not caller.acts_for(order.user_id)", "not caller.reads(order.user_id)"),
    ),
    mutant(
        "whose an order is shows when it is too late to cancel it",
        (
            cancel_order,
            "if not caller.acts_for(order.user_id)",
            "if order.status in CANCELLABLE and not caller.acts_for(order.user_id)",
        ),
    ),
    mutant("whose orders are listed is not checked", (list_orders, "check_reads(caller, wanted.user_id)", "pass")),
    mutant("a list without a filter is everybody's", (list_orders, "not caller.reads_everybody", "False")),
    mutant("a history is everybody's", (read_trail, "check_reader(trail.order, caller)", "pass")),
    mutant("a ticket is not used up", (InMemoryTickets.take, "self.kept.pop(", "self.kept.get(")),
    mutant(
        "a ticket is read first, and deleted then",
        (
            StreamTickets.redeem,
            "caller = self.tickets.take(_hash(ticket), self.clock.now())",
            "now = self.clock.now()\n"
            "    caller, expires_at = self.tickets.kept.get(_hash(ticket), (None, now))\n"
            "    caller = caller if expires_at > now else None\n"
            "    self.tickets.take(_hash(ticket), now)",
        ),
    ),
    mutant(
        "an expired ticket opens a connection",
        (InMemoryTickets.take, "expires_at > now", "True"),
    ),
    mutant(
        "a ticket outlives its token",
        (
            StreamTickets.issue,
            "self.tickets.add(_hash(ticket), caller,",
            "self.tickets.add(_hash(ticket), type(caller)(caller.user_id, caller.scopes, caller.expires_at.max"
            ".replace(tzinfo=caller.expires_at.tzinfo)),",
        ),
    ),
)
