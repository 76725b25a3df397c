"""The numbers of messages in the order queue and its dead letter queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import unavailable_on_error
from order_engine.application.ports import QueueFigures

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


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
        with unavailable_on_error("SQS"):
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
