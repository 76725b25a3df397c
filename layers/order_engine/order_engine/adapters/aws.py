"""What all AWS adapters share: short time-outs, and one error for a call whose effect is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from order_engine.application.errors import DependencyUnavailable


def client_config(attempts: int = 2) -> Config:
    """Return the botocore config with short time-outs: 4 seconds an attempt at most, where botocore waits minutes.

    Args:
        attempts: tries of one call, the first included.
    """
    return Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=64,
        tcp_keepalive=True,
    )


@contextmanager
def unavailable_on_error(service: str) -> Iterator[None]:
    """Turn every failure of an AWS call into `DependencyUnavailable`, naming the service."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise DependencyUnavailable(f"{service} did not answer: {error}") from error


class ConditionFailed(Exception):
    """A conditional write was refused; `item` is what is there, empty when there is nothing."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


def conditional_write(write: Callable[..., Any], **parameters: Any) -> Any:
    """Make a conditional DynamoDB write that is answered, when refused, with the item that is there.

    One call instead of a write and a read. Returns the service's answer.

    Raises:
        ConditionFailed: with the item.
        DependencyUnavailable: it may or may not have been written.
    """
    with unavailable_on_error("DynamoDB"):
        try:
            return write(ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            item: Any = error.response.get("Item", {})
            raise ConditionFailed(item) from error
