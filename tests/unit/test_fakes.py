"""The ports in memory keep the same contracts as the adapters, which tests/integration/test_contracts.py checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from order_engine.adapters.dynamodb.subscriptions import MAX_SUBSCRIPTIONS
from order_engine.adapters.simulated_market.ledger import InMemoryLedger
from order_engine.adapters.sqs.dead_letters import SqsDeadLetters
from order_engine.application.ports import Subscription
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.order import Order
from order_engine.fakes.clients import InMemoryClients, InMemorySubscriptions
from order_engine.fakes.history import InMemoryHistory, InMemoryHistoryReader, InMemoryPublishedCounts
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue
from order_engine.fakes.rate_limiter import InMemoryRateLimiter
from order_engine.fakes.tickets import InMemoryTickets
from tests.contracts.clients import CODEC, ClientsContract
from tests.contracts.counters import NewLimiter, PublishedCountsContract, RateLimiterRaceContract
from tests.contracts.dead_letters import DeadLettersContract
from tests.contracts.history import HistoryContract, HistoryReaderContract
from tests.contracts.ledger import LANDED, OUTCOMES, LedgerRaceContract, record
from tests.contracts.lines import NewLine
from tests.contracts.order_store import Images, OrderStoreContract, OrderStreamContract
from tests.contracts.queues import QueueContract
from tests.contracts.subscriptions import LIMIT, SubscriptionsContract, SubscriptionStreamContract, Told
from tests.contracts.tickets import TicketsRaceContract
from tests.support.lines import InMemoryLine


class TestOrderStore(OrderStoreContract, OrderStreamContract):
    @pytest.fixture
    def store(self) -> InMemoryOrderStore:
        return InMemoryOrderStore(JsonEventCodec())

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
            return [row for row in subscriptions.stream if row.connection_id == connection_id]

        return told


class TestTickets(TicketsRaceContract):
    @pytest.fixture
    def tickets(self) -> InMemoryTickets:
        return InMemoryTickets()


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

    def closed(self) -> bool:
        return self.connection_id not in self.clients.connections


class InMemoryGateway:
    def __init__(self) -> None:
        self.clients = InMemoryClients(CODEC)

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
        self.reader = InMemoryHistoryReader(self.history)

    def orders(self) -> Mapping[str, Order]:
        return self.history.orders


class TestHistory(HistoryContract, HistoryReaderContract):
    @pytest.fixture
    def records(self) -> Records:
        return Records()


class TestPublishedCounts(PublishedCountsContract):
    @pytest.fixture
    def counts(self) -> InMemoryPublishedCounts:
        return InMemoryPublishedCounts()


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
        assert [landed for landed in records if landed.outcome == LANDED] == ledger.landed("o1")
        assert ledger.landed("o2") == []


def test_defaults_are_those_of_the_adapters() -> None:
    client: Any = None
    assert InMemorySubscriptions().limit == MAX_SUBSCRIPTIONS == LIMIT
    letters = InMemoryDeadLetters(InMemoryQueue(ManualClock(), JsonWakeUpCodec()))
    assert letters.visibility_timeout == SqsDeadLetters(client, "", JsonWakeUpCodec(), ManualClock()).visibility_timeout
