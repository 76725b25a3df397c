"""The ledger on DynamoDB: the contract, and what only the table has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from order_engine.adapters.simulated_market.dynamodb_ledger import DynamoDBLedger
from order_engine.application.errors import DependencyUnavailable
from tests.contracts.ledger import LANDED, LedgerContract, record

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def ledger(dynamodb: DynamoDBClient) -> DynamoDBLedger:
    return DynamoDBLedger(dynamodb, "ChainTable")


class TestLedger(LedgerContract):
    """On DynamoDB."""


def test_items_can_be_counted_by_order_and_outcome(ledger: DynamoDBLedger) -> None:
    ledger.record_once(record(LANDED))

    (item,) = ledger.client.scan(TableName=ledger.table)["Items"]

    assert item["orderId"] == {"S": "o1"}
    assert item["outcome"] == {"S": "landed"}
    assert (item["amountIn"], item["amountOut"]) == ({"N": str(2**64 - 1)}, {"N": str(2**64 - 1)})


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(ledger: DynamoDBLedger) -> None:
    broken = replace(ledger, table="missing")

    with pytest.raises(DependencyUnavailable):
        broken.find("sig-1")
    with pytest.raises(DependencyUnavailable):
        broken.record_once(record(LANDED))
