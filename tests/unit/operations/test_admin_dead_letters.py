"""The dead letters on SQS (moto's): read without being lost, put back whole, or left; and their orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from orders_admin.aws import RECEIVE_FOR, SqsDeadLetterQueue, dead_letter_queue_of
from orders_admin.ports import StoredOrder
from orders_client import OrdersError

TABLE = {
    "AttributeDefinitions": [{"AttributeName": "orderId", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "orderId", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
TEMPLATE = {
    "Resources": {
        "Orders": {"Type": "AWS::SQS::Queue"},
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": TABLE},
    },
    "Outputs": {
        "OrdersQueueUrl": {"Value": {"Ref": "Orders"}},
        "DeadLetterQueueUrl": {"Value": {"Ref": "Dead"}},
        "OrdersTableName": {"Value": {"Ref": "Table"}},
    },
}
ID = "0190d3c0-0000-7000-8000-00000000000a"


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[SqsDeadLetterQueue]:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
        cloudformation.create_stack(StackName="engine", TemplateBody=json.dumps(TEMPLATE))
        found = dead_letter_queue_of("engine", "https://orders.example.org")
        assert isinstance(found, SqsDeadLetterQueue)
        yield found


def put(letters: SqsDeadLetterQueue, body: str, **more: Any) -> None:
    letters.sqs.send_message(QueueUrl=letters.letters_url, MessageBody=body, **more)


def messages(letters: SqsDeadLetterQueue, url: str) -> list[dict[str, Any]]:
    answer = letters.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def test_receiving_gets_more_than_one_batch_and_what_each_is_about(letters: SqsDeadLetterQueue) -> None:
    ids = {str(UUID(int=number)) for number in range(12)}
    for order_id in ids:
        put(letters, json.dumps({"orderId": order_id.upper()}))
    for body in ("no json", "[]", '{"orderId": 7}', '{"orderId": "42"}'):
        put(letters, body)
    read = letters.receive()
    assert {letter.order_id for letter in read} == {*ids, None}
    assert len({letter.id for letter in read}) == len(read) == 16
    assert letters.receive() == []  # they are invisible now
    assert letters.count_in_flight() == 16


def test_a_letter_that_is_received_twice_counts_once_and_with_its_later_receipt_handle(
    letters: SqsDeadLetterQueue,
) -> None:
    class Twice:
        receipts = iter(["first", "second"])

        def receive_message(self, **_: object) -> dict[str, Any]:
            return {
                "Messages": [
                    {"MessageId": "m", "Body": "", "ReceiptHandle": handle} for handle in islice(self.receipts, 1)
                ]
            }

    (letter,) = replace(letters, sqs=Twice()).receive()
    assert letter.receipt_handle == "second"


def test_receiving_ends_although_there_are_ever_more(letters: SqsDeadLetterQueue) -> None:
    class Endless:
        def receive_message(self, **_: object) -> dict[str, Any]:
            return {"Messages": [{"MessageId": str(next(seconds)), "Body": "", "ReceiptHandle": ""}]}

    seconds = count()
    read = replace(letters, sqs=Endless(), now=lambda: float(next(seconds))).receive()
    assert 0 < len(read) <= RECEIVE_FOR


def test_a_letter_is_held_until_shortly_before_it_becomes_visible(letters: SqsDeadLetterQueue) -> None:
    put(letters, "no json")
    (letter,) = replace(letters, now=lambda: 1_000.0).receive()

    def held_after(seconds: float) -> bool:
        return replace(letters, now=lambda: 1_000.0 + seconds).is_held(letter)

    assert [held_after(seconds) for seconds in (0, 269, 271, 301)] == [True, True, False, False]


def test_the_order_is_read_from_the_table_whoever_it_belongs_to(letters: SqsDeadLetterQueue) -> None:
    item = {"orderId": {"S": ID}, "userId": {"S": "somebody"}, "status": {"S": "pending"}, "version": {"N": "3"}}
    letters.dynamodb.put_item(TableName=letters.table, Item=item)
    for body in (json.dumps({"orderId": ID}), json.dumps({"orderId": str(UUID(int=0))}), "no json"):
        put(letters, body)
    found = {letter.order_id: letters.find_order(letter) for letter in letters.receive()}
    assert found == {ID: StoredOrder("pending", 3), str(UUID(int=0)): None, None: None}


def test_redriving_moves_the_message_with_its_group(letters: SqsDeadLetterQueue) -> None:
    put(letters, '{"orderId":"o","correlationId":"c"}', MessageGroupId="user")
    (letter,) = letters.receive()
    letters.redrive(letter)
    (message,) = messages(letters, letters.orders_url)
    assert message["Body"] == '{"orderId":"o","correlationId":"c"}'
    assert message["Attributes"]["MessageGroupId"] == "user"
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = letters.sqs.get_queue_attributes(QueueUrl=letters.letters_url, AttributeNames=numbers)["Attributes"]
    assert set(left.values()) == {"0"}


def test_deleting_deletes_the_letter_and_sends_nothing(letters: SqsDeadLetterQueue) -> None:
    put(letters, "no json")
    (letter,) = letters.receive()
    letters.delete(letter)
    assert messages(letters, letters.orders_url) == messages(letters, letters.letters_url) == []


def test_a_letter_is_still_there_when_sending_it_fails(letters: SqsDeadLetterQueue) -> None:
    put(letters, '{"orderId":"o"}')
    (letter,) = letters.receive()
    with pytest.raises(OrdersError):
        replace(letters, orders_url=letters.orders_url + "-gone").redrive(letter)
    letters.release(letter)
    assert len(messages(letters, letters.letters_url)) == 1


def test_releasing_makes_it_visible_at_once(letters: SqsDeadLetterQueue) -> None:
    put(letters, '{"orderId":"o"}')
    (letter,) = letters.receive()
    letters.release(letter)
    assert len(messages(letters, letters.letters_url)) == 1


def test_an_unknown_stack_is_told_with_what_to_do(letters: SqsDeadLetterQueue) -> None:
    with pytest.raises(OrdersError, match="nope") as refused:
        dead_letter_queue_of("nope", "https://orders.example.org")
    assert refused.value.next_step
