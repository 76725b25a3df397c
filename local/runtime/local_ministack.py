"""Runs MiniStack, the AWS emulator, with four changes.

- Table streams survive a restart. MiniStack 1.5 saves the position of each consumer of a stream, but not the stream:
  after a restart consumers wait for record 7,501 of a stream that starts at 1, and unread records are lost. This saves
  the records that some consumer has not read yet, and their positions.
- A refreshed access token has the user's groups. MiniStack 1.5 forgets them, so that the trigger which adds the scope
  of administrators is not told of them.
- It is served by uvicorn, which takes two thirds of the CPU of MiniStack's own server.
- Workers are forks (see `local_fork_server`).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import uvicorn
from local_fork_server import ForkServer  # type: ignore[import-not-found]
from ministack.app import app  # type: ignore[import-untyped]
from ministack.core import lambda_runtime  # type: ignore[import-untyped]
from ministack.core.responses import AccountRegionScopedDict  # type: ignore[import-untyped]
from ministack.services import cognito, dynamodb, lambda_svc  # type: ignore[import-untyped]

_SECONDS_TO_FINISH = 3
"""How long running requests may take when the emulator is stopped."""

_save, _restore = dynamodb.get_state, dynamodb.load_persisted_state
_make_token = cognito._fake_token


def _first_unread_records() -> dict[tuple[str, str, str], int]:
    """Return the position of the first record that some consumer has not read, by table."""
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
    for table, first in _first_unread_records().items():
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


def _make_token_with_groups(*args: Any, groups: list[str] | None = None, **options: Any) -> str:
    """Make a token as MiniStack does, with the groups of the user if it is a refreshed one."""
    if groups is None and options.get("trigger_source") == "TokenGeneration_RefreshTokens":
        pool = cognito._get_pool_unscoped(args[1]) or {}
        groups = pool.get("_users", {}).get(options["username"], {}).get("_groups")
    token: str = _make_token(*args, groups=groups, **options)
    return token


def _fork_workers() -> None:
    """Have MiniStack start workers as forks."""
    popen = ForkServer().popen
    lambda_runtime.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": popen})


def serve() -> None:
    """Serve until SIGTERM or SIGINT, then save the state."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a burst opens more than the usual 1,024
    uvicorn.run(
        app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_ping_interval=None,  # API Gateway does not ping
        ws_per_message_deflate=False,  # nor compress
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the source address is that of the connection
        server_header=False,
        date_header=False,  # the emulator sets its own
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )


if __name__ == "__main__":
    dynamodb.get_state, dynamodb.load_persisted_state = _get_state, _load_persisted_state
    cognito._fake_token = _make_token_with_groups
    if sys.platform == "linux":
        _fork_workers()
    serve()
