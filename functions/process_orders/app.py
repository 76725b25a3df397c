"""Processes a batch of wake-up messages: executes their orders side by side."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import ProcessOrdersSettings

from order_engine.application.process_messages import Processed
from order_engine.entrypoints.deadline import LambdaDeadline
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.queue_records import wake_ups
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
deployed = Deployed(ProcessOrdersSettings)


class NotFinished(Exception):
    """The message is needed again and must not be deleted."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process all messages of the batch at once; answer with those that must come again."""
    records = [SQSRecord(record) for record in event["Records"]]
    results = deployed.engine.processing.process(wake_ups(records), LambdaDeadline(context), _log)
    by_message = {result.wake_up.message_id: result for result in results}

    def raise_unless_finished(record: SQSRecord) -> None:
        if not by_message[record.message_id].finished:
            raise NotFinished(record.message_id)

    answer = process_partial_response(event, raise_unless_finished, processor, context)
    logger.info("batch", extra={"orders": len(records), "again": len(answer["batchItemFailures"])})
    return dict(answer)


def _log(result: Processed) -> None:
    message_id, order = result.wake_up.message_id, result.order
    if result.poison is not None:
        logger.error("poison message", extra={"message_id": message_id, "reason": result.poison})
    elif result.failure is not None:
        logger.error("processing failed", exc_info=result.failure, extra={"message_id": message_id})
    elif order is not None:
        fields = {"order_id": order.id, "status": order.status, "correlation_id": order.correlation_id}
        logger.info("order", extra=fields)
