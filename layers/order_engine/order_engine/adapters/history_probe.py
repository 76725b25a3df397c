"""The health check of Postgres, by the function that can reach it: the public API is in no VPC."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import unavailable_on_error
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports.dependencies import HISTORY_PROBE

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class HistoryProbe:
    """Asks Postgres through `read_history`."""

    client: LambdaClient
    function: str

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless Postgres answers."""
        with unavailable_on_error("Lambda"):
            answer = self.client.invoke(FunctionName=self.function, Payload=json.dumps(HISTORY_PROBE))
        if "FunctionError" in answer:
            raise DependencyUnavailable("Postgres did not answer.")
