"""One contract for both ledgers: the one in memory, that simulations trust, and the one on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from order_engine.adapters.dynamodb_chain import DynamoDBLedger
from order_engine.domain.errors import DependencyUnavailable
from order_engine.domain.swaps import Expired, Landed, Reverted
from order_engine.venues.ledger import InMemoryLedger, Ledger, Outcome, Record

LANDED = Landed(
    amount_out=2**64 - 1,
    fee=33,
    price_impact="0.0012",
    pool={"curve": "dlmm", "xToY": True, "pair": {"binStep": "2"}, "now": "1750000000"},
)
REVERTED = Reverted("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C", 6005, "ExceededSlippage")
OUTCOMES: list[Outcome] = [LANDED, REVERTED, Expired()]


def record(outcome: Outcome, signature: str = "sig-1") -> Record:
    final_at = datetime(2025, 6, 1, 12, 0, 2, 123_456, tzinfo=UTC)
    return Record(signature, "raydium", "o1", 2, 2**64 - 1, 2**63, outcome, final_at)


@pytest.fixture
def dynamodb_ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBLedger]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(
            TableName="chain",
            AttributeDefinitions=[{"AttributeName": "signature", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "signature", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDBLedger(client, "chain")


@pytest.fixture(params=["in memory", "on DynamoDB"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "in memory":
        return InMemoryLedger()
    on_dynamodb: DynamoDBLedger = request.getfixturevalue("dynamodb_ledger")
    return on_dynamodb


def test_an_unknown_signature_is_not_found(ledger: Ledger) -> None:
    ledger.record_once(record(LANDED, "another"))

    assert ledger.find("sig-1") is None


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_record_comes_back_as_it_was_written(ledger: Ledger, outcome: Outcome) -> None:
    assert ledger.record_once(record(outcome)) == record(outcome)
    assert ledger.find("sig-1") == record(outcome)


@pytest.mark.parametrize("first", OUTCOMES)
@pytest.mark.parametrize("second", OUTCOMES)
def test_the_first_writer_wins(ledger: Ledger, first: Outcome, second: Outcome) -> None:
    ledger.record_once(record(first))

    assert ledger.record_once(replace(record(second), final_at=datetime(2026, 1, 1, tzinfo=UTC))) == record(first)
    assert ledger.find("sig-1") == record(first)


def test_landed_swaps_of_an_order_can_be_counted() -> None:
    ledger = InMemoryLedger()
    for number, outcome in enumerate(OUTCOMES):
        ledger.record_once(record(outcome, f"sig-{number}"))

    assert ledger.landed("o1") == [record(LANDED, "sig-0")]
    assert ledger.landed("o2") == []


def test_items_can_be_counted_by_order_and_outcome(dynamodb_ledger: DynamoDBLedger) -> None:
    dynamodb_ledger.record_once(record(LANDED))

    (item,) = dynamodb_ledger.client.scan(TableName="chain")["Items"]

    assert item["orderId"] == {"S": "o1"}
    assert item["outcome"] == {"S": "landed"}
    assert (item["amountIn"], item["amountOut"]) == ({"N": str(2**64 - 1)}, {"N": str(2**64 - 1)})


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(dynamodb_ledger: DynamoDBLedger) -> None:
    broken = replace(dynamodb_ledger, table="missing")

    with pytest.raises(DependencyUnavailable):
        broken.find("sig-1")
    with pytest.raises(DependencyUnavailable):
        broken.record_once(record(LANDED))
