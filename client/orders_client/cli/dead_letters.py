"""The dead letter queue, for operators: what is in it, and back to the order queue with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from orders_client.cli.stack import aws, find_stack

LOOK_FOR = 300
"""Seconds for which a letter that was read is out of sight of others: time to look at it and decide."""


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

    def drop(self, letter: Letter) -> None:
        """Delete it for good."""


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`DeadLetters` on SQS."""

    sqs: Any
    orders_url: str
    letters_url: str

    def read(self) -> list[Letter]:
        """Receive until there is nothing more."""
        letters: list[Letter] = []
        with aws():
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
        with aws():
            self.sqs.send_message(QueueUrl=self.orders_url, MessageBody=letter.body, **group)
        self.drop(letter)

    def leave(self, letter: Letter) -> None:
        """Make it visible at once."""
        with aws():
            self.sqs.change_message_visibility(
                QueueUrl=self.letters_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )

    def drop(self, letter: Letter) -> None:
        """Delete it from the dead letter queue."""
        with aws():
            self.sqs.delete_message(QueueUrl=self.letters_url, ReceiptHandle=letter.receipt)


def dead_letters_of(stack: str, url: str) -> DeadLetters:
    """Return the dead letters of the stack of the engine at `url`. Raises `OrdersError` where it is not found."""
    found = find_stack(stack, url)
    return SqsDeadLetters(found.client("sqs"), found.output("OrdersQueueUrl"), found.output("DeadLetterQueueUrl"))


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
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return order_id if isinstance(order_id, str) else None
