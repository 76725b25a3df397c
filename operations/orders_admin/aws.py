"""The ports on AWS: the stack's outputs name its queues, its table and its functions. No other module talks to AWS."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from orders_admin.ports import (
    NOT_RECORDED,
    VISIBILITY_TIMEOUT,
    DeadLetter,
    DeadLetterQueue,
    HistoryBackfill,
    Item,
    NotRecorded,
    StoredOrder,
)
from orders_client.errors import OrdersError

RECEIVE_FOR = 60
"""Seconds after which no further letters are received; where there are more, they are for the next run."""

SAFETY_MARGIN = 30
"""Seconds before the end of its visibility timeout from which on a letter is not touched: a call may take a while."""

PAGE_SIZE = 100
"""Orders in one call: as many as in a batch of the stream. A page of a scan is 1 MB at most, a call may have 6 MB."""

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_LOCAL_ENDPOINT = "http://127.0.0.1:4566"
_HOW_TO_REACH_AWS = (
    "For a stack on AWS: set --url to its address, credentials and AWS_REGION. For the local cloud: make run; where it"
    " has another AWS_PORT: AWS_ENDPOINT_URL=http://127.0.0.1:<port> and AWS_ACCESS_KEY_ID=test"
    " AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1."
)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of the engine.

    Args:
        session: makes clients.
        endpoint: the endpoint of AWS, where it is not AWS's own.
        outputs: the stack's outputs.
    """

    session: Any
    endpoint: str | None
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        return self.session.client(service, endpoint_url=self.endpoint)

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
        OrdersError: AWS can't be reached, or there is no such stack.
    """
    local = urlsplit(url).hostname in _LOCAL_HOSTS and "AWS_ENDPOINT_URL" not in os.environ
    region = os.environ.get("AWS_REGION")  # which other SDKs know, and boto3 does not
    session = boto3.Session("test", "test", region_name="us-east-1") if local else boto3.Session(region_name=region)
    stack = Stack(session, _LOCAL_ENDPOINT if local else None, {})
    with aws_errors():
        found = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    return Stack(session, stack.endpoint, outputs)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Raise `OrdersError` where AWS refuses or can't be reached within this block."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OrdersError(f"AWS: {error}", _HOW_TO_REACH_AWS) from error


def dead_letter_queue_of(stack: str, url: str) -> DeadLetterQueue:
    """Return the dead letter queue of a stack. Raises `OrdersError` where the stack is not found."""
    found = find_stack(stack, url)
    return SqsDeadLetterQueue(
        found.client("sqs"),
        found.client("dynamodb"),
        found.output("OrdersQueueUrl"),
        found.output("DeadLetterQueueUrl"),
        found.output("OrdersTableName"),
    )


def history_backfill_of(stack: str, url: str) -> HistoryBackfill:
    """Return the history backfill of a stack. Raises `OrdersError` where the stack is not found."""
    found = find_stack(stack, url)
    table, function = found.output("OrdersTableName"), found.output("WriteHistoryFunctionName")
    return LambdaHistoryBackfill(found.client("dynamodb"), found.client("lambda"), table, function)


@dataclass(frozen=True, slots=True)
class SqsDeadLetterQueue:
    """`DeadLetterQueue` on SQS, with the orders from their table: the API shows an order to its owner only."""

    sqs: Any
    dynamodb: Any
    orders_url: str
    letters_url: str
    table: str
    now: Callable[[], float] = time.time

    def receive(self) -> list[DeadLetter]:
        """Receive until the queue is empty. A letter that is received twice counts with its later receipt handle."""
        letters: dict[str, DeadLetter] = {}
        started_at = self.now()
        with aws_errors():
            while (asked := self.now()) < started_at + RECEIVE_FOR and (messages := self._receive_messages()):
                visible_at = asked + VISIBILITY_TIMEOUT
                letters |= {message["MessageId"]: _dead_letter(message, visible_at) for message in messages}
        return list(letters.values())

    def _receive_messages(self) -> list[Mapping[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.letters_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,  # long polling asks all of SQS's servers, and not only some
            VisibilityTimeout=VISIBILITY_TIMEOUT,
            MessageSystemAttributeNames=["All"],
        )
        messages: list[Mapping[str, Any]] = answer.get("Messages", [])
        return messages

    def count_in_flight(self) -> int:
        """Return `ApproximateNumberOfMessagesNotVisible`."""
        number = "ApproximateNumberOfMessagesNotVisible"
        with aws_errors():
            answer = self.sqs.get_queue_attributes(QueueUrl=self.letters_url, AttributeNames=[number])
        return int(answer["Attributes"][number])

    def find_order(self, letter: DeadLetter) -> StoredOrder | None:
        """Read the order's item consistently."""
        if letter.order_id is None:
            return None
        with aws_errors():
            item = self.dynamodb.get_item(
                TableName=self.table,
                Key={"orderId": {"S": letter.order_id}},
                ConsistentRead=True,
                ProjectionExpression="#status, version",
                ExpressionAttributeNames={"#status": "status"},
            ).get("Item")
        return item and StoredOrder(item["status"]["S"], int(item["version"]["N"]))

    def is_held(self, letter: DeadLetter) -> bool:
        """Whether more than `SAFETY_MARGIN` seconds are left of the visibility timeout."""
        return self.now() < letter.visible_at - SAFETY_MARGIN

    def redrive(self, letter: DeadLetter) -> None:
        """Send the message to the order queue, and only then delete it here."""
        group = {"MessageGroupId": letter.group} if letter.group else {}
        with aws_errors():
            self.sqs.send_message(QueueUrl=self.orders_url, MessageBody=letter.body, **group)
        self.delete(letter)

    def release(self, letter: DeadLetter) -> None:
        """Set the visibility timeout to 0."""
        with aws_errors():
            self.sqs.change_message_visibility(
                QueueUrl=self.letters_url, ReceiptHandle=letter.receipt_handle, VisibilityTimeout=0
            )

    def delete(self, letter: DeadLetter) -> None:
        """Delete the message from the dead letter queue."""
        with aws_errors():
            self.sqs.delete_message(QueueUrl=self.letters_url, ReceiptHandle=letter.receipt_handle)


@dataclass(frozen=True, slots=True)
class LambdaHistoryBackfill:
    """`HistoryBackfill` by way of the very function that writes the history from the table's stream.

    It gets the pages of the table in the shape of that stream. So nothing but that function needs to reach Postgres,
    and what is there already or newer stays as it is.
    """

    dynamodb: Any
    functions: Any
    table: str
    function: str

    def estimate(self) -> int:
        """Return the table's item count, which DynamoDB updates about every six hours."""
        with aws_errors():
            return int(self.dynamodb.describe_table(TableName=self.table)["Table"]["ItemCount"])

    def pages(self) -> Iterator[Sequence[Item]]:
        """Scan the table."""
        scan = self.dynamodb.get_paginator("scan")
        with aws_errors():
            for page in scan.paginate(TableName=self.table, Limit=PAGE_SIZE, ConsistentRead=True):
                yield page["Items"]

    def record(self, page: Sequence[Item]) -> None:
        """Invoke the function with the orders as stream records."""
        self._invoke({"Records": [{"eventName": "MODIFY", "dynamodb": {"NewImage": item}} for item in page]})

    def recount(self) -> None:
        """Invoke the function with the order to count anew."""
        self._invoke({"recount": True})

    def _invoke(self, event: dict[str, Any]) -> None:
        with aws_errors():
            answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(event))
        if "FunctionError" in answer:
            message = json.loads(answer["Payload"].read()).get("errorMessage")
            raise NotRecorded(f"{self.function} failed: {message}", NOT_RECORDED)


def _dead_letter(message: Mapping[str, Any], visible_at: float) -> DeadLetter:
    attributes = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        body=message["Body"],
        order_id=_order_id(message["Body"]),
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        receipt_handle=message["ReceiptHandle"],
        visible_at=visible_at,
        group=attributes.get("MessageGroupId"),
    )


def _order_id(body: str) -> str | None:
    """Return the order id in a message, in the spelling of the order table; None where there is none."""
    try:
        order_id = json.loads(body)["orderId"]
        return str(UUID(order_id)) if isinstance(order_id, str) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
