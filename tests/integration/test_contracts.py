"""The real adapters keep the contracts of the fakes (tests/unit/test_fakes.py), on SQS, DynamoDB, its streams, Postgres
and WebSockets. Queues and tables are as in the template, but of the tests' own, as nothing else may read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from functions.migrate_database.migrate import migrate
from local.cloud import LocalCloud
from order_engine.adapters.dynamodb.counters import DynamoDBPublishedCounts, DynamoDBRateLimiter
from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.adapters.dynamodb.subscriptions import DynamoDBSubscriptions, subscription_from
from order_engine.adapters.dynamodb.tickets import DynamoDBTickets
from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.adapters.process import SystemClock
from order_engine.adapters.simulated_market.dynamodb_ledger import DynamoDBLedger
from order_engine.adapters.websocket.clients import WebSocketClients
from order_engine.adapters.websocket.signed_posts import SignedPosts
from order_engine.application.ports import Subscription
from order_engine.domain.order import Order
from tests.contracts.clients import CODEC, ClientsContract
from tests.contracts.counters import NewLimiter, PublishedCountsContract, RateLimiterRaceContract
from tests.contracts.dead_letters import DeadLettersContract
from tests.contracts.history import HistoryContract, HistoryReaderContract
from tests.contracts.ledger import LedgerRaceContract
from tests.contracts.lines import Line, NewLine, Rules
from tests.contracts.order_store import Images, OrderStoreContract, OrderStreamContract
from tests.contracts.queues import QueueContract
from tests.contracts.subscriptions import SubscriptionsContract, SubscriptionStreamContract, Told
from tests.contracts.tickets import TicketsRaceContract
from tests.support.cloud import eventually
from tests.support.history import ROWS, recorded
from tests.support.lines import SqsLine
from tests.support.orders import new_order
from tests.support.sockets import rows_by_connection
from tests.support.stored import ITEMS
from tests.support.streams import new_images
from tests.support.tables import create_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.mode_independent


@pytest.fixture(scope="module")
def dynamodb(cloud: LocalCloud) -> DynamoDBClient:
    client: DynamoDBClient = cloud.session.client("dynamodb")
    return client


@contextmanager
def own_table(dynamodb: DynamoDBClient, resource: str) -> Iterator[str]:
    """Give a table as in the template that nobody else knows."""
    name = create_table(dynamodb, resource, f"{resource}-{uuid4().hex}")
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture(scope="module")
def orders_table(dynamodb: DynamoDBClient) -> Iterator[str]:
    with own_table(dynamodb, "OrdersTable") as name:
        yield name


class TestOrderStore(OrderStoreContract, OrderStreamContract):
    @pytest.fixture
    def store(self, dynamodb: DynamoDBClient, orders_table: str) -> DynamoDBOrderStore:
        return DynamoDBOrderStore(dynamodb, orders_table, ITEMS)

    @pytest.fixture
    def images_of(self, cloud: LocalCloud, orders_table: str) -> Images:
        def images_of(order_id: str) -> Sequence[Order]:
            images = map(ITEMS.from_item, new_images(cloud.session, orders_table))
            return [order for order in images if order.id == order_id]

        return images_of

    def test_an_item_that_is_put_as_it_was_gives_no_image(self, store: DynamoDBOrderStore, images_of: Images) -> None:
        """As on AWS: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html."""
        order, late = new_order(), new_order(correlation_id="later")
        for item in (ITEMS.to_item(order), ITEMS.to_item(order), ITEMS.to_item(late) | {"orderId": {"S": order.id}}):
            store.client.put_item(TableName=store.table, Item=item)
        images = eventually(lambda: images_of(order.id), lambda images: images[-1:] and images[-1] != order)
        assert [image.correlation_id for image in images] == [None, "later"]


@pytest.fixture(scope="module")
def connections_table(dynamodb: DynamoDBClient) -> Iterator[str]:
    with own_table(dynamodb, "ConnectionsTable") as name:
        yield name


class TestSubscriptions(SubscriptionsContract, SubscriptionStreamContract):
    @pytest.fixture
    def subscriptions(self, dynamodb: DynamoDBClient, connections_table: str) -> DynamoDBSubscriptions:
        return DynamoDBSubscriptions(dynamodb, connections_table, SystemClock())

    @pytest.fixture
    def told(self, cloud: LocalCloud, connections_table: str) -> Told:
        def told(connection_id: str) -> Sequence[Subscription]:
            rows = (
                row for row in new_images(cloud.session, connections_table) if row["connectionId"]["S"] == connection_id
            )
            return [subscription for row in rows if (subscription := subscription_from(row))]

        return told


class TestTickets(TicketsRaceContract):
    @pytest.fixture
    def tickets(self, dynamodb: DynamoDBClient) -> Iterator[DynamoDBTickets]:
        with own_table(dynamodb, "TicketsTable") as name:
            yield DynamoDBTickets(dynamodb, name)


@pytest.fixture
def new_line(cloud: LocalCloud) -> Iterator[NewLine]:
    lines: list[SqsLine] = []

    def new_line(rules: Rules) -> Line:
        lines.append(SqsLine(cloud.session.client("sqs"), rules))
        return lines[-1]

    yield new_line
    for line in lines:
        line.close()


class TestQueue(QueueContract):
    def test_a_message_that_is_visible_again_can_not_be_hidden(self, line: Line) -> None:
        """MiniStack hides it where SQS says `MessageNotInflight`; either way it is there and can be seen again.

        docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        line.queue.send(new_order())
        (message,) = line.receive()
        line.queue.give_back(message.receipt, 0)
        line.queue.give_back(message.receipt, 50)
        assert line.receive() == []
        line.queue.give_back(message.receipt, 0)
        assert [again.body for again in line.receive()] == [message.body]


class TestDeadLetters(DeadLettersContract):
    """On a dead letter queue."""


@dataclass
class Peer:
    connection_id: str
    socket: ClientConnection

    def receive(self) -> Any:
        return json.loads(self.socket.recv(timeout=10))

    def leave(self) -> None:
        self.socket.close()

    def closed(self) -> bool:
        with suppress(ConnectionClosed):
            self.socket.recv(timeout=10)
            return False
        return True


@dataclass
class Gateway:
    cloud: LocalCloud
    clients: WebSocketClients
    sockets: ExitStack

    def open(self) -> Peer:
        before = rows_by_connection(self.cloud).keys()
        socket = self.sockets.enter_context(connect(self.cloud.settings.websocket_url))
        (connection_id,) = rows_by_connection(self.cloud).keys() - before
        return Peer(connection_id, socket)


class TestClients(ClientsContract):
    @pytest.fixture
    def gateway(self, cloud: LocalCloud) -> Iterator[Gateway]:
        endpoint = f"{cloud.settings.aws_url}/_aws/execute-api/WebSocketApi/dev"
        client = cloud.session.client("apigatewaymanagementapi", endpoint_url=endpoint)
        credentials = cloud.session.get_credentials()
        posts = SignedPosts(endpoint, "execute-api", cloud.session.region_name, credentials)
        with closing(posts), ExitStack() as sockets:
            yield Gateway(cloud, WebSocketClients(client, posts, CODEC), sockets)


@dataclass
class Records:
    history: PostgresHistory
    reader: PostgresHistoryReader

    def orders(self) -> Mapping[str, Order]:
        return recorded(self.reader)


@pytest.fixture(scope="module")
def own_database(cloud: LocalCloud) -> Iterator[str]:
    """Give a migrated database beside the deployed one."""
    name = f"contracts_{uuid4().hex}"
    with psycopg.connect(cloud.settings.postgres_url, autocommit=True) as console:
        console.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        conninfo = make_conninfo(cloud.settings.postgres_url, dbname=name)
        migrate(conninfo)
        yield conninfo
        console.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class TestHistory(HistoryContract, HistoryReaderContract):
    @pytest.fixture
    def records(self, own_database: str) -> Iterator[Records]:
        with closing(Database(lambda: own_database, "contracts")) as database:
            with database.transaction() as connection:
                connection.execute("DELETE FROM orders")
                connection.execute("UPDATE order_status_counts SET orders = 0")
            yield Records(PostgresHistory(database, ROWS), PostgresHistoryReader(database, ROWS))


@pytest.fixture
def counters(dynamodb: DynamoDBClient) -> Iterator[str]:
    with own_table(dynamodb, "CountersTable") as name:
        yield name


class TestPublishedCounts(PublishedCountsContract):
    @pytest.fixture
    def counts(self, dynamodb: DynamoDBClient, counters: str) -> DynamoDBPublishedCounts:
        return DynamoDBPublishedCounts(dynamodb, counters)


class TestRateLimiter(RateLimiterRaceContract):
    @pytest.fixture
    def new_limiter(self, dynamodb: DynamoDBClient, counters: str) -> NewLimiter:
        return lambda clock, limit: DynamoDBRateLimiter(dynamodb, counters, clock, limit)


class TestLedger(LedgerRaceContract):
    @pytest.fixture
    def ledger(self, dynamodb: DynamoDBClient) -> Iterator[DynamoDBLedger]:
        with own_table(dynamodb, "ChainTable") as name:
            yield DynamoDBLedger(dynamodb, name)
