"""What is in memory keeps the contracts of what is on AWS and in Postgres: tests/integration/test_contracts.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from order_engine.adapters.dynamodb_subscriptions import MAX_SUBSCRIPTIONS
from order_engine.adapters.sqs_queue import SqsDeadLetters
from order_engine.application.ports import Subscription
from order_engine.domain.order import Order
from order_engine.fakes.clients import InMemoryClients, InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryStatusCounts
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue
from order_engine.fakes.rate_limiter import InMemoryRateLimiter
from order_engine.venues.ledger import InMemoryLedger
from tests.contracts.clients import ClientsContract
from tests.contracts.counters import NewLimiter, RateLimiterRaceContract, StatusCountsContract
from tests.contracts.dead_letters import DeadLettersContract
from tests.contracts.history import HistoryContract
from tests.contracts.ledger import LANDED, OUTCOMES, LedgerRaceContract, record
from tests.contracts.lines import NewLine
from tests.contracts.order_store import Images, OrderStoreContract, OrderStreamContract
from tests.contracts.queues import QueueContract
from tests.contracts.subscriptions import LIMIT, SubscriptionsContract, SubscriptionStreamContract, Told
from tests.support.lines import InMemoryLine


class TestOrderStore(OrderStoreContract, OrderStreamContract):
    @pytest.fixture
    def store(self) -> InMemoryOrderStore:
        return InMemoryOrderStore()

    @pytest.fixture
    def images_of(self, store: InMemoryOrderStore) -> Images:
        def images_of(order_id: str) -> Sequence[Order]:
            return [image for image in store.stream if image.id == order_id]

        return images_of


class TestSubscriptions(SubscriptionsContract, SubscriptionStreamContract):
    @pytest.fixture
    def subscriptions(self) -> InMemorySubscriptions:
        return InMemorySubscriptions()

    @pytest.fixture
    def told(self, subscriptions: InMemorySubscriptions) -> Told:
        def told(connection_id: str) -> Sequence[Subscription]:
            return [one for one in subscriptions.stream if one.connection_id == connection_id]

        return told


@pytest.fixture
def new_line() -> NewLine:
    return InMemoryLine


class TestQueue(QueueContract):
    """The queue in memory."""


class TestDeadLetters(DeadLettersContract):
    """Its dead letters."""


@dataclass
class Peer:
    clients: InMemoryClients
    connection_id: str = field(default_factory=lambda: uuid4().hex)

    def receive(self) -> Mapping[str, Any]:
        return self.clients.inboxes[self.connection_id].pop(0)

    def leave(self) -> None:
        self.clients.connections.discard(self.connection_id)

    def hung_up(self) -> bool:
        return self.connection_id not in self.clients.connections


class InMemoryGateway:
    def __init__(self) -> None:
        self.clients = InMemoryClients()

    def open(self) -> Peer:
        peer = Peer(self.clients)
        self.clients.connections.add(peer.connection_id)
        return peer


class TestClients(ClientsContract):
    @pytest.fixture
    def gateway(self) -> InMemoryGateway:
        return InMemoryGateway()


class Records:
    def __init__(self) -> None:
        self.history = InMemoryHistory()

    def orders(self) -> Mapping[str, Order]:
        return self.history.orders


class TestHistory(HistoryContract):
    @pytest.fixture
    def records(self) -> Records:
        return Records()


class TestStatusCounts(StatusCountsContract):
    @pytest.fixture
    def counts(self) -> InMemoryStatusCounts:
        return InMemoryStatusCounts()


class TestRateLimiter(RateLimiterRaceContract):
    @pytest.fixture
    def new_limiter(self) -> NewLimiter:
        orders: Counter[tuple[int, str]] = Counter()
        return lambda clock, limit: InMemoryRateLimiter(clock, limit, orders)


class TestLedger(LedgerRaceContract):
    @pytest.fixture
    def ledger(self) -> InMemoryLedger:
        return InMemoryLedger()

    def test_landed_swaps_of_an_order_can_be_counted(self, ledger: InMemoryLedger) -> None:
        records = [ledger.record_once(record(outcome)) for outcome in OUTCOMES]
        assert [one for one in records if one.outcome == LANDED] == ledger.landed("o1")
        assert ledger.landed("o2") == []


def test_defaults_are_those_of_the_adapters() -> None:
    client: Any = None
    assert InMemorySubscriptions().limit == MAX_SUBSCRIPTIONS == LIMIT
    assert InMemoryDeadLetters(InMemoryQueue(ManualClock())).look_for == SqsDeadLetters(client, "").look_for
