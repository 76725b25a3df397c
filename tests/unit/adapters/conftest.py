"""AWS in memory, by moto: for DynamoDB a quick second opinion, as tests/integration has the contracts kept too.

Only the tests of the adapters know of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.support.tables import create_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def clients() -> dict[str, Any]:
    """Give a client of each service, whatever the environment says; creating one takes long, so they are shared."""
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        return {service: session.client(service) for service in ("dynamodb", "sqs")}


@pytest.fixture
def aws() -> Iterator[None]:
    """Have these clients talk to an empty account in memory."""
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None, clients: dict[str, Any]) -> DynamoDBClient:
    """Give DynamoDB with the tables of the template."""
    client: DynamoDBClient = clients["dynamodb"]
    for table in ("OrdersTable", "ConnectionsTable", "ChainTable", "CountersTable", "TicketsTable"):
        create_table(client, table)
    return client


@pytest.fixture
def sqs(aws: None, clients: dict[str, Any]) -> Any:
    """Give SQS without any queue."""
    return clients["sqs"]
