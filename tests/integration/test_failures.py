"""What goes wrong on the way is tried again, recorded, and never swapped twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
from psycopg.rows import DictRow

from local.cloud import LocalCloud
from tests.support.cloud import Message, eventually, messages_until
from tests.support.stored import landed_swaps, queue_length, stopped, stored_order

Place = Callable[..., str]
Ended = Callable[[str], Message]
Socket = Callable[..., Any]


def invoke(cloud: LocalCloud, function_output: str, event: str = "{}") -> Any:
    """Invoke a function that a schedule invokes every minute."""
    answer = cloud.session.client("lambda").invoke(FunctionName=cloud.outputs[function_output], Payload=event)
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


def test_a_retry_is_seen_live_as_pending_with_attempt_two(cloud: LocalCloud, place: Place, socket: Socket) -> None:
    # Fixed seed and ids: the same market, and so the same misfortune, on every run.
    with cloud.parameters(SimulationFailureRate="0.5"), socket("channel=all") as connection:
        messages_until(connection, lambda message: message["type"] == "subscribed")
        ids = [place(clientOrderId=f"retried-{number}") for number in range(8)]
        ends: set[str] = set()

        def all_ended(message: Message) -> bool:
            if message["status"] in {"confirmed", "failed"}:
                ends.add(message["orderId"])
            return ends >= set(ids)

        messages = messages_until(connection, all_ended)
    retries = [message for message in messages if message["status"] == "pending" and message["seq"] > 1]
    assert retries
    assert retries[0]["data"]["attempt"] == 2
    assert retries[0]["data"]["error"]["code"] == "simulation_failed"
    retried = {message["orderId"] for message in retries}
    confirmed = {message["orderId"] for message in messages if message["status"] == "confirmed"}
    assert retried & confirmed
    assert all(landed_swaps(cloud, order_id) == 1 for order_id in confirmed)


def test_an_order_fails_after_three_retries_and_says_why(
    cloud: LocalCloud, place: Place, ended: Ended, console: psycopg.Connection[DictRow]
) -> None:
    with cloud.parameters(ExecutionFailureRate="1"):
        order_id = place()
        order = ended(order_id)
    assert (order["status"], order["attempts"], order["error"]["code"]) == ("failed", 4, "transaction_failed")
    assert stored_order(cloud, order_id) == order
    query = "SELECT attempt, code FROM order_failures WHERE order_id = %s ORDER BY attempt"
    rows = eventually(lambda: console.execute(query, [order_id]).fetchall(), lambda rows: len(rows) == 4)
    assert [row["attempt"] for row in rows] == [1, 2, 3, 4]
    assert {row["code"] for row in rows} == {"transaction_failed"}
    assert landed_swaps(cloud, order_id) == 0


def test_a_message_that_comes_again_and_again_swaps_once(cloud: LocalCloud, place: Place, ended: Ended) -> None:
    queue = cloud.session.client("sqs")
    with cloud.parameters(ExecutionLatencyMs="300"):
        order_id = place()
        for _ in range(5):
            queue.send_message(QueueUrl=cloud.outputs["OrdersQueueUrl"], MessageBody=json.dumps({"orderId": order_id}))
        order = ended(order_id)
        eventually(lambda: queue_length(cloud, "OrdersQueueUrl"), lambda length: length == 0)
    assert order["status"] == "confirmed"
    assert [event["seq"] for event in order["events"]] == [1, 2, 3, 4, 5]
    assert landed_swaps(cloud, order_id) == 1


def test_poison_disturbs_nobody_and_ends_visibly_among_the_dead_letters(
    cloud: LocalCloud, api: httpx.Client, place: Place, ended: Ended
) -> None:
    queue = cloud.session.client("sqs")
    unknown = "01a1fc59-0000-7ddb-8732-cd9cdb1aed2e"
    poison = ["not JSON", "{}", '{"orderId": "no-uuid"}', json.dumps({"orderId": unknown})]
    with stopped(cloud, "ProcessOrdersFunctionName"):
        for body in poison:
            queue.send_message(QueueUrl=cloud.outputs["OrdersQueueUrl"], MessageBody=body)
        order_ids = [place(), place()]
    assert [ended(order_id)["status"] for order_id in order_ids] == ["confirmed", "confirmed"]
    eventually(
        lambda: api.get("/api/metrics").json()["queue"], lambda queue: queue["failed"] == len(poison), seconds=60
    )
    assert invoke(cloud, "CloseDeadLettersFunctionName") == {"letters": len(poison), "closed": 0}
    letters = queue.receive_message(QueueUrl=cloud.outputs["DeadLetterQueueUrl"], MaxNumberOfMessages=10)
    assert sorted(letter["Body"] for letter in letters["Messages"]) == sorted(poison)
    queue.purge_queue(QueueUrl=cloud.outputs["DeadLetterQueueUrl"])


def test_an_order_whose_message_was_lost_is_found_by_the_sweeper(cloud: LocalCloud, place: Place, ended: Ended) -> None:
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place()
        cloud.session.client("sqs").purge_queue(QueueUrl=cloud.outputs["OrdersQueueUrl"])
        _make_due(cloud, order_id)
        assert invoke(cloud, "SweepOrdersFunctionName")["swept"] >= 1
    assert ended(order_id)["status"] == "confirmed"
    assert landed_swaps(cloud, order_id) == 1


def test_an_order_that_is_not_due_for_a_sweep_is_swept_when_an_operator_asks_for_all(
    cloud: LocalCloud, place: Place, ended: Ended
) -> None:
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place()
        cloud.session.client("sqs").purge_queue(QueueUrl=cloud.outputs["OrdersQueueUrl"])
        _make_due(cloud, order_id, minutes_ago=20)
        assert invoke(cloud, "SweepOrdersFunctionName")["swept"] == 0
        assert invoke(cloud, "SweepOrdersFunctionName", '{"all": true}')["swept"] == 1
    assert ended(order_id)["status"] == "confirmed"
    assert landed_swaps(cloud, order_id) == 1


def test_an_order_among_the_dead_letters_is_closed_and_redriving_it_changes_nothing(
    cloud: LocalCloud, place: Place, ended: Ended
) -> None:
    queue = cloud.session.client("sqs")
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place()
        queue.purge_queue(QueueUrl=cloud.outputs["OrdersQueueUrl"])
        letter = json.dumps({"orderId": order_id})
        queue.send_message(QueueUrl=cloud.outputs["DeadLetterQueueUrl"], MessageBody=letter)
        assert invoke(cloud, "CloseDeadLettersFunctionName")["closed"] == 1
        order = ended(order_id)
        assert order["error"]["code"] == "processing_gave_up"
        queue.send_message(QueueUrl=cloud.outputs["OrdersQueueUrl"], MessageBody=letter)
    eventually(lambda: queue_length(cloud, "OrdersQueueUrl"), lambda length: length == 0)
    assert ended(order_id) == order
    assert landed_swaps(cloud, order_id) == 0
    queue.purge_queue(QueueUrl=cloud.outputs["DeadLetterQueueUrl"])


def _make_due(cloud: LocalCloud, order_id: str, minutes_ago: int = 0) -> None:
    """Let a minute pass for an order, and then so many."""
    cloud.session.client("dynamodb").update_item(
        TableName=cloud.outputs["OrdersTableName"],
        Key={"orderId": {"S": order_id}},
        UpdateExpression="SET dueAt = :due",
        ExpressionAttributeValues={":due": {"N": str(int(time.time()) - 60 * minutes_ago)}},
    )
