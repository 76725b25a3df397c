"""Executes the orders of a batch of wake-up messages side by side."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from order_engine import bootstrap
from order_engine.adapters.process import LambdaDeadline
from order_engine.application.execute_order import LookAgain, OrderExecution
from order_engine.application.ports import Deadline
from order_engine.contracts.queue import WakeUp
from order_engine.domain.errors import DependencyUnavailable, OrderNotFound

if TYPE_CHECKING:
    from order_engine.adapters.sqs_queue import SqsWakeUpQueue

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

LONGEST_PAUSE = 120
"""Seconds between two looks at an order that can't be processed: 100 receives of its message then take three hours."""


class NotFinished(Exception):
    """The message is needed again and must not be deleted."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Execute all orders of the batch at once; answer with the messages that must come again."""
    # Built here and not by the first threads that need them: boto3 makes clients in one thread at a time only, and a
    # setting that makes no sense fails the whole invocation instead of blaming each order.
    worker = Worker(bootstrap.order_execution(), bootstrap.queue(), LambdaDeadline(context))
    records = [SQSRecord(record) for record in event["Records"]]
    outcomes = bootstrap.executor().run(worker.process, records)
    by_message = dict(zip((record.message_id for record in records), outcomes, strict=True))

    def outcome_of(record: SQSRecord) -> None:
        if isinstance(outcome := by_message[record.message_id], Exception):
            raise outcome

    answer = process_partial_response(event, outcome_of, processor, context)
    logger.info("batch", extra={"orders": len(records), "again": len(answer["batchItemFailures"])})
    return dict(answer)


@dataclass(frozen=True, slots=True)
class Worker:
    """Processes the messages of one invocation."""

    execution: OrderExecution
    queue: SqsWakeUpQueue
    deadline: Deadline

    def process(self, record: SQSRecord) -> None:
        """Execute one order. Raises whatever has to bring the message back."""
        try:
            wake_up = WakeUp.model_validate_json(record.body)
            result = self.execution.execute(str(wake_up.order_id), self.deadline)
        except (ValidationError, OrderNotFound) as poison:
            logger.error("poison message", extra={"message_id": record.message_id, "reason": str(poison)})
            self._give_back(record, 0)  # straight on to the dead letter queue, where somebody sees it
            raise
        except Exception:
            logger.exception("processing failed", extra={"message_id": record.message_id})
            self._give_back(record, min(2 ** int(record.attributes.approximate_receive_count), LONGEST_PAUSE))
            raise
        order = result.order
        fields = {"order_id": order.id, "status": order.status, "correlation_id": order.correlation_id}
        logger.info("order", extra=fields)
        if isinstance(result, LookAgain):
            self._give_back(record, result.after)
            raise NotFinished(f"order {order.id} is {order.status}")

    def _give_back(self, record: SQSRecord, after: float) -> None:
        """Choose when the message comes back. Where that fails it comes back by itself, only later."""
        with suppress(DependencyUnavailable):
            self.queue.give_back(record.receipt_handle, after)
