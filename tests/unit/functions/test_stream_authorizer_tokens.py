"""Who may open a WebSocket connection: who sends a good access token, in the header where such belong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from order_engine.adapters.oidc.token_verifier import JwtVerifier
from order_engine.application.errors import DependencyUnavailable
from order_engine.contracts.identity import context_of
from tests.support.callers import ALICE, BOB
from tests.support.functions import Deployment
from tests.support.issuer import AUDIENCE, Issuer, running_issuer
from tests.unit.functions.handshake import answer, asked, by_ticket, by_token

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def issuer(deployed: Deployment) -> Iterator[Issuer]:
    """Give a real issuer whose tokens the authorizer takes; as those are made now, it is now."""
    with running_issuer() as running:
        deployed.set(AUTH_MODE="cognito")
        deployed.engine.clock.time = datetime.now(UTC)
        deployed.replace("token_verifier", JwtVerifier(running.url, AUDIENCE))
        yield running


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_an_access_token_opens_a_connection_as_its_subject(
    deployed: Deployment, issuer: Issuer, scheme: str, name: str
) -> None:
    claims = issuer.claims()
    context = by_token(deployed, scheme + issuer.token(exp=claims["exp"]), name)
    assert context == {
        "subject": "alice",
        "scope": "orders/read orders/write",
        "expiresAt": str(claims["exp"]),
    }


def test_a_token_opens_as_many_connections_as_one_likes(deployed: Deployment, issuer: Issuer) -> None:
    header = f"Bearer {issuer.token(client_id='machine', sub='machine', scope='orders/admin')}"
    assert [by_token(deployed, header)["scope"] for _ in range(3)] == ["orders/admin"] * 3


def test_scopes_of_other_services_are_not_handed_on(deployed: Deployment, issuer: Issuer) -> None:
    context = by_token(deployed, f"Bearer {issuer.token(scope='openid aws.cognito.signin.user.admin profile')}")
    assert context["scope"] == ""


BAD_TOKENS: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda issuer: issuer.token(exp=1),
    "without expiry": lambda issuer: issuer.token(exp=None),
    "wrong issuer": lambda issuer: issuer.token(iss="https://elsewhere.example.org"),
    "wrong audience": lambda issuer: issuer.token(aud="somebody's"),
    "wrong client": lambda issuer: issuer.token(client_id="somebody's"),
    "alg none": lambda issuer: issuer.token("none"),
    "HS256 with the public key": lambda issuer: issuer.token("HS256"),
    "tampered with": lambda issuer: issuer.token(sub="bob").rpartition(".")[0] + issuer.token()[-343:],
    "unknown key": lambda issuer: issuer.token(signed_by="other"),
    "an ID token": lambda issuer: issuer.token(token_use="id", aud="browser"),
    "a refresh token": lambda issuer: issuer.token(token_use="refresh"),
    "without token_use": lambda issuer: issuer.token(token_use=None),
    "without subject": lambda issuer: issuer.token(sub=None),
    "a subject that is none": lambda issuer: issuer.token(sub="a\0"),
    "garbage": lambda _: "header.payload.signature",
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_opens_nothing(deployed: Deployment, issuer: Issuer, make: Callable[[Issuer], str]) -> None:
    assert by_token(deployed, f"Bearer {make(issuer)}") == {}


def test_another_issuers_access_tokens_need_no_token_use(deployed: Deployment, issuer: Issuer) -> None:
    deployed.set(AUTH_MODE="jwt")
    assert by_token(deployed, f"Bearer {issuer.token(token_use=None)}")
    assert by_token(deployed, f"Bearer {issuer.token(token_use='id')}") == {}


@pytest.mark.parametrize(
    "scheme", ["", "Basic ", "Token ", "Bearer", "Bearer:", "Bearer\t", "Bearer, Bearer ", "DPoP "]
)
def test_a_token_is_shown_as_a_bearers(deployed: Deployment, issuer: Issuer, scheme: str) -> None:
    assert by_token(deployed, scheme + issuer.token()) == {}


@pytest.mark.parametrize(
    "name", ["X-Authorization", "Cookie", "Sec-WebSocket-Protocol", "Authorization ", "Proxy-Authorization"]
)
def test_no_other_header_is_looked_at(deployed: Deployment, issuer: Issuer, name: str) -> None:
    assert by_token(deployed, f"Bearer {issuer.token()}", name) == {}


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization", "authorization", "Ticket", "ticket"])
def test_a_token_in_the_address_opens_nothing(deployed: Deployment, issuer: Issuer, name: str) -> None:
    for value in (issuer.token(), f"Bearer {issuer.token()}"):
        assert answer(deployed, asked({name: value}, {})) == {}


@pytest.mark.parametrize("status", [500, 404, b"<html>"])
def test_without_the_issuers_keys_there_is_no_answer_at_all(deployed: Deployment, issuer: Issuer, status: Any) -> None:
    issuer.answers = {"/keys.json": status}
    with pytest.raises(DependencyUnavailable):
        by_token(deployed, f"Bearer {issuer.token()}")


def test_no_ticket_or_token_is_in_a_log_or_an_answer(
    deployed: Deployment, issuer: Issuer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    ticket = deployed.engine.stream_tickets.issue(ALICE)
    tokens = [
        issuer.token(),
        *(make(issuer) for name, make in BAD_TOKENS.items() if name not in ("garbage", "nothing")),
    ]
    policies = []
    for _ in range(2):
        policies.append(deployed.call("stream_authorizer", asked({"ticket": ticket}, {})))
    for token in tokens:
        for given in (
            asked({}, {"Authorization": f"Bearer {token}"}),
            asked({}, {"Authorization": token}),
            asked({"ticket": token}, {}),
            asked({"ticket": ticket}, {"Authorization": f"Bearer {token}"}),
        ):
            policies.append(deployed.call("stream_authorizer", given))
    written = capfd.readouterr()
    told = [*map(json.dumps, policies), caplog.text, written.out, written.err]
    told += [str(vars(record)) for record in caplog.records]
    assert len(caplog.records) > 20
    secrets = {ticket, *(part for token in tokens for part in token.split(".")[1:] if part)}
    assert [secret for secret in secrets for text in told if secret in text] == []


def test_both_at_once_are_refused_and_the_ticket_is_not_used_up(deployed: Deployment, issuer: Issuer) -> None:
    ticket = deployed.engine.stream_tickets.issue(BOB)
    for header in (f"Bearer {issuer.token()}", "Bearer x", "x", ""):
        assert answer(deployed, asked({"ticket": ticket}, {"Authorization": header})) == {}
    assert answer(deployed, asked({"ticket": ""}, {"Authorization": f"Bearer {issuer.token()}"})) == {}
    assert by_ticket(deployed, ticket) == context_of(BOB)
