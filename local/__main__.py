"""The local cloud's commands: up, redeploy, logs, psql, clean."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import EndpointConnectionError
from rich.console import Console
from rich.table import Table

from local.cloud import LocalCloud, sole_owner
from local.deploy import deploy
from local.emulator import admin_session
from local.logs import LogFile
from local.postgres import BINARIES
from local.settings import PORT_VARIABLES, ROOT, LocalCloudError, Settings, parse_parameters

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TICK_SECONDS = 0.2
_WATCHED = (ROOT / "functions", ROOT / "layers" / "order_engine", ROOT / "template.yaml")
_ORDER = '{"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}'
console = Console(highlight=False, soft_wrap=True)


class _Stop(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def up(settings: Settings, *, watch: bool) -> int:
    """Run the local cloud in the foreground until it is told to stop, and return the exit code."""
    for number in _SIGNALS:
        signal.signal(number, _stop)
    cloud = LocalCloud(settings)
    try:
        begin = time.monotonic()
        cloud.start(lambda step: console.print(f"[dim]{time.monotonic() - begin:5.1f} s[/]  {step} ..."))
        _show_addresses(settings, time.monotonic() - begin)
        return _attend(cloud, watch=watch)
    except _Stop:
        return 0
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # stopping takes its time, but not long
        console.print("[dim]Stopping[/]")
        cloud.stop()


def redeploy(settings: Settings) -> int:
    """Deploy the working tree to the local cloud that runs; it keeps the parameters that are not given anew."""
    begin = time.monotonic()
    deploy(admin_session(settings.aws_url), settings, keep=True)
    console.print(f"Deployed in {time.monotonic() - begin:.1f} s")
    return 0


def logs(settings: Settings, *, follow: bool) -> int:
    """Print what the functions have written since the local cloud was started."""
    log = LogFile(settings.functions_log, from_start=True)
    while True:
        for line in log.new_lines():
            console.print(line)
        if not follow:
            return 0
        time.sleep(_TICK_SECONDS)


def psql(settings: Settings, arguments: list[str]) -> int:
    """Become psql, connected to the local Postgres."""
    os.execv(BINARIES / "psql", ["psql", settings.postgres_url, *arguments])


def clean(settings: Settings) -> int:
    """Forget everything: orders, history, logs."""
    if settings.state_dir.exists():
        with sole_owner(settings.state_dir):
            shutil.rmtree(settings.state_dir)
    console.print(f"{settings.state_dir} is gone")
    return 0


def _attend(cloud: LocalCloud, *, watch: bool) -> int:
    """Show what the functions write until a part of the cloud ends on its own, which is a failure."""
    log = LogFile(cloud.settings.functions_log)
    tree = dict(_tree())
    while not (ended := cloud.ended()):
        for line in log.new_lines():
            console.print(line)
        if watch and (now := dict(_tree())) != tree:
            tree = now
            _redeploy_after_edit(cloud)
        time.sleep(_TICK_SECONDS)
    for child in ended:
        console.print(f"{child.name} has ended. The end of {child.log}:", style="red")
        console.print(child.log_tail(), markup=False)
    return 1


def _redeploy_after_edit(cloud: LocalCloud) -> None:
    begin = time.monotonic()
    try:
        cloud.deploy()
    except (LocalCloudError, SyntaxError, ValueError) as error:
        console.print(f"Not deployed: {error}", style="red", markup=False)
    else:
        console.print(f"[dim]Deployed in {time.monotonic() - begin:.1f} s[/]")


def _tree() -> Iterator[tuple[str, int]]:
    """Yield the files that a deployment depends on, with the time of their last change."""
    for place in _WATCHED:
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
    console.print(
        f"curl {settings.url}/api/orders/execute -H 'content-type: application/json' -d '{_ORDER}'\n", markup=False
    )


def _stop(number: int, frame: object) -> None:
    raise _Stop


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    for name, variable in PORT_VARIABLES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=variable, help=f"or {variable} in the environment")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("up", up), ("redeploy", redeploy), ("logs", logs), ("psql", psql), ("clean", clean)):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        if name in {"up", "redeploy"}:
            command.add_argument(
                "--parameter", action="append", default=[], metavar="KEY=VALUE", help="of the template; or PARAMETERS"
            )
        if name == "up":
            command.add_argument("--watch", action="store_true", help="deploy again after each edit")
        if name == "logs":
            command.add_argument("-f", "--follow", action="store_true", help="go on as more is written")
    arguments, rest = parser.parse_known_args()
    if rest and arguments.command != "psql":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    return arguments


def _settings(arguments: argparse.Namespace) -> Settings:
    flags = {variable: flag for variable in PORT_VARIABLES.values() if (flag := getattr(arguments, variable))}
    settings = Settings.from_environment(os.environ | flags)
    parameters = parse_parameters(getattr(arguments, "parameter", []))
    return replace(settings, parameters={**settings.parameters, **parameters})


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    match arguments.command:
        case "up":
            return up(settings, watch=arguments.watch)
        case "redeploy":
            return redeploy(settings)
        case "logs":
            return logs(settings, follow=arguments.follow)
        case "psql":
            return psql(settings, arguments.rest)
        case _:
            return clean(settings)


def main() -> int:
    """Run a command and return its exit code."""
    arguments = _arguments()
    try:
        return _run(arguments)
    except EndpointConnectionError:
        console.print("No local cloud is running there.", style="red")
    except LocalCloudError as error:
        console.print(str(error), style="red", markup=False)
    except KeyboardInterrupt:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
