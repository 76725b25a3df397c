"""The dead letter queue on SQS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import unavailable_on_error
from order_engine.application.ports import DeadLetter, WakeUpCodec

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


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
    visibility_timeout: int = 90

    def read(self) -> Iterator[DeadLetter]:
        """Receive until there is nothing more."""
        while True:
            with unavailable_on_error("SQS"):
                answer = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=self.visibility_timeout,
                    WaitTimeSeconds=1,  # long polling asks all of SQS's servers, short polling only some
                )
            if not (messages := answer.get("Messages")):
                return
            for message in messages:
                yield DeadLetter.received(message["Body"], message["ReceiptHandle"], self.codec)

    def release(self, letter: DeadLetter) -> None:
        """Set the visibility timeout to 0."""
        with unavailable_on_error("SQS"):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)
