"""Secrets of Secrets Manager, cached for some minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from order_engine.application.errors import DependencyUnavailable

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

MAX_AGE = 300
"""Seconds after which a secret is read again, as passwords are rotated."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Reads JSON secrets."""

    provider: SecretsProvider
    max_age: int = MAX_AGE

    @classmethod
    def of(cls, client: SecretsManagerClient) -> Self:
        """Return the secrets that a client reads, with its time-outs instead of botocore's own."""
        return cls(SecretsProvider(boto3_client=client))

    def read(self, arn: str) -> dict[str, Any]:
        """Return a JSON secret, at most `max_age` seconds old.

        Raises:
            DependencyUnavailable: Secrets Manager did not answer, or has no such secret.
        """
        try:
            secret: Any = self.provider.get(arn, transform="json", max_age=self.max_age)
        except GetParameterError as error:
            raise DependencyUnavailable(f"Secrets Manager did not answer: {error}") from error
        return dict(secret)
