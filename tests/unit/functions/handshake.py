"""WebSocket handshakes, as the gateway asks the authorizer about them."""

from __future__ import annotations

from typing import Any

from tests.support.events import event
from tests.support.functions import Deployment

METHOD = event("authorize_ticket")["methodArn"]


def asked(query: object = None, headers: object = None) -> dict[str, Any]:
    """Return what the gateway asks the authorizer at a handshake."""
    return event("authorize_ticket") | {"queryStringParameters": query, "headers": headers}


def answer(deployed: Deployment, given: dict[str, Any]) -> dict[str, Any]:
    """Return the context of a connection that is allowed; none where it is refused. Checks the policy's form."""
    policy: dict[str, Any] = deployed.call("stream_authorizer", given)
    (statement,) = policy["policyDocument"]["Statement"]
    assert policy["policyDocument"]["Version"] == "2012-10-17"
    assert (statement["Action"], statement["Resource"]) == ("execute-api:Invoke", METHOD)
    assert statement["Effect"] in ("Allow", "Deny")
    if statement["Effect"] == "Deny":
        assert (policy["principalId"], policy["context"]) == ("nobody", {})
        return {}
    assert policy["principalId"] == policy["context"]["subject"]
    assert all(type(value) is str for value in policy["context"].values())
    context: dict[str, Any] = policy["context"]
    return context


def by_ticket(deployed: Deployment, ticket: object) -> dict[str, Any]:
    return answer(deployed, asked({"ticket": ticket}, {"Host": "example.org"}))


def by_token(deployed: Deployment, header: object, name: str = "Authorization") -> dict[str, Any]:
    return answer(deployed, asked(None, {"Host": "example.org", name: header}))
