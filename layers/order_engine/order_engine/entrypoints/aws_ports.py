"""The ports on AWS and Postgres: each is made when it is first asked for, and kept as long as the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from order_engine.adapters.process import SystemClock, SystemRandomness, ThreadExecutor

if TYPE_CHECKING:
    import boto3

    from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
    from order_engine.adapters.postgres.database import Database
    from order_engine.adapters.simulated_market.settings import MarketSettings
    from order_engine.application.ports import (
        Clients,
        Clock,
        DeadLetters,
        Dependency,
        Executor,
        History,
        HistoryReader,
        PublishedCounts,
        QueueGauge,
        Randomness,
        RateLimiter,
        Subscriptions,
        Tickets,
        TokenVerifier,
        Venue,
        WakeUpQueue,
    )

SINGLE_ATTEMPT_SERVICES = {"sqs", "apigatewaymanagementapi", "lambda"}
"""Services whose calls are not retried: the sweeper makes up for a message, resuming for a frame, the next health
check for a health check."""


class AwsSettings(Protocol):
    """Every setting that some port needs. A function's settings have those of the ports that it uses."""

    orders_table: str
    connections_table: str
    counters_table: str
    chain_table: str
    orders_queue_url: str
    dead_letter_queue_url: str
    websocket_api_endpoint: str
    max_orders_per_minute: int
    read_history_function: str
    database_secret_arn: str
    powertools_service_name: str
    market: MarketSettings
    tickets_table: str
    token_issuer: str
    token_audience: tuple[str, ...]
    sign_in_authority: str


class AwsPorts:
    """`Ports` on AWS and Postgres.

    Use cases are given their ports when they are made, before they start threads: boto3 makes clients in one thread at
    a time only, and nothing here is locked.
    """

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        self._clients: dict[str, Any] = {}

    # --- The process -------------------------------------------------------------------------------------------------

    @cached_property
    def clock(self) -> Clock:
        """The system's clock."""
        return SystemClock()

    @cached_property
    def executor(self) -> Executor:
        """Threads."""
        return ThreadExecutor()

    @cached_property
    def randomness(self) -> Randomness:
        """The system's randomness."""
        return SystemRandomness()

    # --- Orders ------------------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> DynamoDBOrderStore:
        """The order table."""
        from order_engine.adapters.dynamodb.order_items import OrderItems
        from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
        from order_engine.contracts.events import JsonEventCodec

        return DynamoDBOrderStore(self._client("dynamodb"), self._settings.orders_table, OrderItems(JsonEventCodec()))

    @cached_property
    def queue(self) -> WakeUpQueue:
        """The order queue."""
        from order_engine.adapters.sqs.queue import SqsWakeUpQueue
        from order_engine.contracts.queue import JsonWakeUpCodec

        return SqsWakeUpQueue(self._client("sqs"), self._settings.orders_queue_url, JsonWakeUpCodec())

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """The dead letter queue."""
        from order_engine.adapters.sqs.dead_letters import SqsDeadLetters
        from order_engine.contracts.queue import JsonWakeUpCodec

        url = self._settings.dead_letter_queue_url
        return SqsDeadLetters(self._client("sqs"), url, JsonWakeUpCodec(), self.clock)

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        """The counters of each user's orders; a limit of 0 switches it off."""
        limit = self._settings.max_orders_per_minute
        if limit == 0:
            from order_engine.application.ports import Unlimited

            return Unlimited()
        from order_engine.adapters.dynamodb.counters import DynamoDBRateLimiter

        return DynamoDBRateLimiter(self._client("dynamodb"), self._settings.counters_table, self.clock, limit)

    @cached_property
    def venues(self) -> Mapping[str, Venue]:
        """The venues by name. A real venue is an entry beside the simulated ones."""
        from order_engine.adapters.simulated_market.dynamodb_ledger import DynamoDBLedger
        from order_engine.adapters.simulated_market.venues import simulated_venues

        ledger = DynamoDBLedger(self._client("dynamodb"), self._settings.chain_table)
        return simulated_venues(self._settings.market, self.clock, ledger)

    # --- Live updates ------------------------------------------------------------------------------------------------

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The connections table."""
        from order_engine.adapters.dynamodb.subscriptions import DynamoDBSubscriptions

        return DynamoDBSubscriptions(self._client("dynamodb"), self._settings.connections_table, self.clock)

    @cached_property
    def clients(self) -> Clients:
        """The WebSocket clients."""
        from order_engine.adapters.websocket.clients import WebSocketClients
        from order_engine.adapters.websocket.signed_posts import SignedPosts
        from order_engine.contracts.frames import JsonFrameCodec

        endpoint, session = self._settings.websocket_api_endpoint, self._session
        posts = SignedPosts(endpoint, "execute-api", session.region_name, session.get_credentials())
        codec = JsonFrameCodec(getattr(self._settings, "websocket_url", None))  # only the gateway places orders
        return WebSocketClients(self._client("apigatewaymanagementapi", endpoint), posts, codec)

    @cached_property
    def tickets(self) -> Tickets:
        """The tickets table."""
        from order_engine.adapters.dynamodb.tickets import DynamoDBTickets

        return DynamoDBTickets(self._client("dynamodb"), self._settings.tickets_table)

    @cached_property
    def token_verifier(self) -> TokenVerifier:
        """The keys of the tokens' issuer."""
        from order_engine.adapters.oidc.token_verifier import JwtVerifier

        settings = self._settings
        return JwtVerifier(settings.token_issuer, settings.token_audience, settings.sign_in_authority)

    # --- History -----------------------------------------------------------------------------------------------------

    @cached_property
    def history(self) -> History:
        """The history in Postgres."""
        from order_engine.adapters.postgres.history import PostgresHistory
        from order_engine.adapters.postgres.rows import OrderRows
        from order_engine.contracts.events import JsonEventCodec

        return PostgresHistory(self._database, OrderRows(JsonEventCodec()))

    @cached_property
    def history_reader(self) -> HistoryReader:
        """The read side of the history."""
        from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
        from order_engine.adapters.postgres.rows import OrderRows
        from order_engine.contracts.events import JsonEventCodec

        return PostgresHistoryReader(self._database, OrderRows(JsonEventCodec()))

    @cached_property
    def published_counts(self) -> PublishedCounts:
        """The counts of orders by status."""
        from order_engine.adapters.dynamodb.counters import DynamoDBPublishedCounts

        return DynamoDBPublishedCounts(self._client("dynamodb"), self._settings.counters_table)

    @cached_property
    def _database(self) -> Database:
        from order_engine.adapters.postgres.database import Database

        return Database(self.database_conninfo, self._settings.powertools_service_name)

    def database_conninfo(self) -> str:
        """Return how to reach Postgres, as a libpq connection string. Raises `DependencyUnavailable`."""
        from order_engine.adapters.postgres.database import conninfo

        return conninfo(self._secrets.read(self._settings.database_secret_arn))

    @cached_property
    def _secrets(self) -> Any:
        from order_engine.adapters.secrets_manager import Secrets

        return Secrets.of(self._client("secretsmanager"))

    # --- Monitoring --------------------------------------------------------------------------------------------------

    @cached_property
    def queue_gauge(self) -> QueueGauge:
        """The numbers of messages in both queues."""
        from order_engine.adapters.sqs.gauge import SqsGauge

        settings = self._settings
        return SqsGauge(self._client("sqs"), settings.orders_queue_url, settings.dead_letter_queue_url)

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What the API needs, and how each of it is asked whether it is there."""
        from order_engine.adapters.history_probe import HistoryProbe
        from order_engine.application.ports import Dependency

        probe = HistoryProbe(self._client("lambda"), self._settings.read_history_function)
        return (
            Dependency("orders", self.orders.check),
            Dependency("queue", self.queue_gauge.figures),
            Dependency("counters", self.published_counts.read),
            Dependency("history", probe.check, vital=False),
        )

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3

        return boto3.Session()

    def _client(self, service: str, endpoint: str | None = None) -> Any:
        """Return a boto3 client. One for each service: creating one takes tens of milliseconds."""
        if service not in self._clients:
            from order_engine.adapters.aws import client_config

            config = client_config(1 if service in SINGLE_ATTEMPT_SERVICES else 2)
            self._clients[service] = self._session.client(service, endpoint_url=endpoint, config=config)
        return self._clients[service]
