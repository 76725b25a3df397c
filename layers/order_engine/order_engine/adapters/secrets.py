"""Secrets, kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from order_engine.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider


def read_secret(secrets: SecretsProvider, arn: str, max_age: int) -> dict[str, Any]:
    """Return a JSON secret, at most `max_age` seconds old.

    Raises:
        DependencyUnavailable: Secrets Manager did not answer, or has no such secret.
    """
    try:
        secret: Any = secrets.get(arn, transform="json", max_age=max_age)
    except GetParameterError as error:
        raise DependencyUnavailable(f"Secrets Manager did not answer: {error}") from error
    return dict(secret)
