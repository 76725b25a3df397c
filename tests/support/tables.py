"""The tables that `template.yaml` defines, made with a DynamoDB client."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_KEPT = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@cache
def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
    return resources


def create_table(client: DynamoDBClient, resource: str, name: str | None = None) -> str:
    """Create the table with this logical id, such as ``OrdersTable``, and return its name: the same by default."""
    properties = _resources()[resource]["Properties"]
    definition = {name: properties[name] for name in _KEPT if name in properties}
    if stream := properties.get("StreamSpecification"):
        definition["StreamSpecification"] = {"StreamEnabled": True, **stream}
    client.create_table(TableName=name or resource, **definition)
    return name or resource
