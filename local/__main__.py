"""The local cloud's commands: up, redeploy, logs, psql, clean."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import time
from dataclasses import replace

from local.cloud import exclusive_state_dir
from local.deploy import deploy
from local.describe import describe
from local.emulator import admin_session
from local.foreground import POLL_SECONDS, console, up
from local.logs import LogFile
from local.postgres import POSTGRES_BINARIES
from local.settings import HOST, PORT_VARIABLES, LocalCloudError, Settings, parse_parameters


def redeploy(settings: Settings) -> int:
    """Deploy the working tree to the running local cloud; parameters that are not given keep their values."""
    _require_listener(settings.aws_port)
    begin = time.monotonic()
    describe(settings, deploy(admin_session(settings.aws_url), settings, keep_parameters=True))
    console.print(f"Deployed in {time.monotonic() - begin:.1f} s")
    return 0


def logs(settings: Settings, *, follow: bool) -> int:
    """Print the functions' log since the local cloud was started."""
    if follow:
        _require_listener(settings.aws_port)
    log = LogFile(settings.functions_log, from_start=True)
    while True:
        for line in log.new_lines():
            console.print(line)
        if not follow:
            return 0
        time.sleep(POLL_SECONDS)


def psql(settings: Settings, arguments: list[str]) -> int:
    """Replace this process by psql, connected to the local Postgres."""
    _require_listener(settings.postgres_port)
    os.execv(POSTGRES_BINARIES / "psql", ["psql", settings.postgres_url, *arguments])


def clean(settings: Settings) -> int:
    """Delete the state directory: orders, history, logs."""
    if settings.state_dir.exists():
        with exclusive_state_dir(settings.state_dir):
            shutil.rmtree(settings.state_dir)
    console.print(f"Deleted {settings.state_dir}")
    return 0


def _require_listener(port: int) -> None:
    """Raise `LocalCloudError` if nothing listens on the port, at once and not after all the retries of a client."""
    try:
        socket.create_connection((HOST, port)).close()
    except OSError as error:
        raise LocalCloudError(
            f"No local cloud is running: nothing listens on port {port}. Start it: make run."
        ) from error


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
            command.add_argument("--watch", action="store_true", help="redeploy after each edit")
        if name == "logs":
            command.add_argument("-f", "--follow", action="store_true", help="print new lines as they are written")
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
    except LocalCloudError as error:
        console.print(str(error), style="red", markup=False)
    except KeyboardInterrupt:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
