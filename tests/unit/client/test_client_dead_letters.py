"""The dead letters on SQS (moto's): read without being lost, put back whole, or left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from orders_client import OrdersError
from orders_client.cli.dead_letters import SqsDeadLetters, dead_letters_of

TEMPLATE = {
    "Resources": {name: {"Type": "AWS::SQS::Queue"} for name in ("Orders", "Dead")},
    "Outputs": {"OrdersQueueUrl": {"Value": {"Ref": "Orders"}}, "DeadLetterQueueUrl": {"Value": {"Ref": "Dead"}}},
}


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
    for number in range(12):
        put(letters, json.dumps({"orderId": f"order-{number}"}))
    for body in ("no json", "[]", '{"orderId": 7}'):
        put(letters, body)
    read = letters.read()
    assert {letter.order_id for letter in read} == {*(f"order-{number}" for number in range(12)), None}
    assert len(read) == 15
    assert letters.read() == []  # they are out of sight now


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
