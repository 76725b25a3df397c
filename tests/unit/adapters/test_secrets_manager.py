"""Secrets are JSON, and a Secrets Manager that does not answer is a dependency like any other."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from order_engine.adapters.secrets_manager import Secrets
from order_engine.application.errors import DependencyUnavailable


class SecretsManager:
    """Answers like Secrets Manager, and counts how often it is asked."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.asked = 0

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"SecretString": self.answer}


def secrets_of(client: Any) -> Secrets:
    return Secrets.of(client)


def test_a_secret_is_cached() -> None:
    service = SecretsManager('{"host": "db", "port": 5432}')
    secrets = secrets_of(service)
    assert secrets.read("arn") == secrets.read("arn") == {"host": "db", "port": 5432}
    assert service.asked == 1


def test_no_answer_is_a_dependency_that_is_not_there() -> None:
    with pytest.raises(DependencyUnavailable):
        secrets_of(SecretsManager(ConnectTimeoutError(endpoint_url="https://nowhere"))).read("arn")
