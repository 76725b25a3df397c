"""How the operators' commands find a stack (moto's) and reach its queues, its table and its functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from typer.testing import CliRunner

from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.adapters.sqs.dead_letters import SqsRedrivableDeadLetters
from orders_admin.app import app
from orders_admin.aws import LambdaHistoryBackfill, find_stack, history_backfill_of, redrive_ports_of
from orders_admin.letters import receive_letters
from orders_admin.ports import VISIBILITY_TIMEOUT
from orders_client import OrdersError
from tests.support.orders import CONFIRMED, images, new_order

URL = "https://orders.example.org"
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
        "WriteHistoryFunctionName": {"Value": "engine-WriteHistory"},
    },
}


@pytest.fixture(autouse=True)
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("cloudformation", region_name="eu-west-1")
        client.create_stack(StackName="engine", TemplateBody=json.dumps(TEMPLATE))
        yield client


def test_letters_are_redriven_from_the_dead_letter_queue_to_the_order_queue() -> None:
    ports = redrive_ports_of("engine", URL)
    letters = ports.dead_letters
    assert isinstance(letters, SqsRedrivableDeadLetters)
    assert letters.visibility_timeout == VISIBILITY_TIMEOUT
    body = json.dumps({"orderId": new_order().id, "correlationId": "c"})
    letters.client.send_message(QueueUrl=letters.url, MessageBody=body, MessageGroupId="user")
    (letter,) = receive_letters(ports)
    letters.redrive(letter)
    attributes: Any = ["MessageGroupId"]
    answer = letters.client.receive_message(QueueUrl=letters.orders_url, MessageSystemAttributeNames=attributes)
    (message,) = answer["Messages"]
    assert (message["Body"], message["Attributes"].get("MessageGroupId")) == (body, "user")
    assert letters.count_in_flight() == 0


def test_orders_are_read_from_the_table_whoever_they_belong_to() -> None:
    orders = redrive_ports_of("engine", URL).orders
    assert isinstance(orders, DynamoDBOrderStore)
    placed, *later = images(new_order(user_id="somebody"), *CONFIRMED)
    orders.create(placed)
    for image in later:
        orders.append(image)
    assert redrive_ports_of("engine", URL).orders.load(placed.id) == later[-1]


def test_the_history_is_filled_by_the_stacks_own_function_with_time_to_end() -> None:
    backfill = history_backfill_of("engine", URL)
    assert isinstance(backfill, LambdaHistoryBackfill)
    assert backfill.function == "engine-WriteHistory"
    config: Any = backfill.functions.meta.config
    assert config.read_timeout > 30  # the time-out of write_history


def test_all_orders_of_the_table_are_scanned_in_pages_of_at_most_a_hundred() -> None:
    backfill = history_backfill_of("engine", URL)
    assert isinstance(backfill, LambdaHistoryBackfill)
    orders = redrive_ports_of("engine", URL).orders
    ids = {order.id for order in (new_order() for _ in range(230)) if orders.create(order) is None}
    pages = list(backfill.pages())
    assert [len(page) for page in pages] == [100, 100, 30]
    assert {item["orderId"]["S"] for page in pages for item in page} == ids


def test_an_engine_on_this_machine_is_the_local_clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def describe(client: BaseClient, *_: object) -> Any:
        called.append(client.meta.endpoint_url)
        return {"Stacks": [{}]}

    monkeypatch.setattr(BaseClient, "_make_api_call", describe)
    find_stack("engine", URL)
    find_stack("engine", "http://localhost:3000")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9999")
    find_stack("engine", "http://localhost:3000")
    assert called == [
        "https://cloudformation.eu-west-1.amazonaws.com",
        "http://127.0.0.1:4566",
        "http://127.0.0.1:9999",
    ]


@pytest.mark.parametrize("command", ["redrive", "rebuild-history"])
def test_an_unknown_stack_is_told_with_what_to_do(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--stack", "nope", "--url", URL])
    assert done.exit_code == 4
    assert "AWS: " in done.stderr
    assert "nope does not exist" in done.stderr
    assert "set --url to its address" in done.stderr


@pytest.mark.parametrize("command", ["redrive", "rebuild-history"])
def test_a_region_that_is_missing_is_told_with_what_to_do(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    done = CliRunner().invoke(app, [command, "--stack", "engine", "--url", URL])
    assert done.exit_code == 4
    assert "AWS: You must specify a region" in done.stderr
    assert "AWS_REGION" in done.stderr


@pytest.mark.parametrize("command", ["redrive", "rebuild-history"])
def test_another_programs_stack_is_told(command: str, cloudformation: Any) -> None:
    other = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_stack(StackName="other", TemplateBody=json.dumps(other))
    done = CliRunner().invoke(app, [command, "--stack", "other", "--url", URL])
    assert done.exit_code == 4
    assert "The stack has no output" in done.stderr
    assert "--stack" in done.stderr


def test_a_stack_without_outputs_is_not_the_engines() -> None:
    with pytest.raises(OrdersError, match="no output Nothing"):
        find_stack("engine", URL).output("Nothing")
