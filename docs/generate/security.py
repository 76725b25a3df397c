"""Who may ask for what: the security of the HTTP API's operations, from its table of routes."""

from __future__ import annotations

from docs.generate.schemas import Schema
from order_engine.application.errors import InsufficientScope, TokenExpired, Unauthenticated
from order_engine.contracts.answers import Problem
from order_engine.contracts.problems import problem_of
from order_engine.contracts.routes import ROUTES, Access

SCHEME = "accessToken"
SCHEMES: Schema = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the issuer that the deployment names at `/assets/sign-in.json`, by OpenID"
        " Connect: authorization code with PKCE for people, client credentials for machines. The names beside an"
        " operation are the scopes of which the token needs one. Where authentication is off, as on the local cloud"
        " unless it is asked for, no token is needed.",
    }
}


def access_to(method: str, path: str) -> Access:
    """Return the scopes of which an operation needs one; None where it is open."""
    route = "/assets/{file}" if path.startswith("/assets/") else path
    return ROUTES[route][method]


def security(method: str, path: str) -> list[Schema]:
    """Return an operation's security requirements: alternatives, none of them where it is open."""
    return [{SCHEME: [scope]} for scope in access_to(method, path) or ()]


def refusals(method: str, path: str) -> tuple[Problem, ...]:
    """Return what an operation answers to a caller who is not known, or may not ask for it."""
    scopes = access_to(method, path)
    if scopes is None:
        return ()
    return tuple(map(problem_of, (Unauthenticated(), TokenExpired(), InsufficientScope(scopes))))
