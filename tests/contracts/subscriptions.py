"""The contracts of `Subscriptions` and of the stream of what is written to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from order_engine.application.errors import NotConnected, TooManySubscriptions
from order_engine.application.identity import ANYONE
from order_engine.application.ports import Subscription, Subscriptions
from order_engine.application.targets import ALL, order_target, user_target
from tests.support.callers import ALICE, trader
from tests.support.cloud import eventually
from tests.support.orders import START

LIMIT = 100


def new_connection(subscriptions: Subscriptions) -> str:
    """Connect and return the connection's id."""
    connection = f"JKJaW{uuid4().hex[:10]}="
    subscriptions.connect(connection, ANYONE, None)
    return connection


def new_target() -> str:
    """Return the target of an order that nobody else subscribes to."""
    return order_target(str(uuid4()))


class SubscriptionsContract:
    """Inherit this and give a fixture `subscriptions`, with a limit of 100 for each connection."""

    def test_a_connection_has_no_subscription_until_it_subscribes(self, subscriptions: Subscriptions) -> None:
        target = new_target()
        connection = new_connection(subscriptions)
        assert subscriptions.subscribers(target) == []
        subscriptions.add(Subscription(target, connection, 3, ALICE))
        assert subscriptions.subscribers(target) == [Subscription(target, connection, 3, ALICE)]

    def test_a_connection_may_begin_with_a_subscription(self, subscriptions: Subscriptions) -> None:
        first = Subscription(new_target(), f"JKJaW{uuid4().hex[:10]}=", 2, trader("ünï\0"), START, "7")
        subscriptions.connect(first.connection_id, first.caller, first)
        assert subscriptions.subscribers(first.target) == [first]

    @pytest.mark.parametrize("target", [new_target(), user_target(f"ünï#{uuid4()}"), ALL])
    def test_every_subscriber_is_found(self, subscriptions: Subscriptions, target: str) -> None:
        connections = {new_connection(subscriptions) for _ in range(20)}
        for connection in connections:
            subscriptions.add(Subscription(target, connection))
        found = [one for one in subscriptions.subscribers(target) if one.connection_id in connections]
        assert {one.connection_id for one in found} == connections
        assert len(found) == len(connections)
        assert {one.target for one in found} == {target}

    def test_targets_are_kept_apart(self, subscriptions: Subscriptions) -> None:
        connection, targets = new_connection(subscriptions), [new_target() for _ in range(3)]
        for target in targets:
            subscriptions.add(Subscription(target, connection))
        for target in targets:
            assert subscriptions.subscribers(target) == [Subscription(target, connection)]

    def test_a_subscription_that_is_renewed_is_still_one(self, subscriptions: Subscriptions) -> None:
        subscription = Subscription(new_target(), new_connection(subscriptions))
        subscriptions.add(subscription)
        renewed = replace(subscription, after_seq=4)
        subscriptions.add(renewed)
        assert subscriptions.subscribers(subscription.target) == [renewed]

    def test_renewing_changes_nothing_of_the_subscription(self, subscriptions: Subscriptions) -> None:
        first = Subscription(new_target(), f"JKJaW{uuid4().hex[:10]}=", 2, ALICE, START, "7")
        subscriptions.connect(first.connection_id, ALICE, first)
        subscriptions.renew(first)
        assert subscriptions.subscribers(first.target) == [first]

    @pytest.mark.parametrize("target", [new_target(), ALL])
    def test_what_is_gone_can_not_be_renewed(self, subscriptions: Subscriptions, target: str) -> None:
        subscription = Subscription(target, new_connection(subscriptions))
        subscriptions.add(subscription)
        subscriptions.remove(target, subscription.connection_id)
        subscriptions.renew(subscription)
        assert subscription not in subscriptions.subscribers(target)

    @pytest.mark.parametrize("target", [new_target(), ALL])
    def test_one_subscription_is_removed_and_no_other(self, subscriptions: Subscriptions, target: str) -> None:
        mine, yours = new_connection(subscriptions), new_connection(subscriptions)
        other = new_target()
        for subscription in (Subscription(target, mine), Subscription(other, mine), Subscription(target, yours)):
            subscriptions.add(subscription)
        subscriptions.remove(target, mine)
        left = {one.connection_id for one in subscriptions.subscribers(target)}
        assert yours in left
        assert mine not in left
        assert subscriptions.subscribers(other) == [Subscription(other, mine)]

    def test_what_is_not_there_can_be_removed(self, subscriptions: Subscriptions) -> None:
        connection = new_connection(subscriptions)
        subscriptions.remove(new_target(), connection)
        subscriptions.remove(new_target(), "nobody=")
        subscriptions.disconnect("nobody=")
        with pytest.raises(NotConnected):
            subscriptions.add(Subscription(new_target(), "nobody="))

    def test_a_connection_that_ends_takes_all_its_subscriptions_along(self, subscriptions: Subscriptions) -> None:
        mine, yours = new_connection(subscriptions), new_connection(subscriptions)
        targets = [new_target(), new_target(), ALL]
        for target in targets:
            subscriptions.add(Subscription(target, mine))
            subscriptions.add(Subscription(target, yours))
        subscriptions.disconnect(mine)
        for target in targets:
            left = {one.connection_id for one in subscriptions.subscribers(target)}
            assert yours in left
            assert mine not in left

    def test_a_connection_that_has_ended_can_not_subscribe(self, subscriptions: Subscriptions) -> None:
        target, connection = new_target(), new_connection(subscriptions)
        subscriptions.disconnect(connection)
        with pytest.raises(NotConnected):
            subscriptions.add(Subscription(target, connection))
        assert subscriptions.subscribers(target) == []

    def test_the_number_of_subscriptions_is_limited_but_renewing_one_is_not(self, subscriptions: Subscriptions) -> None:
        connection, targets = new_connection(subscriptions), [new_target() for _ in range(LIMIT + 1)]
        for target in targets[:LIMIT]:
            subscriptions.add(Subscription(target, connection))
        with pytest.raises(TooManySubscriptions):
            subscriptions.add(Subscription(targets[-1], connection))
        assert subscriptions.subscribers(targets[-1]) == []
        subscriptions.add(Subscription(targets[0], connection, 7))
        assert subscriptions.subscribers(targets[0]) == [Subscription(targets[0], connection, 7)]
        subscriptions.remove(targets[1], connection)
        subscriptions.add(Subscription(targets[-1], connection))
        assert subscriptions.subscribers(targets[-1]) == [Subscription(targets[-1], connection)]


Told = Callable[[str], Sequence[Subscription]]
"""Gives the subscriptions of one connection that the table's stream has records of so far, in order."""


class SubscriptionStreamContract:
    """Inherit this and give fixtures `subscriptions` and `told`. Streams are late, so all wait for the last record."""

    def test_each_subscribe_has_a_record_even_a_repeated_one(self, subscriptions: Subscriptions, told: Told) -> None:
        """A client that subscribes again wants the snapshot again; an unchanged row would give no record."""
        first = Subscription(new_target(), f"JKJaW{uuid4().hex[:10]}=", 2, ALICE, START, "7")
        subscriptions.connect(first.connection_id, ALICE, first)
        subscriptions.add(first)
        subscriptions.add(first)
        assert until(last_subscription(first, subscriptions), told)[:-1] == [first, first, first]

    @pytest.mark.parametrize("target", [new_target(), ALL])
    def test_a_renewed_subscription_has_a_record_if_it_is_there(
        self, subscriptions: Subscriptions, told: Told, target: str
    ) -> None:
        subscription = Subscription(target, new_connection(subscriptions), 1)
        renewed = replace(subscription, after_seq=2)
        subscriptions.renew(subscription)
        subscriptions.add(subscription)
        subscriptions.add(renewed)
        subscriptions.renew(subscription)
        subscriptions.remove(target, subscription.connection_id)
        subscriptions.renew(renewed)
        assert until(last_subscription(subscription, subscriptions), told)[:-1] == [subscription, renewed, renewed]

    def test_what_is_refused_or_ends_has_no_record(self, subscriptions: Subscriptions, told: Told) -> None:
        subscription = Subscription(new_target(), f"JKJaW{uuid4().hex[:10]}=")
        with pytest.raises(NotConnected):
            subscriptions.add(subscription)
        subscriptions.connect(subscription.connection_id, ANYONE, None)
        for _ in range(LIMIT):
            subscriptions.add(Subscription(new_target(), subscription.connection_id))
        with pytest.raises(TooManySubscriptions):
            subscriptions.add(subscription)
        subscriptions.disconnect(subscription.connection_id)
        subscriptions.connect(subscription.connection_id, ANYONE, None)
        ends = until(last_subscription(subscription, subscriptions), told)
        assert [one.after_seq for one in ends if one.target == subscription.target] == [LAST]
        assert len(ends) == LIMIT + 1


LAST = 77
"""The event that no other subscription of these tests names."""


def last_subscription(subscription: Subscription, subscriptions: Subscriptions) -> Subscription:
    """Write one more subscription of the same row; records of one row keep their order."""
    last = replace(subscription, after_seq=LAST)
    subscriptions.add(last)
    return last


def until(last: Subscription, told: Told) -> list[Subscription]:
    """Wait for the last subscription of a connection; return all that have a record by then."""
    return list(eventually(lambda: told(last.connection_id), lambda subscriptions: last in subscriptions))
