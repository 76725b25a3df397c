"""The records of a table's stream, read from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3


def new_images(session: boto3.Session, table: str) -> list[dict[str, Any]]:
    """Return the images that the stream has now, of items that were written: what the event sources let through.

    Those of one item are in order; a deletion has none.
    """
    written = (one for one in _records(session, table) if one["eventName"] in ("INSERT", "MODIFY"))
    return [one["dynamodb"]["NewImage"] for one in written]


def _records(session: boto3.Session, table: str) -> Iterator[dict[str, Any]]:
    client: Any = session.client("dynamodbstreams")
    arn = session.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        while iterator and (page := client.get_records(ShardIterator=iterator))["Records"]:
            yield from page["Records"]
            iterator = page.get("NextShardIterator")
