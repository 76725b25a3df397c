"""The dead letter queue on SQS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from order_engine.adapters.aws import unavailable_on_error
from order_engine.application.ports import Clock, DeadLetter, WakeUpCodec

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

IN_FLIGHT: Final = "ApproximateNumberOfMessagesNotVisible"


@dataclass(frozen=True, slots=True)
class SqsDeadLetters:
    """`DeadLetters` on SQS: letters are read and left where they are.

    Args:
        visibility_timeout: seconds for which a letter is hidden after it was read: longer than a run, which thus reads
            each once.
    """

    client: SQSClient
    url: str
    codec: WakeUpCodec
    clock: Clock
    visibility_timeout: int = 90

    def read(self) -> Iterator[DeadLetter]:
        """Receive until there is nothing more."""
        while letters := self.receive():
            yield from letters

    def receive(self) -> list[DeadLetter]:
        """Receive up to ten letters."""
        visible_at = self.clock.now() + timedelta(seconds=self.visibility_timeout)
        with unavailable_on_error("SQS"):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=self.visibility_timeout,
                WaitTimeSeconds=1,  # long polling asks all of SQS's servers, short polling only some
                MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
            )
        return [self._letter(message, visible_at) for message in answer.get("Messages", ())]

    def _letter(self, message: MessageTypeDef, visible_at: datetime) -> DeadLetter:
        attributes = message["Attributes"]
        return DeadLetter.received(
            message["MessageId"],
            message["Body"],
            message["ReceiptHandle"],
            sent_at=datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
            visible_at=visible_at,
            group=attributes.get("MessageGroupId"),
            codec=self.codec,
        )

    def release(self, letter: DeadLetter) -> None:
        """Set the visibility timeout to 0."""
        with unavailable_on_error("SQS"):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsRedrivableDeadLetters(SqsDeadLetters):
    """`RedrivableDeadLetters` on SQS.

    Args:
        orders_url: the order queue.
    """

    orders_url: str

    def count_in_flight(self) -> int:
        """Return `ApproximateNumberOfMessagesNotVisible`."""
        with unavailable_on_error("SQS"):
            answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[IN_FLIGHT])
        return int(answer["Attributes"][IN_FLIGHT])

    def redrive(self, letter: DeadLetter) -> None:
        """Send the message to the order queue, in its message group, and only then delete it here."""
        group: dict[str, Any] = {"MessageGroupId": letter.group} if letter.group else {}
        with unavailable_on_error("SQS"):
            self.client.send_message(QueueUrl=self.orders_url, MessageBody=letter.body, **group)
        self.delete(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Delete the message."""
        with unavailable_on_error("SQS"):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)
