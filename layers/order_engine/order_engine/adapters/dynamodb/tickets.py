"""The tickets table: an item for each ticket that has not been used; TTL removes those that never are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from order_engine.adapters.aws import ConditionFailed, conditional_write, unavailable_on_error
from order_engine.adapters.dynamodb.callers import caller_attributes, caller_in
from order_engine.application.identity import Caller

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBTickets:
    """`Tickets` on a DynamoDB table."""

    client: DynamoDBClient
    table: str

    def add(self, ticket_hash: str, caller: Caller, expires_at: datetime) -> None:
        """Put the ticket's item. The hash of 256 random bits is nobody else's, so there is no condition."""
        item = {"ticketHash": {"S": ticket_hash}, "expiresAt": {"N": str(int(expires_at.timestamp()))}}
        with unavailable_on_error("DynamoDB"):
            self.client.put_item(TableName=self.table, Item=item | caller_attributes(caller))

    def take(self, ticket_hash: str, now: datetime) -> Caller | None:
        """Delete the item, if it is there and has not expired: TTL may be days late. One delete can succeed."""
        try:
            answer = conditional_write(
                self.client.delete_item,
                TableName=self.table,
                Key={"ticketHash": {"S": ticket_hash}},
                ConditionExpression="expiresAt > :now",
                ExpressionAttributeValues={":now": {"N": str(now.timestamp())}},
                ReturnValues="ALL_OLD",
            )
        except ConditionFailed:
            return None
        return caller_in(answer["Attributes"])
