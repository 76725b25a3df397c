"""The local cloud with AUTH=1: people and bots get real tokens, and the gateway lets in whom the template says."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.cloud import LocalCloud, temporary_cloud
from local.settings import Settings, free_ports
from tests.support.cloud import PARAMETERS
from tests.support.tokens import access_token, authority, bearer, machine_token, mint, refresh, sign_in

ADMIN = "orders/admin"


@pytest.fixture(scope="module")
def guarded() -> Iterator[LocalCloud]:
    """Give a cloud whose users sign in."""
    with temporary_cloud(AuthMode="cognito", **PARAMETERS) as cloud:
        yield cloud


def claims(token: str) -> dict[str, Any]:
    """Return what a token says, without asking whether it is true."""
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def status(cloud: LocalCloud, path: str, token: str | None = None, method: str = "GET") -> int:
    headers = bearer(token) if token else {}
    return httpx.request(method, f"{cloud.settings.url}{path}", headers=headers, timeout=30).status_code


def test_people_get_tokens_for_what_they_asked_for(guarded: LocalCloud) -> None:
    token = claims(access_token(guarded, "alice", "openid orders/read"))
    assert (token["username"], token["token_use"]) == ("alice", "access")
    assert (token["iss"], token["client_id"]) == (guarded.outputs["TokenIssuer"], guarded.outputs["BrowserClientId"])
    assert set(token["scope"].split()) == {"openid", "orders/read"}


def test_an_administrator_gets_the_scope_that_nobody_can_ask_for(guarded: LocalCloud) -> None:
    tokens = sign_in(guarded, "olga")
    assert ADMIN in claims(tokens["access_token"])["scope"].split()
    assert ADMIN not in claims(access_token(guarded, "bob"))["scope"].split()
    asked = {
        "client_id": guarded.outputs["BrowserClientId"],
        "redirect_uri": f"{guarded.settings.url}/",
        "response_type": "code",
        "scope": f"openid {ADMIN}",
    }
    refused = httpx.get(f"{authority(guarded)}/oauth2/authorize", params=asked)
    assert "invalid_scope" in refused.headers["Location"]


def test_a_refreshed_token_permits_the_same(guarded: LocalCloud) -> None:
    for user in ("alice", "olga"):
        tokens = sign_in(guarded, user)
        refreshed = refresh(guarded, tokens["refresh_token"])["access_token"]
        before, after = (set(claims(token)["scope"].split()) for token in (tokens["access_token"], refreshed))
        assert before == after


def test_bots_get_tokens_by_their_secret(guarded: LocalCloud) -> None:
    token = claims(machine_token(guarded))
    assert token["client_id"] == token["sub"] == guarded.outputs["MachineClientId"]
    assert set(token["scope"].split()) == {"orders/read", "orders/write"}


def test_a_token_opens_what_its_scope_permits(guarded: LocalCloud) -> None:
    reader, trader, admin = (
        access_token(guarded, user, scope)
        for user, scope in (("alice", "orders/read"), ("alice", "orders/write"), ("olga", "orders/read"))
    )
    asked = {
        path: [status(guarded, path, token) for token in (None, reader, trader, admin)]
        for path in ("/health", "/", "/api/orders", "/api/metrics")
    }
    assert asked == {
        "/health": [200, 200, 200, 200],
        "/": [200, 200, 200, 200],
        "/api/orders": [401, 200, 403, 200],
        "/api/metrics": [401, 403, 403, 200],
    }
    assert [status(guarded, "/api/orders", token, "POST") for token in (None, reader, trader)] == [401, 403, 400]
    assert [status(guarded, "/nothing/there", token) for token in (None, reader, trader)] == [401, 404, 404]


@pytest.mark.parametrize(
    "odd",
    [
        {"exp": 1},
        {"client_id": "another"},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another"},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"header": {"kid": "another"}},
        {"key": rsa.generate_private_key(65537, 2048)},
    ],
)
def test_a_token_that_is_not_the_pools_for_this_api_opens_nothing(guarded: LocalCloud, odd: dict[str, Any]) -> None:
    assert status(guarded, "/api/orders", mint(guarded)) == 200
    assert status(guarded, "/api/orders", mint(guarded, **odd)) == 401


def test_the_gateways_refusals_are_its_own_and_reach_the_client_as_they_are(guarded: LocalCloud) -> None:
    answer = httpx.get(f"{guarded.settings.url}/api/orders", timeout=30)
    assert answer.json() == {"message": "Unauthorized"}
    with pytest.raises(InvalidStatus) as refused, connect(guarded.settings.websocket_url):
        pass
    assert refused.value.response.status_code in (401, 403)
    assert "message" in json.loads(refused.value.response.body or b"{}")


def test_a_page_of_another_origin_may_send_a_token(guarded: LocalCloud) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = httpx.options(f"{guarded.settings.url}/api/orders", headers=asked)
    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]


def test_users_and_their_passwords_outlive_restarts_and_times_without_authentication(tmp_path: Path) -> None:
    def subject(cloud: LocalCloud) -> str:
        return str(claims(access_token(cloud, "alice"))["sub"])

    port, aws_port, postgres_port = free_ports(3)
    settings = Settings(port, aws_port, postgres_port, tmp_path / "state", PARAMETERS | {"AuthMode": "cognito"})
    with LocalCloud(settings) as cloud:
        before = (subject(cloud), dict(cloud.users))
        description = json.loads(settings.description.read_text())
        assert (description["authMode"], description["authority"]) == ("cognito", authority(cloud))
        assert json.loads(Path(description["usersFile"]).read_text()) == cloud.users
        assert stat.S_IMODE(Path(description["usersFile"]).stat().st_mode) == 0o600
    assert not settings.description.exists()
    with LocalCloud(settings) as cloud:
        assert (subject(cloud), cloud.users) == before
        with cloud.parameters(AuthMode="none"):
            assert json.loads(settings.description.read_text())["authMode"] == "none"
            assert cloud.users == {}
            assert status(cloud, "/api/metrics") == 200
        assert status(cloud, "/api/metrics") == 401
        assert (subject(cloud), cloud.users) == before
