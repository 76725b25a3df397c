"""The order queue with both its ends and its dead letters: in memory, and on SQS or what stands for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from order_engine.adapters.sqs_queue import SqsDeadLetters, SqsWakeUpQueue

from order_engine.adapters.process import SystemClock
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from tests.contracts.lines import Rules
from tests.support.cloud import eventually

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

T = TypeVar("T")

MOMENT = 0.1
"""Seconds from one look to the next."""
AGES = 600
"""Seconds after which nothing more comes."""


class InMemoryLine:
    """A queue in memory; its time moves when somebody waits."""

    def __init__(self, rules: Rules) -> None:
        self.clock = ManualClock()
        self.queue = InMemoryQueue(self.clock, rules.visibility_timeout, rules.max_receive_count)
        self.letters = InMemoryDeadLetters(self.queue, rules.look_for)

    def receive(self) -> Sequence[Message]:
        return self.queue.receive()

    def delete(self, receipt: str) -> None:
        self.queue.delete(receipt)

    def bury(self, body: str) -> None:
        self.queue.dead.append(Message(body, self.clock.now()))

    def soon(self, look: Callable[[], T]) -> T:
        for _ in range(int(AGES / MOMENT)):
            if found := look():
                return found
            self.clock.sleep(MOMENT)
        raise AssertionError("There is nothing for ages.")


@dataclass(frozen=True, slots=True)
class SqsMessage:
    """What `receive_message` says of a message."""

    body: str
    receipt: str
    receive_count: int


class SqsLine:
    """A queue of one's own on SQS, with a dead letter queue as in the template."""

    def __init__(self, client: SQSClient, rules: Rules) -> None:
        self.client = client
        self.clock = SystemClock()
        name = f"line-{uuid4().hex}"
        dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        policy = {"deadLetterTargetArn": self._arn(dead), "maxReceiveCount": rules.max_receive_count}
        attributes = {"VisibilityTimeout": str(rules.visibility_timeout), "RedrivePolicy": json.dumps(policy)}
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
        self.queue = SqsWakeUpQueue(client, url)
        self.letters = SqsDeadLetters(client, dead, rules.look_for)

    def receive(self) -> Sequence[SqsMessage]:
        answer = self.client.receive_message(
            QueueUrl=self.queue.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )
        return [_message(message) for message in answer.get("Messages", [])]

    def delete(self, receipt: str) -> None:
        # MiniStack refuses a receipt that is not the latest. SQS says that all is well, and does nothing:
        # docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        with suppress(self.client.exceptions.ReceiptHandleIsInvalid):
            self.client.delete_message(QueueUrl=self.queue.url, ReceiptHandle=receipt)

    def bury(self, body: str) -> None:
        self.client.send_message(QueueUrl=self.letters.url, MessageBody=body)

    def soon(self, look: Callable[[], T]) -> T:
        return eventually(look)

    def close(self) -> None:
        """Delete both queues."""
        for url in (self.queue.url, self.letters.url):
            self.client.delete_queue(QueueUrl=url)

    def _arn(self, url: str) -> str:
        return self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _message(message: Any) -> SqsMessage:
    return SqsMessage(message["Body"], message["ReceiptHandle"], int(message["Attributes"]["ApproximateReceiveCount"]))
