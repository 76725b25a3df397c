"""What a run has left in the stores."""

from __future__ import annotations

from collections import defaultdict

from local.cloud import LocalCloud
from order_engine.adapters.dynamodb.counters import ORDERS_BY_STATUS
from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.adapters.postgres.rows import OrderRows
from order_engine.application.ports import OrderFilter, OrderTrail
from order_engine.contracts.events import JsonEventCodec
from tests.chaos.clients import Clients
from tests.chaos.verdict import Evidence, Swap
from tests.support.stored import ITEMS, queue_length, scan


def gather_evidence(cloud: LocalCloud, clients: Clients, placed: int) -> Evidence:
    """Read every store."""
    history, counts = _history(cloud)
    return Evidence(
        placed=placed,
        accepted=frozenset(clients.accepted),
        cancelled=frozenset(clients.cancelled),
        orders={order.id: order for order in map(ITEMS.from_item, scan(cloud, "OrdersTableName"))},
        history=history,
        history_counts=counts,
        published_counts=_published(cloud),
        heard={order_id: clients.heard(order_id) for order_id in clients.accepted},
        swaps=_swaps(cloud),
        letters=queue_length(cloud, "DeadLetterQueueUrl"),
        given_up=queue_length(cloud, "StreamFailureQueueUrl"),
    )


def versions(cloud: LocalCloud) -> tuple[dict[str, int], dict[str, int]]:
    """Return the version of each order, in the order table and in Postgres."""
    table = {item["orderId"]["S"]: int(item["version"]["N"]) for item in scan(cloud, "OrdersTableName")}
    with _database(cloud).transaction() as connection:
        return table, dict(connection.execute("SELECT id::text, version FROM orders").fetchall())


def _history(cloud: LocalCloud) -> tuple[dict[str, OrderTrail], dict[str, int]]:
    database = _database(cloud)
    reader = PostgresHistoryReader(database, OrderRows(JsonEventCodec()))
    orders = reader.list_orders(OrderFilter(), 1_000_000).orders
    with database.transaction() as connection:
        counts = dict(connection.execute("SELECT status, orders FROM order_status_counts").fetchall())
    return {order.id: reader.trail(order.id) for order in orders}, counts


def _database(cloud: LocalCloud) -> Database:
    return Database(lambda: cloud.settings.postgres_url, "chaos")


def _published(cloud: LocalCloud) -> dict[str, int]:
    (item,) = (item for item in scan(cloud, "CountersTableName") if item["counter"]["S"] == ORDERS_BY_STATUS)
    return {status: int(count["N"]) for status, count in item["counts"]["M"].items()}


def _swaps(cloud: LocalCloud) -> dict[str, list[Swap]]:
    landed: dict[str, list[Swap]] = defaultdict(list)
    for item in scan(cloud, "ChainTableName"):
        if item["outcome"]["S"] == "landed":
            swap = Swap(item["signature"]["S"], int(item["amountOut"]["N"]), int(item["minAmountOut"]["N"]))
            landed[item["orderId"]["S"]].append(swap)
    return landed
