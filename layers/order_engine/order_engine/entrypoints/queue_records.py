"""What the records of the order queue say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from order_engine.application.ports import WakeUp
from order_engine.contracts.queue import JsonWakeUpCodec

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

_CODEC = JsonWakeUpCodec()


def wake_ups(records: Sequence[SQSRecord]) -> list[WakeUp]:
    """Return the messages of a batch."""
    return [
        WakeUp.received(
            record.message_id,
            record.receipt_handle,
            int(record.attributes.approximate_receive_count),
            record.body,
            _CODEC,
        )
        for record in records
    ]
