"""What operators do, with the commands and the rights that they have: dead letters redriven, the history rebuilt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from psycopg.rows import DictRow
from typer.testing import CliRunner

from local.cloud import LocalCloud
from local.settings import ROOT
from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.application.ports import OrderFilter, failed_attempts
from orders_admin.app import app
from tests.support.cloud import Message, eventually
from tests.support.history import ROWS
from tests.support.stored import ITEMS, landed_swaps, queue_length, scan, stopped, stored_order

POLICY = (ROOT / "docs" / "operator-policy.json").read_text(encoding="utf-8")

Run = Callable[..., str]
Place = Callable[..., str]
Ended = Callable[[str], Message]


@pytest.fixture
def operator(cloud: LocalCloud) -> Iterator[dict[str, str]]:
    """Give the credentials of somebody who may do what the operator's policy says, and nothing else."""
    iam = cloud.session.client("iam")
    iam.create_user(UserName="operator")
    iam.put_user_policy(UserName="operator", PolicyName="operator", PolicyDocument=POLICY)
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    yield {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    iam.delete_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="operator", PolicyName="operator")
    iam.delete_user(UserName="operator")


@pytest.fixture
def orders_admin(cloud: LocalCloud, operator: dict[str, str]) -> Run:
    """Give what runs the command `orders-admin` as an operator and returns what it prints; of a failure, its errors."""
    environment = {
        "ORDERS_URL": cloud.settings.url,
        "AWS_ENDPOINT_URL": cloud.settings.aws_url,
        "AWS_REGION": "us-east-1",
        **operator,
    }

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, arguments, env=environment)
        assert done.exit_code == code, done.output
        return done.stderr if code else done.stdout

    return run


@pytest.fixture
def no_schedules(cloud: LocalCloud) -> Iterator[None]:
    """The functions that run every minute don't: one of them looks at the dead letters too."""
    events = cloud.session.client("events")
    names = [rule["Name"] for rule in events.list_rules()["Rules"]]
    for name in names:
        events.disable_rule(Name=name)
    yield
    for name in names:
        events.enable_rule(Name=name)


@pytest.mark.usefixtures("no_schedules")
def test_dead_letters_are_shown_and_redriven_without_a_second_effect(
    cloud: LocalCloud, orders_admin: Run, place: Place, ended: Ended
) -> None:
    queue = cloud.session.client("sqs")
    done = ended(place())
    with stopped(cloud, "ProcessOrdersFunctionName"):
        stuck = place()
        queue.purge_queue(QueueUrl=cloud.outputs["OrdersQueueUrl"])
        for body in (json.dumps({"orderId": done["id"]}), json.dumps({"orderId": stuck}), "not JSON"):
            queue.send_message(QueueUrl=cloud.outputs["DeadLetterQueueUrl"], MessageBody=body)
        shown = {one.get("orderId"): one for one in map(json.loads, orders_admin("redrive", "--json").splitlines())}
        assert {key: one["status"] for key, one in shown.items()} == {
            done["id"]: "confirmed",
            stuck: "pending",
            None: "poison",
        }
        assert queue_length(cloud, "DeadLetterQueueUrl") == 3
        assert "2 redriven, 1 left" in orders_admin("redrive", "--yes")
        assert (queue_length(cloud, "OrdersQueueUrl"), queue_length(cloud, "DeadLetterQueueUrl")) == (2, 1)
    assert ended(stuck)["status"] == "confirmed"
    eventually(lambda: queue_length(cloud, "OrdersQueueUrl"), lambda length: length == 0)
    assert stored_order(cloud, done["id"]) == done
    assert (landed_swaps(cloud, done["id"]), landed_swaps(cloud, stuck)) == (1, 1)
    assert "1 deleted" in orders_admin("redrive", "--yes", "--drop")
    assert queue_length(cloud, "DeadLetterQueueUrl") == 0


@pytest.mark.parametrize("command", ["redrive", "rebuild-history"])
def test_with_another_policy_nothing_may_be_done(cloud: LocalCloud, orders_admin: Run, command: str) -> None:
    other = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    cloud.session.client("iam").put_user_policy(
        UserName="operator", PolicyName="operator", PolicyDocument=json.dumps(other)
    )
    assert "not authorized" in orders_admin(command, code=4)


def test_the_history_is_rebuilt_from_the_order_table(
    cloud: LocalCloud,
    api: httpx.Client,
    orders_admin: Run,
    place: Place,
    ended: Ended,
    console: psycopg.Connection[DictRow],
    request: pytest.FixtureRequest,
) -> None:
    with cloud.parameters(ExecutionFailureRate="0.5"):
        placed = [place(clientOrderId=f"rebuilt-{number}") for number in range(8)]
        for order_id in placed:
            ended(order_id)
    stored = {order.id: order for order in map(ITEMS.from_item, scan(cloud, "OrdersTableName"))}
    counted = Counter(order.status.value for order in stored.values())
    database = Database(lambda: cloud.settings.postgres_url, "test")
    request.addfinalizer(database.close)
    reader = PostgresHistoryReader(database, ROWS)

    def history() -> dict[str, object]:
        return {order.id: order for order in reader.list_orders(OrderFilter(), 100_000).orders}

    eventually(history, lambda held: held == stored)
    console.execute("DELETE FROM orders")  # and with them events and failures
    console.execute("UPDATE order_status_counts SET orders = 4711")
    assert f"{len(stored)} orders" in orders_admin("rebuild-history")
    assert history() == stored
    attempts = [failed for order_id in placed for failed in reader.trail(order_id).failed_attempts]
    assert attempts == [failed for order_id in placed for failed in failed_attempts(stored[order_id])] != []
    rows = console.execute("SELECT status, orders FROM order_status_counts").fetchall()
    assert Counter({row["status"]: row["orders"] for row in rows}) == counted
    told = api.get("/api/metrics").json()["orders"]
    assert {status: told[status] for status in counted} == counted
    assert told["total"] == len(stored)
