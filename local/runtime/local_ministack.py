"""MiniStack, with table streams kept over a restart too.

MiniStack 1.5 saves how far each consumer of a stream has read, but not the stream: after a restart consumers wait for
record 7,501 of a stream that begins anew, and what they had not read before is lost. This saves the records that some
consumer has still to read, and their place in the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.app import main  # type: ignore[import-untyped]
from ministack.core.responses import AccountRegionScopedDict  # type: ignore[import-untyped]
from ministack.services import dynamodb, lambda_svc  # type: ignore[import-untyped]

_save, _restore = dynamodb.get_state, dynamodb.load_persisted_state


def _first_unread() -> dict[tuple[str, str, str], int]:
    """Return, for each table with consumers, the place of the first record that one of them has to read."""
    first: dict[tuple[str, str, str], int] = {}
    for (account, region, mapping_id), mapping in lambda_svc._esms.all_items():
        source = mapping["EventSourceArn"]
        if ":dynamodb:" in source:
            table = (account, region, source.split("/")[1])
            read = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping_id, 0)
            first[table] = min(read, first.get(table, read))
    return first


def _get_state() -> dict[str, Any]:
    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for table, first in _first_unread().items():
        gone = dynamodb._stream_trimmed.get_scoped(*table, 0)
        records.set_scoped(*table, dynamodb._stream_records.get_scoped(*table, [])[max(0, first - gone) :])
        trimmed.set_scoped(*table, max(first, gone))
    streams = {"records": records, "trimmed": trimmed, "counter": dynamodb._stream_seq_counter}
    return {**_save(), "streams": streams}


def _load_persisted_state(data: Mapping[str, Any]) -> None:
    _restore(data)
    if streams := data.get("streams"):
        dynamodb._stream_records.update(streams["records"])
        dynamodb._stream_trimmed.update(streams["trimmed"])
        dynamodb._stream_seq_counter = streams["counter"]


if __name__ == "__main__":
    dynamodb.get_state, dynamodb.load_persisted_state = _get_state, _load_persisted_state
    main()
