"""The dead letter queue, for operators: what is in it, what its orders are now, and back to the order queue with it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from orders_client.cli.stack import aws, find_stack

LOOK_FOR = 300
"""Seconds for which a letter that was read is out of sight of others: time to look at it and decide."""

READ_FOR = 60
"""Seconds for which letters are read; where there are more, the next time is for them."""

SPARE = 30
"""Seconds before it is in sight again from which on a letter is left alone: a call may take a while."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was given up on.

    Args:
        id: its message id, the same each time it is read.
        order_id: the order it is about; None where that can't be read.
        sent_at: when it was sent to the order queue.
        receipt: what settles it, as long as it is out of sight.
        in_sight_at: seconds since 1970; when it comes back into sight.
        group: its message group, which is kept.
    """

    id: str
    body: str
    order_id: str | None
    sent_at: datetime
    receipt: str
    in_sight_at: float
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """What the order table says of an order: its status, and how many events it has."""

    status: str
    version: int


class DeadLetters(Protocol):
    """The dead letters of one stack. Every call raises `OrdersError` where AWS can't be reached or says no."""

    def read(self) -> list[Letter]:
        """Take the letters that are in sight now out of it, and return them, each once."""

    def hidden(self) -> int:
        """Return about how many letters are out of sight, those that were read here included."""

    def order(self, letter: Letter) -> StoredOrder | None:
        """Return a letter's order, or None where there is none."""

    def holds(self, letter: Letter) -> bool:
        """Whether the letter is still out of everybody else's sight, so that it can be settled."""

    def put_back(self, letter: Letter) -> None:
        """Have it processed again. If this is cut off, it may be processed twice, which changes nothing."""

    def leave(self, letter: Letter) -> None:
        """Leave it where it is, in sight again."""

    def drop(self, letter: Letter) -> None:
        """Delete it for good."""


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`DeadLetters` on SQS, with the orders from their table: the API shows an order to its owner only."""

    sqs: Any
    dynamodb: Any
    orders_url: str
    letters_url: str
    table: str
    now: Callable[[], float] = time.time

    def read(self) -> list[Letter]:
        """Receive until there is nothing more. A letter that comes twice counts with its later receipt."""
        letters: dict[str, Letter] = {}
        began = self.now()
        with aws():
            while (asked := self.now()) < began + READ_FOR and (messages := self._receive()):
                letters |= {message["MessageId"]: _letter(message, asked + LOOK_FOR) for message in messages}
        return list(letters.values())

    def _receive(self) -> list[Mapping[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.letters_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,  # asks all of SQS's servers, and not only some
            VisibilityTimeout=LOOK_FOR,
            MessageSystemAttributeNames=["All"],
        )
        messages: list[Mapping[str, Any]] = answer.get("Messages", [])
        return messages

    def hidden(self) -> int:
        """Ask the queue."""
        number = "ApproximateNumberOfMessagesNotVisible"
        with aws():
            answer = self.sqs.get_queue_attributes(QueueUrl=self.letters_url, AttributeNames=[number])
        return int(answer["Attributes"][number])

    def order(self, letter: Letter) -> StoredOrder | None:
        """Read the order's item."""
        if letter.order_id is None:
            return None
        with aws():
            item = self.dynamodb.get_item(
                TableName=self.table,
                Key={"orderId": {"S": letter.order_id}},
                ConsistentRead=True,
                ProjectionExpression="#status, version",
                ExpressionAttributeNames={"#status": "status"},
            ).get("Item")
        return item and StoredOrder(item["status"]["S"], int(item["version"]["N"]))

    def holds(self, letter: Letter) -> bool:
        """Look at the clock."""
        return self.now() < letter.in_sight_at - SPARE

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
    return SqsDeadLetters(
        found.client("sqs"),
        found.client("dynamodb"),
        found.output("OrdersQueueUrl"),
        found.output("DeadLetterQueueUrl"),
        found.output("OrdersTableName"),
    )


def _letter(message: Mapping[str, Any], in_sight_at: float) -> Letter:
    attributes = message.get("Attributes", {})
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        order_id=_order_id(message["Body"]),
        sent_at=datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC),
        receipt=message["ReceiptHandle"],
        in_sight_at=in_sight_at,
        group=attributes.get("MessageGroupId"),
    )


def _order_id(body: str) -> str | None:
    """Return the order's id as the table has it, however it is written here."""
    try:
        order_id = json.loads(body)["orderId"]
        return str(UUID(order_id)) if isinstance(order_id, str) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
