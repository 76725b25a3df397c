"""The order queue and its dead letter queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from order_engine.adapters.aws import answering
from order_engine.application.ports import DeadLetter, QueueFigures
from order_engine.domain.errors import DependencyUnavailable
from order_engine.domain.order import Order

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

SWEPT = "swept"
"""The message group of orders that are sent again: in groups of their own they would overtake everybody."""

LONGEST_VISIBILITY = 43_200
"""Seconds: SQS keeps a message invisible for 12 hours at most."""


@dataclass(frozen=True, slots=True)
class SqsWakeUpQueue:
    """`WakeUpQueue` on a standard queue. The message group makes it fair between users."""

    client: SQSClient
    url: str

    def send(self, order: Order) -> None:
        """Send one message."""
        body = {"orderId": order.id}
        if order.correlation_id:
            body["correlationId"] = order.correlation_id
        with answering("SQS"):
            self.client.send_message(
                QueueUrl=self.url, MessageBody=json.dumps(body), MessageGroupId=_group(order.user_id)
            )

    def send_again(self, order_ids: Sequence[str]) -> None:
        """Send up to ten messages at once."""
        entries = [
            {"Id": str(index), "MessageBody": json.dumps({"orderId": order_id}), "MessageGroupId": SWEPT}
            for index, order_id in enumerate(order_ids)
        ]
        with answering("SQS"):
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]
        if failed := answer.get("Failed"):
            raise DependencyUnavailable(f"The order queue refused {len(failed)} of {len(entries)} messages.")

    def give_back(self, receipt: str, after: float) -> None:
        """Let a received message be seen again after so many seconds."""
        seconds = min(max(0, -int(-after // 1)), LONGEST_VISIBILITY)
        with answering("SQS"):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds)


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`DeadLetters` on the dead letter queue: letters are looked at and left where they are."""

    client: SQSClient
    url: str
    look_for: int = 90
    """Seconds for which a letter is out of sight after it was read: longer than a run, which thus reads each once."""

    def read(self) -> Iterator[DeadLetter]:
        """Receive until there is nothing more."""
        while True:
            with answering("SQS"):
                answer = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=self.look_for,
                    WaitTimeSeconds=1,  # without it SQS may answer "nothing" although there is something
                )
            if not (messages := answer.get("Messages")):
                return
            for message in messages:
                yield DeadLetter(message["Body"], message["ReceiptHandle"])

    def put_back(self, letter: DeadLetter) -> None:
        """Make a letter visible again at once."""
        with answering("SQS"):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


@dataclass(frozen=True, slots=True)
class SqsGauge:
    """`QueueGauge` on both queues."""

    client: SQSClient
    url: str
    dead_letters_url: str

    def figures(self) -> QueueFigures:
        """Ask both queues for their approximate numbers."""
        waiting, active, delayed = self._numbers(self.url)
        return QueueFigures(waiting, active, delayed, failed=sum(self._numbers(self.dead_letters_url)))

    def _numbers(self, url: str) -> tuple[int, int, int]:
        with answering("SQS"):
            numbers = self.client.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )["Attributes"]
        return (
            int(numbers["ApproximateNumberOfMessages"]),
            int(numbers["ApproximateNumberOfMessagesNotVisible"]),
            int(numbers["ApproximateNumberOfMessagesDelayed"]),
        )


def _group(name: str) -> str:
    """Return a message group id: SQS allows 128 characters of a small alphabet, user ids may have any."""
    return sha256(name.encode()).hexdigest()[:32]
