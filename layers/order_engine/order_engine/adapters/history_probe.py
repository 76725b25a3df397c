"""Whether Postgres answers, asked of the function that can reach it: the public API is in no VPC."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import answering
from order_engine.application.watch_engine import HISTORY_PROBE
from order_engine.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class HistoryProbe:
    """Asks Postgres through `read_history`."""

    client: LambdaClient
    function: str

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless Postgres answers."""
        with answering("Lambda"):
            answer = self.client.invoke(FunctionName=self.function, Payload=json.dumps(HISTORY_PROBE))
        if "FunctionError" in answer:
            raise DependencyUnavailable("Postgres did not answer.")
