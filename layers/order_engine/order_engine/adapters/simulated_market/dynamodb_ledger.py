"""The simulated chain's ledger on DynamoDB: one item for each signature."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from order_engine.adapters.aws import ConditionFailed, conditional_write, unavailable_on_error
from order_engine.adapters.simulated_market.ledger import Outcome, Record
from order_engine.domain.swaps import Expired, Landed, Reverted
from order_engine.domain.timestamps import parse_timestamp

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DynamoDBLedger:
    """`Ledger` on a table with the partition key `signature`.

    Items must not expire: a signature that is forgotten could land once more.
    """

    client: DynamoDBClient
    table: str

    def find(self, signature: str) -> Record | None:
        """Read the item consistently."""
        with unavailable_on_error("DynamoDB"):
            answer = self.client.get_item(
                TableName=self.table, Key={"signature": {"S": signature}}, ConsistentRead=True
            )
        return _from_item(answer["Item"]) if "Item" in answer else None

    def record_once(self, record: Record) -> Record:
        """Put the item if there is none; the refusal brings the one that is there, so this is one call."""
        try:
            conditional_write(
                self.client.put_item,
                TableName=self.table,
                Item=_to_item(record),
                ConditionExpression="attribute_not_exists(signature)",
            )
        except ConditionFailed as refused:
            return _from_item(refused.item)
        return record


def _to_item(record: Record) -> Item:
    return {
        "signature": {"S": record.signature},
        "venue": {"S": record.venue},
        "orderId": {"S": record.order_id},
        "attempt": {"N": str(record.attempt)},
        "amountIn": {"N": str(record.amount_in)},
        "minAmountOut": {"N": str(record.min_amount_out)},
        "finalAt": {"S": record.final_at.isoformat()},
        **_outcome_to_attributes(record.outcome),
    }


def _from_item(item: Item) -> Record:
    return Record(
        signature=item["signature"]["S"],
        venue=item["venue"]["S"],
        order_id=item["orderId"]["S"],
        attempt=int(item["attempt"]["N"]),
        amount_in=int(item["amountIn"]["N"]),
        min_amount_out=int(item["minAmountOut"]["N"]),
        outcome=_outcome_from(item),
        final_at=parse_timestamp(item["finalAt"]["S"]),
    )


def _outcome_to_attributes(outcome: Outcome) -> Item:
    match outcome:
        case Landed():
            return {
                "outcome": {"S": "landed"},
                "amountOut": {"N": str(outcome.amount_out)},
                "fee": {"N": str(outcome.fee)},
                "priceImpact": {"S": outcome.price_impact},
                "pool": {"S": json.dumps(outcome.pool)},
            }
        case Reverted():
            return {
                "outcome": {"S": "reverted"},
                "program": {"S": outcome.program},
                "code": {"N": str(outcome.code)},
                "message": {"S": outcome.message},
            }
        case Expired():
            return {"outcome": {"S": "expired"}}


def _outcome_from(item: Item) -> Outcome:
    match item["outcome"]["S"]:
        case "landed":
            return Landed(
                amount_out=int(item["amountOut"]["N"]),
                fee=int(item["fee"]["N"]),
                price_impact=item["priceImpact"]["S"],
                pool=json.loads(item["pool"]["S"]),
            )
        case "reverted":
            return Reverted(item["program"]["S"], int(item["code"]["N"]), item["message"]["S"])
        case _:
            return Expired()
