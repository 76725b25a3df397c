"""What an operator is told when AWS refuses or can't be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from order_engine.application.errors import DependencyUnavailable
from orders_client.errors import OrdersError

HOW_TO_REACH_AWS = (
    "For a stack on AWS: set --url to its address, credentials and AWS_REGION. For the local cloud: make run; where it"
    " has another AWS_PORT: AWS_ENDPOINT_URL=http://127.0.0.1:<port> and AWS_ACCESS_KEY_ID=test"
    " AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1."
)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn `DependencyUnavailable` into the error that the command line prints with its next step."""
    try:
        yield
    except DependencyUnavailable as error:
        raise OrdersError(reason(error), HOW_TO_REACH_AWS) from error


def reason(error: DependencyUnavailable) -> str:
    """Return what AWS said, or why it can't be reached."""
    return f"AWS: {error.__cause__ or error}"
