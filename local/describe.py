"""Says in a file where the running local cloud is, for whoever wants to talk to it: the command line, tests, tools."""

from __future__ import annotations

import json

from local.deploy import Deployment
from local.settings import Settings


def describe(settings: Settings, deployment: Deployment) -> None:
    """Write `cloud.json`. What there is not, because nobody signs in, is null. It has no secrets in it."""
    outputs = deployment.outputs
    pool = outputs.get("UserPoolId")
    description = {
        "url": settings.url,
        "websocketUrl": settings.websocket_url,
        "awsUrl": settings.aws_url,
        "authMode": outputs["AuthMode"],
        "issuer": outputs.get("TokenIssuer"),
        "authority": settings.sign_in_authority(pool) if pool else outputs.get("TokenIssuer"),
        "clientId": outputs.get("BrowserClientId"),
        "machineClientId": outputs.get("MachineClientId"),
        "usersFile": str(settings.users_file) if pool else None,
    }
    temporary = settings.description.with_suffix(".new")
    temporary.write_text(json.dumps(description, indent=2))
    temporary.replace(settings.description)  # so that nobody reads half of it
