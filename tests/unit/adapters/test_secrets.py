"""Secrets are JSON, and a Secrets Manager that does not answer is a dependency like any other."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.exceptions import ConnectTimeoutError

from order_engine.adapters.secrets import read_secret
from order_engine.domain.errors import DependencyUnavailable


class Secrets:
    """Answers like Secrets Manager, and counts how often it is asked."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.asked = 0

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"SecretString": self.answer}


def provider(secrets: Secrets) -> SecretsProvider:
    client: Any = secrets
    return SecretsProvider(boto3_client=client)


def test_a_secret_is_read_once_for_a_while() -> None:
    secrets = Secrets('{"host": "db", "port": 5432}')
    source = provider(secrets)
    assert read_secret(source, "arn", 60) == read_secret(source, "arn", 60) == {"host": "db", "port": 5432}
    assert secrets.asked == 1


def test_no_answer_is_a_dependency_that_is_not_there() -> None:
    with pytest.raises(DependencyUnavailable):
        read_secret(provider(Secrets(ConnectTimeoutError(endpoint_url="https://nowhere"))), "arn", 60)
