"""A stack on AWS: its outputs name its queues, its table and its functions, which the engine's own adapters serve."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from order_engine.adapters.aws import client_config, unavailable_on_error
from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.adapters.process import SystemClock
from order_engine.adapters.sqs.dead_letters import SqsRedrivableDeadLetters
from order_engine.application.ports.dependencies import RECOUNT
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from orders_admin.ports import NOT_RECORDED, VISIBILITY_TIMEOUT, HistoryBackfill, Item, NotRecorded, RedrivePorts
from orders_client.errors import OrdersError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient

ATTEMPTS = 5
"""Tries of one call: an operator would rather wait than start again."""

PAGE_SIZE = 100
"""Orders in one call: as many as in a batch of the stream. A page of a scan is 1 MB at most, a call may have 6 MB."""

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_LOCAL_ENDPOINT = "http://127.0.0.1:4566"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of the engine.

    Args:
        session: makes clients.
        endpoint: the endpoint of AWS, where it is not AWS's own.
        outputs: the stack's outputs.
    """

    session: boto3.Session
    endpoint: str | None
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """Return a client of a service, with short time-outs."""
        return self.session.client(service, endpoint_url=self.endpoint, config=client_config(ATTEMPTS))

    def function_client(self) -> LambdaClient:
        """Return a client of Lambda with botocore's time-outs, as it waits for functions."""
        client: LambdaClient = self.session.client("lambda", endpoint_url=self.endpoint)
        return client

    def output(self, name: str) -> str:
        """Return an output. Raises `OrdersError` where there is none, as in another program's stack."""
        if name not in self.outputs:
            raise OrdersError(f"The stack has no output {name}.", "Name the engine's stack: --stack")
        return self.outputs[name]


def find_stack(name: str, url: str) -> Stack:
    """Return the stack of the engine at `url`.

    boto3 finds region, credentials and AWS_ENDPOINT_URL as usual. Without the latter, an engine on this machine is
    that of the local cloud, and so is its AWS.

    Raises:
        DependencyUnavailable: AWS can't be reached, or there is no such stack.
    """
    local = urlsplit(url).hostname in _LOCAL_HOSTS and "AWS_ENDPOINT_URL" not in os.environ
    region = os.environ.get("AWS_REGION")  # which other SDKs know, and boto3 does not
    with unavailable_on_error("CloudFormation"):
        session = boto3.Session("test", "test", region_name="us-east-1") if local else boto3.Session(region_name=region)
        stack = Stack(session, _LOCAL_ENDPOINT if local else None, {})
        found = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    return Stack(session, stack.endpoint, outputs)


def redrive_ports_of(stack: str, url: str) -> RedrivePorts:
    """Return the dead letters and the orders of a stack. Raises `DependencyUnavailable` or `OrdersError`."""
    found, clock = find_stack(stack, url), SystemClock()
    dead_letters = SqsRedrivableDeadLetters(
        found.client("sqs"),
        found.output("DeadLetterQueueUrl"),
        JsonWakeUpCodec(),
        clock,
        VISIBILITY_TIMEOUT,
        orders_url=found.output("OrdersQueueUrl"),
    )
    table, items = found.output("OrdersTableName"), OrderItems(JsonEventCodec())
    return RedrivePorts(dead_letters, DynamoDBOrderStore(found.client("dynamodb"), table, items), clock)


def history_backfill_of(stack: str, url: str) -> HistoryBackfill:
    """Return the history backfill of a stack. Raises `DependencyUnavailable` or `OrdersError`."""
    found = find_stack(stack, url)
    table, function = found.output("OrdersTableName"), found.output("WriteHistoryFunctionName")
    return LambdaHistoryBackfill(found.client("dynamodb"), found.function_client(), table, function)


@dataclass(frozen=True, slots=True)
class LambdaHistoryBackfill:
    """`HistoryBackfill` by way of the very function that writes the history from the table's stream.

    It gets the pages of the table in the shape of that stream. So nothing but that function needs to reach Postgres,
    and what is there already or newer stays as it is.
    """

    dynamodb: DynamoDBClient
    functions: LambdaClient
    table: str
    function: str

    def estimate(self) -> int:
        """Return the table's item count, which DynamoDB updates about every six hours."""
        with unavailable_on_error("DynamoDB"):
            return self.dynamodb.describe_table(TableName=self.table)["Table"]["ItemCount"]

    def pages(self) -> Iterator[Sequence[Item]]:
        """Scan the table."""
        scan = self.dynamodb.get_paginator("scan")
        pages = scan.paginate(TableName=self.table, ConsistentRead=True, PaginationConfig={"PageSize": PAGE_SIZE})
        with unavailable_on_error("DynamoDB"):
            for page in pages:
                yield page["Items"]

    def record(self, page: Sequence[Item]) -> None:
        """Invoke the function with the orders as stream records."""
        self._invoke({"Records": [{"eventName": "MODIFY", "dynamodb": {"NewImage": item}} for item in page]})

    def recount(self) -> None:
        """Invoke the function with the order to count anew."""
        self._invoke(dict(RECOUNT))

    def _invoke(self, event: dict[str, Any]) -> None:
        with unavailable_on_error("Lambda"):
            answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(event))
        if "FunctionError" in answer:
            message = json.loads(answer["Payload"].read()).get("errorMessage")
            raise NotRecorded(f"{self.function} failed: {message}", NOT_RECORDED)
