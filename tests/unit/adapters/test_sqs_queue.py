"""What only SQS has: groups, whole seconds, batches that fail in part, figures.

The contracts are for the local cloud, in tests/integration: moto deletes also by a receipt that is not the latest.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from order_engine.adapters.sqs.gauge import SqsGauge
from order_engine.adapters.sqs.queue import SqsWakeUpQueue
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import QueueFigures
from tests.contracts.lines import Rules
from tests.support.lines import CODEC, SqsLine
from tests.support.orders import new_order

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


@pytest.fixture
def on_sqs(sqs: Any) -> SqsLine:
    return SqsLine(sqs, Rules())


@pytest.fixture
def stubbed() -> Any:
    """Give a client whose calls are compared with what is expected."""
    client = boto3.client("sqs", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        client.expects = stubber
        yield client
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("after", "seconds"), [(0, 0), (0.2, 1), (1.0, 1), (1.001, 2), (-3, 0), (899.5, 900), (1e9, 43_200)]
)
def test_a_pause_is_rounded_up_to_what_sqs_allows(stubbed: Any, after: float, seconds: int) -> None:
    expected = {"QueueUrl": URL, "ReceiptHandle": "r", "VisibilityTimeout": seconds}
    stubbed.expects.add_response("change_message_visibility", {}, expected)
    SqsWakeUpQueue(stubbed, URL, CODEC).give_back("r", after)


def test_messages_are_grouped_by_user_so_that_no_user_delays_the_others(sqs: Any) -> None:
    sent: list[Any] = []

    class Recording:
        def send_message(self, **message: Any) -> None:
            sent.append(message)

    client: Any = Recording()
    for user in ("alice", "alice", "bob", "ünï\0 " * 30):
        SqsWakeUpQueue(client, URL, CODEC).send(new_order(user_id=user))
    groups = [message["MessageGroupId"] for message in sent]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3
    assert all(group.isalnum() and len(group) <= 128 for group in groups)


def test_a_batch_that_failed_in_part_is_told(stubbed: Any) -> None:
    failed = [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]
    stubbed.expects.add_response("send_message_batch", {"Successful": [], "Failed": failed})
    with pytest.raises(DependencyUnavailable, match="refused 1 of 2"):
        SqsWakeUpQueue(stubbed, URL, CODEC).send_again([new_order().id, new_order().id])


def test_a_queue_that_does_not_answer_is_an_unavailable_dependency(on_sqs: SqsLine) -> None:
    queue = SqsWakeUpQueue(on_sqs.client, URL, CODEC)
    with pytest.raises(DependencyUnavailable, match="SQS"):
        SqsWakeUpQueue(on_sqs.client, f"{URL}-missing", CODEC).send(new_order())
    with pytest.raises(DependencyUnavailable, match="SQS"):
        SqsWakeUpQueue(on_sqs.client, f"{URL}-missing", CODEC).send_again([new_order().id])
    with pytest.raises(DependencyUnavailable, match="SQS"):
        queue.give_back("no receipt", 1)
    with pytest.raises(DependencyUnavailable, match="SQS"):
        SqsGauge(on_sqs.client, f"{URL}-missing", URL).figures()


def test_the_figures_count_waiting_in_flight_delayed_and_dead_messages(on_sqs: SqsLine) -> None:
    for _ in range(3):
        on_sqs.queue.send(new_order())
    on_sqs.client.receive_message(QueueUrl=on_sqs.queue.url, MaxNumberOfMessages=1)
    on_sqs.client.send_message(QueueUrl=on_sqs.queue.url, MessageBody="later", DelaySeconds=60)
    for number in range(2):
        on_sqs.send_letter(json.dumps(number))
    on_sqs.client.receive_message(QueueUrl=on_sqs.letters.url, MaxNumberOfMessages=1)
    figures = SqsGauge(on_sqs.client, on_sqs.queue.url, on_sqs.letters.url).figures()
    assert figures == QueueFigures(waiting=2, active=1, delayed=1, failed=2)
