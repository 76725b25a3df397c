"""The engine's stack on AWS, for operators: what its outputs name, and clients of the services in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from orders_client.errors import OrdersError

StackName = Annotated[str, typer.Option("--stack", envvar="ORDERS_STACK", help="Name of the engine's stack.")]
DEFAULT_STACK = "order-engine"

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_LOCAL_ENDPOINT = "http://127.0.0.1:4566"
_HOW_TO_REACH_AWS = (
    "For a stack on AWS: set --url to its address, credentials and AWS_REGION. For the local cloud: make run; where it"
    " has another AWS_PORT: AWS_ENDPOINT_URL=http://127.0.0.1:<port> and AWS_ACCESS_KEY_ID=test"
    " AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1."
)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that was found.

    Args:
        session: makes clients.
        endpoint: where AWS is, if not at its own addresses.
        outputs: what the stack tells of itself.
    """

    session: Any
    endpoint: str | None
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        return self.session.client(service, endpoint_url=self.endpoint)

    def output(self, name: str) -> str:
        """Return an output. Raises `OrdersError` where there is none, as in another program's stack."""
        if name not in self.outputs:
            raise OrdersError(f"The stack has no output {name}.", "Name the engine's stack: --stack")
        return self.outputs[name]


def find_stack(name: str, url: str) -> Stack:
    """Find the stack of the engine at `url`.

    boto3 finds region, credentials and AWS_ENDPOINT_URL as usual. Without the latter, an engine on this machine is
    that of the local cloud, and so is its AWS.

    Raises:
        OrdersError: boto3 is not installed, AWS can't be reached, or there is no such stack.
    """
    try:
        import boto3  # noqa: PLC0415 - only operators need it
    except ModuleNotFoundError as missing:
        raise OrdersError("This command needs boto3.", "pip install boto3") from missing
    local = urlsplit(url).hostname in _LOCAL_HOSTS and "AWS_ENDPOINT_URL" not in os.environ
    region = os.environ.get("AWS_REGION")  # which other SDKs know, and boto3 does not
    session = boto3.Session("test", "test", region_name="us-east-1") if local else boto3.Session(region_name=region)
    stack = Stack(session, _LOCAL_ENDPOINT if local else None, {})
    with aws():
        found = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    return Stack(session, stack.endpoint, outputs)


@contextmanager
def aws() -> Iterator[None]:
    """Turn what AWS refuses, and that it can't be reached, into an `OrdersError`."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OrdersError(f"AWS: {error}", _HOW_TO_REACH_AWS) from error
