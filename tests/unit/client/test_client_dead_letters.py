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

from orders_client import OrdersError
from orders_client.cli.dead_letters import READ_FOR, SqsDeadLetters, StoredOrder, dead_letters_of

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
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[SqsDeadLetters]:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
        cloudformation.create_stack(StackName="engine", TemplateBody=json.dumps(TEMPLATE))
        found = dead_letters_of("engine", "https://orders.example.org")
        assert isinstance(found, SqsDeadLetters)
        yield found


def put(letters: SqsDeadLetters, body: str, **more: Any) -> None:
    letters.sqs.send_message(QueueUrl=letters.letters_url, MessageBody=body, **more)


def messages(letters: SqsDeadLetters, url: str) -> list[dict[str, Any]]:
    answer = letters.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def test_reading_finds_more_than_one_portion_and_what_each_is_about(letters: SqsDeadLetters) -> None:
    ids = {str(UUID(int=number)) for number in range(12)}
    for order_id in ids:
        put(letters, json.dumps({"orderId": order_id.upper()}))
    for body in ("no json", "[]", '{"orderId": 7}', '{"orderId": "42"}'):
        put(letters, body)
    read = letters.read()
    assert {letter.order_id for letter in read} == {*ids, None}
    assert len({letter.id for letter in read}) == len(read) == 16
    assert letters.read() == []  # they are out of sight now
    assert letters.hidden() == 16


def test_a_letter_that_is_received_twice_counts_once_and_with_its_later_receipt(letters: SqsDeadLetters) -> None:
    class Twice:
        receipts = iter(["first", "second"])

        def receive_message(self, **_: object) -> dict[str, Any]:
            return {
                "Messages": [{"MessageId": "m", "Body": "", "ReceiptHandle": one} for one in islice(self.receipts, 1)]
            }

    (letter,) = replace(letters, sqs=Twice()).read()
    assert letter.receipt == "second"


def test_reading_ends_although_there_are_ever_more(letters: SqsDeadLetters) -> None:
    class Endless:
        def receive_message(self, **_: object) -> dict[str, Any]:
            return {"Messages": [{"MessageId": str(next(seconds)), "Body": "", "ReceiptHandle": ""}]}

    seconds = count()
    read = replace(letters, sqs=Endless(), now=lambda: float(next(seconds))).read()
    assert 0 < len(read) <= READ_FOR


def test_a_letter_is_held_until_shortly_before_it_comes_into_sight(letters: SqsDeadLetters) -> None:
    put(letters, "no json")
    (letter,) = replace(letters, now=lambda: 1_000.0).read()

    def held_after(seconds: float) -> bool:
        return replace(letters, now=lambda: 1_000.0 + seconds).holds(letter)

    assert [held_after(seconds) for seconds in (0, 269, 271, 301)] == [True, True, False, False]


def test_the_order_is_read_from_the_table_whoever_it_belongs_to(letters: SqsDeadLetters) -> None:
    item = {"orderId": {"S": ID}, "userId": {"S": "somebody"}, "status": {"S": "pending"}, "version": {"N": "3"}}
    letters.dynamodb.put_item(TableName=letters.table, Item=item)
    for body in (json.dumps({"orderId": ID}), json.dumps({"orderId": str(UUID(int=0))}), "no json"):
        put(letters, body)
    found = {letter.order_id: letters.order(letter) for letter in letters.read()}
    assert found == {ID: StoredOrder("pending", 3), str(UUID(int=0)): None, None: None}


def test_putting_back_moves_the_message_with_its_group(letters: SqsDeadLetters) -> None:
    put(letters, '{"orderId":"o","correlationId":"c"}', MessageGroupId="user")
    (letter,) = letters.read()
    letters.put_back(letter)
    (message,) = messages(letters, letters.orders_url)
    assert message["Body"] == '{"orderId":"o","correlationId":"c"}'
    assert message["Attributes"]["MessageGroupId"] == "user"
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = letters.sqs.get_queue_attributes(QueueUrl=letters.letters_url, AttributeNames=numbers)["Attributes"]
    assert set(left.values()) == {"0"}


def test_dropping_deletes_the_letter_and_sends_nothing(letters: SqsDeadLetters) -> None:
    put(letters, "no json")
    (letter,) = letters.read()
    letters.drop(letter)
    assert messages(letters, letters.orders_url) == messages(letters, letters.letters_url) == []


def test_a_letter_is_still_there_when_sending_it_fails(letters: SqsDeadLetters) -> None:
    put(letters, '{"orderId":"o"}')
    (letter,) = letters.read()
    with pytest.raises(OrdersError):
        replace(letters, orders_url=letters.orders_url + "-gone").put_back(letter)
    letters.leave(letter)
    assert len(messages(letters, letters.letters_url)) == 1


def test_leaving_makes_it_visible_at_once(letters: SqsDeadLetters) -> None:
    put(letters, '{"orderId":"o"}')
    (letter,) = letters.read()
    letters.leave(letter)
    assert len(messages(letters, letters.letters_url)) == 1


def test_an_unknown_stack_is_told_with_what_to_do(letters: SqsDeadLetters) -> None:
    with pytest.raises(OrdersError, match="nope") as refused:
        dead_letters_of("nope", "https://orders.example.org")
    assert refused.value.next_step
