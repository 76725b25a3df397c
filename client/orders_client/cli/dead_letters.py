"""The dead letter queue, for operators: what is in it, and back to the order queue with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from orders_client.errors import OrdersError

LOOK_FOR = 300
"""Seconds for which a letter that was read is out of sight of others: time to look at it and decide."""

_HOW_TO_REACH_AWS = (
    "Set credentials and AWS_REGION; for the local cloud: AWS_ENDPOINT_URL=http://127.0.0.1:4566"
    " AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was given up on.

    Args:
        order_id: the order it is about; None where that can't be read.
        sent_at: when it was sent to the order queue.
        group: its message group, which is kept.
    """

    body: str
    order_id: str | None
    sent_at: datetime
    receipt: str
    group: str | None = None


class DeadLetters(Protocol):
    """The dead letters of one stack. Every call raises `OrdersError` where AWS can't be reached or says no."""

    def read(self) -> list[Letter]:
        """Take all letters that are visible now out of sight, and return them."""

    def put_back(self, letter: Letter) -> None:
        """Have it processed again. If this is cut off, it may be processed twice, which changes nothing."""

    def leave(self, letter: Letter) -> None:
        """Leave it where it is, visible again."""


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`DeadLetters` on SQS."""

    sqs: Any
    orders_url: str
    letters_url: str

    def read(self) -> list[Letter]:
        """Receive until there is nothing more."""
        letters: list[Letter] = []
        with _aws():
            while messages := self.sqs.receive_message(
                QueueUrl=self.letters_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,  # asks all of SQS's servers, and not only some
                VisibilityTimeout=LOOK_FOR,
                MessageSystemAttributeNames=["All"],
            ).get("Messages"):
                letters += map(_letter, messages)
        return letters

    def put_back(self, letter: Letter) -> None:
        """Send it to the order queue, and only then delete it here."""
        group = {"MessageGroupId": letter.group} if letter.group else {}
        with _aws():
            self.sqs.send_message(QueueUrl=self.orders_url, MessageBody=letter.body, **group)
            self.sqs.delete_message(QueueUrl=self.letters_url, ReceiptHandle=letter.receipt)

    def leave(self, letter: Letter) -> None:
        """Make it visible at once."""
        with _aws():
            self.sqs.change_message_visibility(
                QueueUrl=self.letters_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )


def dead_letters_of(stack: str) -> DeadLetters:
    """Return the dead letters of a stack; its outputs name the queues.

    Region, credentials and AWS_ENDPOINT_URL are found where boto3 finds them; AWS_REGION is taken too.
    """
    try:
        import boto3  # noqa: PLC0415 - only operators need it
    except ModuleNotFoundError as missing:
        raise OrdersError("This command needs boto3.", "pip install boto3") from missing
    with _aws():
        session = boto3.Session(region_name=os.environ.get("AWS_REGION"))  # boto3 itself only knows the older name
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
        return SqsDeadLetters(session.client("sqs"), outputs["OrdersQueueUrl"], outputs["DeadLetterQueueUrl"])


def _letter(message: Mapping[str, Any]) -> Letter:
    attributes = message.get("Attributes", {})
    return Letter(
        body=message["Body"],
        order_id=_order_id(message["Body"]),
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        receipt=message["ReceiptHandle"],
        group=attributes.get("MessageGroupId"),
    )


def _order_id(body: str) -> str | None:
    try:
        order_id = json.loads(body)["orderId"]
    except (ValueError, KeyError, TypeError):
        return None
    return order_id if isinstance(order_id, str) else None


@contextmanager
def _aws() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OrdersError(f"AWS: {error}", _HOW_TO_REACH_AWS) from error
    except KeyError as error:
        raise OrdersError(f"The stack has no output {error}.", "Name the engine's stack: --stack") from error
