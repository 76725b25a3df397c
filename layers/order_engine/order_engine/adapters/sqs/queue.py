"""The order queue on SQS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from order_engine.adapters.aws import unavailable_on_error
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import WakeUpCodec
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
    codec: WakeUpCodec

    def send(self, order: Order) -> None:
        """Send one message."""
        body = self.codec.encode(order.id, order.correlation_id)
        with unavailable_on_error("SQS"):
            self.client.send_message(QueueUrl=self.url, MessageBody=body, MessageGroupId=_group(order.user_id))

    def send_again(self, order_ids: Sequence[str]) -> None:
        """Send up to ten messages at once."""
        entries = [
            {"Id": str(index), "MessageBody": self.codec.encode(order_id), "MessageGroupId": SWEPT}
            for index, order_id in enumerate(order_ids)
        ]
        with unavailable_on_error("SQS"):
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]
        if failed := answer.get("Failed"):
            raise DependencyUnavailable(f"The order queue refused {len(failed)} of {len(entries)} messages.")

    def give_back(self, receipt: str, after: float) -> None:
        """Change the visibility timeout of a received message."""
        seconds = min(max(0, -int(-after // 1)), LONGEST_VISIBILITY)
        with unavailable_on_error("SQS"):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds)


def _group(name: str) -> str:
    """Return a message group id: SQS allows 128 characters of a small alphabet, user ids may have any."""
    return sha256(name.encode()).hexdigest()[:32]
