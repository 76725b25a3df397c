"""What a gateway might hand on instead of an identity, or with one that permits nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from order_engine.contracts.identity import context_of
from tests.support.callers import ALICE, claims_of

ABSENT = object()
GOOD: Mapping[str, Any] = claims_of(ALICE)
CONTEXT: Mapping[str, Any] = context_of(ALICE)
NO_NAMES: tuple[object, ...] = (None, "", 7, True, ["alice"], "a\0", "ü", {})
NO_TIMES: tuple[object, ...] = (None, "", "abc", "nan", "1e999", True, [])
NO_SCOPES: tuple[object, ...] = ("", "openid", "[]", None, 7, True, {"orders/read": 1}, "ORDERS/READ", "orders/read,x")
EXPIRED = "1767225600"
"""When the clock in memory starts: a token that ends then has ended."""


def without(name: str, whole: Mapping[str, Any] = GOOD) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if key != name}


def jwt(claims: object, **more: object) -> dict[str, Any]:
    """Return what the HTTP API's JWT authorizer hands on."""
    return {"jwt": {"claims": claims, **more}}


NOBODY: dict[str, object] = {
    "absent": ABSENT,
    "None": None,
    "an empty object": {},
    "a list": [],
    "a list of authorizers": [jwt(GOOD)],
    "a text": "x",
    "a number": 7,
    "True": True,
    "a principal only": {"principalId": "alice"},
    "an IAM caller": {"iam": {"userId": "AIDAXMPL", "accountId": "123456789012", "cognitoIdentity": None}},
    "an older deployment's authorizer": {"lambda": {"userId": "alice"}},
    "an older deployment's connection": {"userId": "alice"},
    "a REST API's authorizer": {"claims": GOOD},
    "claims at the top": GOOD,
    "no jwt": {"jwt": None},
    "an empty jwt": {"jwt": {}},
    "a token for a jwt": {"jwt": "header.payload.signature"},
    "claims for a jwt": {"jwt": GOOD},
    "a list for a jwt": {"jwt": [GOOD]},
    "scopes without claims": {"jwt": {"scopes": ["orders/read", "orders/write", "orders/admin"]}},
    "JWT": {"JWT": {"claims": GOOD}},
    "no claims": jwt(None),
    "empty claims": jwt({}),
    "a list for claims": jwt([GOOD]),
    "a text for claims": jwt("sub=alice"),
    "True for claims": jwt(True),
    "without subject": jwt(without("sub")),
    "subject elsewhere": jwt(without("sub") | {"username": "alice", "cognito:username": "alice", "email": "alice"}),
    **{f"subject {subject!r}": jwt({**GOOD, "sub": subject}) for subject in NO_NAMES},
    "without expiry": jwt(without("exp")),
    **{f"expiry {expiry!r}": jwt({**GOOD, "exp": expiry}) for expiry in NO_TIMES},
    "an ID token": jwt({**GOOD, "token_use": "id", "aud": "browser"}),
    **{f"token_use {use!r}": jwt({**GOOD, "token_use": use}) for use in ("refresh", "", "ACCESS", None, 7, ["access"])},
}
"""By name, what is in `requestContext.authorizer` of somebody whom nobody knows."""

NOBODY_IN_COGNITO: dict[str, object] = {"without token_use": jwt(without("token_use"))}
"""The same, where another issuer's tokens are as good as that."""

ENDED: dict[str, object] = {
    f"expired {expiry!r}": jwt({**GOOD, "exp": expiry}) for expiry in (EXPIRED, 1767225600, "0", "-1", "1767225599.9")
}
"""Somebody whose token has ended."""

POWERLESS: dict[str, object] = {
    "without scope": jwt(without("scope")),
    "scopes in a list beside the claims": jwt(without("scope"), scopes=["orders/read", "orders/write", "orders/admin"]),
    "groups": jwt(without("scope") | {"cognito:groups": "[admins]"}),
    **{f"scope {scope!r}": jwt({**GOOD, "scope": scope}) for scope in NO_SCOPES},
}
"""Somebody whose token permits nothing here."""

NOBODY_ON_A_SOCKET: dict[str, object] = {
    **dict(list(NOBODY.items())[:17]),
    "an HTTP request's claims": jwt(GOOD),
    "without subject": without("subject", CONTEXT),
    "only a subject": {"subject": "alice"},
    "context in itself": {"context": CONTEXT},
    **{f"subject {who!r}": {**CONTEXT, "subject": who} for who in NO_NAMES},
    "without expiry": without("expiresAt", CONTEXT),
    **{f"expiry {expiry!r}": {**CONTEXT, "expiresAt": expiry} for expiry in NO_TIMES},
}
"""By name, what is in `requestContext.authorizer` of a WebSocket event of somebody whom nobody knows."""

ENDED_ON_A_SOCKET: dict[str, object] = {
    f"expired {expiry!r}": {**CONTEXT, "expiresAt": expiry} for expiry in (EXPIRED, 1767225600, "0", "-1")
}

POWERLESS_ON_A_SOCKET: dict[str, object] = {
    "without scope": without("scope", CONTEXT),
    "scopes elsewhere": without("scope", CONTEXT) | {"scopes": "orders/read", "claims": {"scope": "orders/admin"}},
    **{f"scope {scope!r}": {**CONTEXT, "scope": scope} for scope in NO_SCOPES},
}


def with_authorizer(given: dict[str, Any], authorizer: object) -> dict[str, Any]:
    """Return an event with this for an identity, or with none."""
    given["requestContext"].pop("authorizer", None)
    if authorizer is not ABSENT:
        given["requestContext"]["authorizer"] = authorizer
    return given
