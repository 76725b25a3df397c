"""Runs the local cloud in the foreground: prints its addresses, then the functions' log until it is stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from local.cloud import LocalCloud
from local.logs import LogFile
from local.settings import ROOT, LocalCloudError, Settings
from local.users import USERS

POLL_SECONDS = 0.2
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCHED = tuple(ROOT / name for name in ("functions", "layers", "dashboard", "template.yaml"))
_SAMPLE_ORDER = '{"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}'
console = Console(highlight=False, soft_wrap=True)


class _StopRequested(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def up(settings: Settings, *, watch: bool) -> int:
    """Run the local cloud in the foreground until a signal stops it, and return the exit code."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _raise_stop_requested)
    cloud = LocalCloud(settings)
    try:
        begin = time.monotonic()
        cloud.start(lambda step: console.print(f"[dim]{time.monotonic() - begin:5.1f} s[/]  {step} ..."))
        _show_addresses(cloud.settings, time.monotonic() - begin)
        _show_callers(cloud)
        return _run_until_a_part_ends(cloud, watch=watch)
    except _StopRequested:
        return 0
    finally:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # stopping takes seconds and is not to be interrupted
        if cloud.started:
            console.print("[dim]Stopping[/]")
        cloud.stop()


def _run_until_a_part_ends(cloud: LocalCloud, *, watch: bool) -> int:
    """Print the functions' log until a part of the cloud ends on its own, which is a failure."""
    log = LogFile(cloud.settings.functions_log)
    deployed = dict(_modification_times())
    while not (ended := cloud.ended_children()):
        for line in log.new_lines():
            console.print(line)
        if watch and (present := dict(_modification_times())) != deployed:
            deployed = present
            _redeploy_after_edit(cloud)
        time.sleep(POLL_SECONDS)
    for child in ended:
        console.print(f"{child.name} has ended. The end of {child.log}:", style="red")
        console.print(child.log_tail(), markup=False)
    return 1


def _redeploy_after_edit(cloud: LocalCloud) -> None:
    begin = time.monotonic()
    try:
        cloud.deploy()
    except (LocalCloudError, OSError) as error:
        console.print(f"Not deployed: {error}", style="red", markup=False)
    else:
        console.print(f"[dim]Deployed in {time.monotonic() - begin:.1f} s[/]")


def _modification_times() -> Iterator[tuple[str, int]]:
    """Yield the files that a deployment depends on, with their modification times in nanoseconds."""
    for place in WATCHED:
        for path in [place] if place.is_file() else place.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path), path.stat().st_mtime_ns


def _show_addresses(settings: Settings, seconds: float) -> None:
    table = Table(title=f"Ready in {seconds:.1f} s", title_justify="left", show_header=False)
    table.add_row("Dashboard", settings.url)
    table.add_row("API", f"{settings.url}/api/orders")
    table.add_row("WebSocket", settings.websocket_url)
    table.add_row("Postgres", settings.postgres_url)
    table.add_row("AWS endpoint", f"{settings.aws_url}  (key and secret: test)")
    console.print(table)


def _show_callers(cloud: LocalCloud) -> None:
    """Print who may do what, and a request that may be made."""
    token = ""
    if cloud.auth_mode == "none":
        console.print("Open: everybody may do everything. To have people sign in: make run AUTH=1")
    else:
        token = ' -H "authorization: Bearer $ORDERS_TOKEN"'
    for name, password in cloud.users.items():
        groups = f"  ({', '.join(USERS[name])})" if USERS[name] else ""
        console.print(f"Sign in as {name} with {password}{groups}", markup=False)
    request = f"{cloud.settings.url}/api/orders/execute{token} -H 'content-type: application/json'"
    console.print(f"curl {request} -d '{_SAMPLE_ORDER}'\n", markup=False)


def _raise_stop_requested(number: int, frame: object) -> None:
    raise _StopRequested
