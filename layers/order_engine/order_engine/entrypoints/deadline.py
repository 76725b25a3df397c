"""How long a Lambda invocation may still run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class LambdaContext(Protocol):
    """The part of Lambda's context object that tells the time left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return milliseconds until Lambda kills the invocation."""


@dataclass(frozen=True, slots=True)
class LambdaDeadline:
    """`Deadline` of a Lambda invocation."""

    context: LambdaContext

    def remaining(self) -> float:
        """Return the seconds left."""
        return self.context.get_remaining_time_in_millis() / 1000
