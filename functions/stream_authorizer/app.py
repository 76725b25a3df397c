"""Says who opens a WebSocket: nobody yet."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import StreamAuthorizerSettings

from order_engine.entrypoints.deployed import Deployed

deployed = Deployed(StreamAuthorizerSettings)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Refuse the connection."""
    statement = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": event["methodArn"]}
    return {"principalId": "nobody", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
