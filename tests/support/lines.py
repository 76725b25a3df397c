"""The order queue with its sender, its receiver and its dead letters: in memory, and on SQS or an emulator of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from order_engine.adapters.process import SystemClock
from order_engine.adapters.sqs.dead_letters import SqsRedrivableDeadLetters
from order_engine.adapters.sqs.gauge import SqsGauge
from order_engine.adapters.sqs.queue import SqsWakeUpQueue
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.fakes.process import ManualClock
from order_engine.fakes.queue import InMemoryDeadLetters, InMemoryQueue, Message
from tests.contracts.lines import Rules
from tests.support.cloud import eventually

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

T = TypeVar("T")

CODEC = JsonWakeUpCodec()
POLL_INTERVAL = 0.1
"""Seconds from one poll to the next."""
TIMEOUT = 600
"""Seconds of the manual clock after which polling ends."""


class InMemoryLine:
    """A queue in memory; its time moves when somebody waits."""

    def __init__(self, rules: Rules) -> None:
        self.clock = ManualClock()
        self.queue = InMemoryQueue(self.clock, CODEC, rules.visibility_timeout, rules.max_receive_count)
        self.letters = InMemoryDeadLetters(self.queue, rules.letter_visibility_timeout)
        self.gauge = self.queue

    def receive(self) -> Sequence[Message]:
        return self.queue.receive()

    def delete(self, receipt: str) -> None:
        self.queue.delete(receipt)

    def send_letter(self, body: str, group: str | None = None) -> None:
        self.queue.dead.append(Message(body, self.clock.now(), group=group))

    def poll(self, read: Callable[[], T]) -> T:
        for _ in range(int(TIMEOUT / POLL_INTERVAL)):
            if found := read():
                return found
            self.clock.sleep(POLL_INTERVAL)
        raise AssertionError(f"There is nothing within {TIMEOUT} s.")


@dataclass(frozen=True, slots=True)
class SqsMessage:
    """What `receive_message` says of a message."""

    body: str
    receipt: str
    receive_count: int
    group: str | None


class SqsLine:
    """A new queue on SQS, with a dead letter queue and a redrive policy as in the template."""

    def __init__(self, client: SQSClient, rules: Rules) -> None:
        self.client = client
        self.clock = SystemClock()
        name = f"line-{uuid4().hex}"
        dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        policy = {"deadLetterTargetArn": self._arn(dead), "maxReceiveCount": rules.max_receive_count}
        attributes = {"VisibilityTimeout": str(rules.visibility_timeout), "RedrivePolicy": json.dumps(policy)}
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
        self.queue = SqsWakeUpQueue(client, url, CODEC)
        timeout = rules.letter_visibility_timeout
        self.letters = SqsRedrivableDeadLetters(client, dead, CODEC, self.clock, timeout, orders_url=url)
        self.gauge = SqsGauge(client, url, dead)

    def receive(self) -> Sequence[SqsMessage]:
        answer = self.client.receive_message(
            QueueUrl=self.queue.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return [_message(message) for message in answer.get("Messages", [])]

    def delete(self, receipt: str) -> None:
        # MiniStack refuses a receipt that is not the latest. SQS says that all is well, and does nothing:
        # docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        with suppress(self.client.exceptions.ReceiptHandleIsInvalid):
            self.client.delete_message(QueueUrl=self.queue.url, ReceiptHandle=receipt)

    def send_letter(self, body: str, group: str | None = None) -> None:
        named: dict[str, Any] = {"MessageGroupId": group} if group else {}
        self.client.send_message(QueueUrl=self.letters.url, MessageBody=body, **named)

    def poll(self, read: Callable[[], T]) -> T:
        return eventually(read)

    def close(self) -> None:
        """Delete both queues."""
        for url in (self.queue.url, self.letters.url):
            self.client.delete_queue(QueueUrl=url)

    def _arn(self, url: str) -> str:
        return self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _message(message: Any) -> SqsMessage:
    attributes = message["Attributes"]
    count, group = int(attributes["ApproximateReceiveCount"]), attributes.get("MessageGroupId")
    return SqsMessage(message["Body"], message["ReceiptHandle"], count, group)
