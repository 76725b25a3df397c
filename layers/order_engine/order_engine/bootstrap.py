"""Builds what the functions need: the only place that knows adapters and use cases together.

Everything is built at its first use, once per sandbox, and each function imports only what it uses.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from order_engine.adapters.process import SystemClock, SystemDice, ThreadExecutor
from order_engine.config import Environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    from order_engine.adapters.database import Database
    from order_engine.adapters.dynamodb_chain import DynamoDBLedger
    from order_engine.adapters.dynamodb_counters import DynamoDBStatusCounts
    from order_engine.adapters.dynamodb_orders import DynamoDBOrderStore
    from order_engine.adapters.dynamodb_subscriptions import DynamoDBSubscriptions
    from order_engine.adapters.postgres_history import PostgresHistory
    from order_engine.adapters.postgres_history_reader import PostgresHistoryReader
    from order_engine.adapters.sqs_queue import SqsDeadLetters, SqsGauge, SqsWakeUpQueue
    from order_engine.adapters.websocket_clients import WebSocketClients
    from order_engine.application.close_dead_letters import DeadLetterClosing
    from order_engine.application.execute_order import OrderExecution
    from order_engine.application.ports import RateLimiter, Venue
    from order_engine.application.push_updates import UpdatePusher
    from order_engine.application.submit_order import OrderDesk
    from order_engine.application.watch_engine import Dependency

SECRET_MAX_AGE = 300
"""Seconds."""

MADE_UP_FOR = {"sqs", "apigatewaymanagementapi", "lambda"}
"""Services asked once: the sweeper makes up for a message, resuming for a frame, the next check for a check."""


@cache
def environment() -> Environment:
    """Return the process's environment."""
    return Environment(os.environ)


@cache
def clock() -> SystemClock:
    """Return the system's clock."""
    return SystemClock()


@cache
def executor() -> ThreadExecutor:
    """Return the sandbox's threads."""
    return ThreadExecutor()


@cache
def _client(service: str, endpoint_variable: str | None = None) -> Any:
    """Return a boto3 client. One per service: creating one costs tens of milliseconds."""
    import boto3

    from order_engine.adapters.aws import client_config

    endpoint = environment().text(endpoint_variable) if endpoint_variable else None
    attempts = 1 if service in MADE_UP_FOR else 2
    return boto3.client(service, endpoint_url=endpoint, config=client_config(attempts))


@cache
def orders() -> DynamoDBOrderStore:
    """Return the order table."""
    from order_engine.adapters.dynamodb_orders import DynamoDBOrderStore

    return DynamoDBOrderStore(_client("dynamodb"), environment().text("ORDERS_TABLE"))


@cache
def queue() -> SqsWakeUpQueue:
    """Return the order queue."""
    from order_engine.adapters.sqs_queue import SqsWakeUpQueue

    return SqsWakeUpQueue(_client("sqs"), environment().text("ORDERS_QUEUE_URL"))


@cache
def dead_letters() -> SqsDeadLetters:
    """Return the dead letter queue."""
    from order_engine.adapters.sqs_queue import SqsDeadLetters

    return SqsDeadLetters(_client("sqs"), environment().text("DEAD_LETTER_QUEUE_URL"))


@cache
def subscriptions() -> DynamoDBSubscriptions:
    """Return the connections table."""
    from order_engine.adapters.dynamodb_subscriptions import DynamoDBSubscriptions

    return DynamoDBSubscriptions(_client("dynamodb"), environment().text("CONNECTIONS_TABLE"), clock())


@cache
def clients() -> WebSocketClients:
    """Return the WebSocket clients."""
    import boto3

    from order_engine.adapters.signed_posts import SignedPosts
    from order_engine.adapters.websocket_clients import WebSocketClients

    endpoint, session = environment().text("WEBSOCKET_API_ENDPOINT"), boto3.Session()
    posts = SignedPosts(endpoint, "execute-api", session.region_name, session.get_credentials())
    return WebSocketClients(_client("apigatewaymanagementapi", "WEBSOCKET_API_ENDPOINT"), posts)


@cache
def status_counts() -> DynamoDBStatusCounts:
    """Return the counts of orders by status."""
    from order_engine.adapters.dynamodb_counters import DynamoDBStatusCounts

    return DynamoDBStatusCounts(_client("dynamodb"), environment().text("COUNTERS_TABLE"))


@cache
def ledger() -> DynamoDBLedger:
    """Return the record of the simulated chain."""
    from order_engine.adapters.dynamodb_chain import DynamoDBLedger

    return DynamoDBLedger(_client("dynamodb"), environment().text("CHAIN_TABLE"))


@cache
def venues() -> dict[str, Venue]:
    """Return the venues by name. A real venue would replace its entry here and nothing else."""
    from order_engine.venues.meteora import METEORA
    from order_engine.venues.raydium import RAYDIUM
    from order_engine.venues.simulated import SimulatedVenue, SimulationSettings

    settings = SimulationSettings(
        seed=environment().text("MARKET_SEED"),
        quote_latency=environment().number("QUOTE_LATENCY_MS", 0, 5_000) / 1000,
        execution_latency=environment().number("EXECUTION_LATENCY_MS", 0, 10_000) / 1000,
        quote_failure_rate=environment().number("QUOTE_FAILURE_RATE", 0, 1),
        simulation_failure_rate=environment().number("SIMULATION_FAILURE_RATE", 0, 1),
        execution_failure_rate=environment().number("EXECUTION_FAILURE_RATE", 0, 1),
    )
    return {dex.name: SimulatedVenue(dex, settings, clock(), ledger()) for dex in (RAYDIUM, METEORA)}


def database_conninfo() -> str:
    """Return how to reach Postgres. The secret is read again after some minutes, as passwords are rotated."""
    from order_engine.adapters.database import conninfo
    from order_engine.adapters.secrets import read_secret

    return conninfo(read_secret(_secrets(), environment().text("DATABASE_SECRET_ARN"), SECRET_MAX_AGE))


@cache
def _secrets() -> SecretsProvider:
    """Return what reads secrets, with our own patience instead of botocore's."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto3_client=_client("secretsmanager"))


@cache
def database() -> Database:
    """Return the connection to Postgres."""
    from order_engine.adapters.database import Database

    return Database(database_conninfo, environment().text("POWERTOOLS_SERVICE_NAME"))


@cache
def history() -> PostgresHistory:
    """Return the history in Postgres."""
    from order_engine.adapters.postgres_history import PostgresHistory

    return PostgresHistory(database())


@cache
def order_desk() -> OrderDesk:
    """Return what accepts orders."""
    from order_engine.application.submit_order import OrderDesk

    return OrderDesk(orders(), queue(), clock(), SystemDice(), rate_limiter())


@cache
def check_desk_settings() -> None:
    """Read every setting that accepting orders needs. Raises `InvalidSetting`, so that a health check shows it."""
    default_slippage()
    order_desk()


@cache
def rate_limiter() -> RateLimiter:
    """Return what counts the orders of each user; a limit of 0 switches it off."""
    limit = environment().integer("MAX_ORDERS_PER_MINUTE", 0, 1_000_000)
    if limit == 0:
        from order_engine.application.submit_order import NoLimit

        return NoLimit()
    from order_engine.adapters.dynamodb_counters import DynamoDBRateLimiter

    return DynamoDBRateLimiter(_client("dynamodb"), environment().text("COUNTERS_TABLE"), clock(), limit)


@cache
def queue_gauge() -> SqsGauge:
    """Return what looks at the queues."""
    from order_engine.adapters.sqs_queue import SqsGauge

    return SqsGauge(_client("sqs"), environment().text("ORDERS_QUEUE_URL"), environment().text("DEAD_LETTER_QUEUE_URL"))


@cache
def dependencies() -> tuple[Dependency, ...]:
    """Return what the API needs, and how each of it is asked whether it is there."""
    from order_engine.adapters.history_probe import HistoryProbe
    from order_engine.application.watch_engine import Dependency

    probe = HistoryProbe(_client("lambda"), environment().text("READ_HISTORY_FUNCTION"))
    return (
        Dependency("orders", orders().check),
        Dependency("queue", queue_gauge().figures),
        Dependency("counters", status_counts().read),
        Dependency("history", probe.check, vital=False),
    )


@cache
def history_reader() -> PostgresHistoryReader:
    """Return what reads the history in Postgres."""
    from order_engine.adapters.postgres_history_reader import PostgresHistoryReader

    return PostgresHistoryReader(database())


@cache
def order_execution() -> OrderExecution:
    """Return what executes orders."""
    from order_engine.application.execute_order import OrderExecution
    from order_engine.application.retries import RetryPolicy

    retries = RetryPolicy(
        environment().integer("MAX_RETRY_ATTEMPTS", 0, 10),
        environment().number("RETRY_BASE_DELAY_SECONDS", 0, 60),
    )
    return OrderExecution(orders(), venues(), executor(), clock(), SystemDice(), retries)


@cache
def dead_letter_closing() -> DeadLetterClosing:
    """Return what closes the orders of dead letters."""
    from order_engine.application.close_dead_letters import DeadLetterClosing

    return DeadLetterClosing(orders(), venues(), clock())


@cache
def update_pusher() -> UpdatePusher:
    """Return what pushes updates to WebSocket clients."""
    from order_engine.application.push_updates import UpdatePusher

    return UpdatePusher(orders(), subscriptions(), clients(), executor(), clock())


@cache
def default_slippage() -> str:
    """Return the slippage tolerance of orders that name none."""
    return environment().slippage("DEFAULT_SLIPPAGE")
