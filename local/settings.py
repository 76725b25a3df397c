"""Settings of the local cloud: ports, state directory and template parameters."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
REGION = "us-east-1"
PORT_VARIABLES = {"port": "PORT", "aws_port": "AWS_PORT", "postgres_port": "POSTGRES_PORT"}


class LocalCloudError(Exception):
    """An error that the developer can correct; its message says how."""


class PortTaken(LocalCloudError):
    """Another program listens on a port of the local cloud."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports, state directory and template parameters of one local cloud."""

    port: int = 3000
    aws_port: int = 4566
    postgres_port: int = 5433
    state_dir: Path = ROOT / ".local"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read PORT, AWS_PORT, POSTGRES_PORT, LOCAL_STATE_DIR, PARAMETERS ("Key=Value Key=Value") and AUTH (1 or 0).

        Raises:
            LocalCloudError: a value is invalid; the message names the variable.
        """
        return cls(
            **{
                name: _parse_port(environment, variable)
                for name, variable in PORT_VARIABLES.items()
                if variable in environment
            },
            state_dir=Path(environment.get("LOCAL_STATE_DIR", cls().state_dir)).absolute(),
            parameters=_parse_auth(environment) | parse_parameters(environment.get("PARAMETERS", "").split()),
        )

    @property
    def url(self) -> str:
        """Return the address at which the proxy serves the dashboard and the HTTP API."""
        return f"http://localhost:{self.port}"

    @property
    def websocket_url(self) -> str:
        """Return the address at which the proxy serves the WebSocket API."""
        return f"ws://localhost:{self.port}/ws"

    def sign_in_authority(self, user_pool_id: str) -> str:
        """Return the address under which the proxy serves what Cognito does at the domain of a user pool."""
        return f"{self.url}/_cognito/{user_pool_id}"

    @property
    def aws_url(self) -> str:
        """Return the endpoint of the emulator, as for --endpoint-url of the AWS CLI."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def postgres_url(self) -> str:
        """Return the connection URI of the Postgres database."""
        return f"postgresql://postgres@{HOST}:{self.postgres_port}/orders"

    @property
    def description(self) -> Path:
        """Return the path of the file that says where the running cloud is (see `describe`)."""
        return self.state_dir / "cloud.json"

    @property
    def users_file(self) -> Path:
        """Return the path of the passwords of the users, by their names (see `users`)."""
        return self.state_dir / "users.json"

    @property
    def functions_log(self) -> Path:
        """Return the path of the functions' log; its lines are name, tab, text."""
        return self.state_dir / "functions.log"

    def check_ports(self) -> None:
        """Raise `PortTaken` for the first port that another program uses."""
        for name, variable in PORT_VARIABLES.items():
            port = getattr(self, name)
            if reason := _reason_port_is_taken(port):
                raise PortTaken(f"Port {port} is taken ({reason}). Choose another: {variable}=<port>.")

    def proxy_listens(self) -> bool:
        """Return whether the proxy accepts connections."""
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


def parse_parameters(pairs: Iterable[str]) -> dict[str, str]:
    """Parse Key=Value pairs. Raises `LocalCloudError` for anything else."""
    parameters = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not (key and separator):
            raise LocalCloudError(f"A parameter is written Key=Value, not {pair!r}.")
        parameters[key] = value
    return parameters


def free_ports(count: int) -> list[int]:
    """Return distinct ports that are free at the moment."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _reason_port_is_taken(port: int) -> str | None:
    """Return why a port cannot be used; None if it can. It must be free on ::1 too, as `localhost` may mean that."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror
    with suppress(OSError), socket.create_connection(("::1", port)):
        return "on ::1"
    return None


def _parse_auth(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the template parameters that AUTH stands for."""
    match environment.get("AUTH", ""):
        case "":
            return {}
        case "1":
            return {"AuthMode": "cognito"}
        case "0":
            return {"AuthMode": "none"}
        case other:
            raise LocalCloudError(f"AUTH={other!r} is neither 1 (people sign in) nor 0 (everybody may do everything).")


def _parse_port(environment: Mapping[str, str], variable: str) -> int:
    text = environment[variable]
    if not text.isdigit() or not 0 < int(text) < 2**16:
        raise LocalCloudError(f"{variable}={text!r} is not a port number.")
    return int(text)
