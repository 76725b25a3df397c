"""Access tokens for tests on a local cloud with AuthMode cognito: as people and bots get them, and odd ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm
from yarl import URL

from local.cloud import LocalCloud

TRADE = "openid orders/read orders/write"
"""What the dashboard and the command line ask for."""


def authority(cloud: LocalCloud) -> str:
    """Return the address below which the pool's endpoints are."""
    return cloud.settings.sign_in_authority(cloud.outputs["UserPoolId"])


def bearer(token: str) -> dict[str, str]:
    """Return the header of a request with an access token."""
    return {"Authorization": f"Bearer {token}"}


def access_token(cloud: LocalCloud, user: str, scope: str = TRADE) -> str:
    """Return an access token of `alice`, `bob` or the administrator `olga`, had by signing in."""
    token: str = sign_in(cloud, user, scope)["access_token"]
    return token


def sign_in(cloud: LocalCloud, user: str, scope: str = TRADE) -> dict[str, Any]:
    """Sign a user in by authorization code with PKCE, as a browser does, and return the token endpoint's answer."""
    verifier = secrets.token_urlsafe(32)
    client = {"client_id": cloud.outputs["BrowserClientId"], "redirect_uri": f"{cloud.settings.url}/"}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = client | {
        "response_type": "code",
        "scope": scope,
        "state": secrets.token_urlsafe(8),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(timeout=30) as browser:
        page = browser.get(f"{authority(cloud)}/oauth2/authorize", params=asked)
        assert page.status_code == httpx.codes.OK, page.text
        form = asked | {"username": user, "password": cloud.users[user]}
        sent_back = browser.post(f"{authority(cloud)}/login", data=form)
        assert sent_back.status_code == httpx.codes.FOUND, sent_back.text
        query = URL(sent_back.headers["Location"]).query
        assert query["state"] == asked["state"]
        grant = client | {"grant_type": "authorization_code", "code": query["code"], "code_verifier": verifier}
        return _tokens(browser.post(f"{authority(cloud)}/oauth2/token", data=grant))


def claims(token: str) -> dict[str, Any]:
    """Return what a token says, unverified."""
    read: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return read


def refresh(cloud: LocalCloud, refresh_token: str) -> dict[str, Any]:
    """Return the token endpoint's answer to a refresh token."""
    grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    form = grant | {"client_id": cloud.outputs["BrowserClientId"]}
    return _tokens(httpx.post(f"{authority(cloud)}/oauth2/token", data=form, timeout=30))


def machine_token(cloud: LocalCloud, scope: str = "orders/read orders/write") -> str:
    """Return an access token of the machine client, had by its credentials."""
    form = {"grant_type": "client_credentials", "scope": scope}
    credentials = machine_credentials(cloud)
    answer = httpx.post(f"{authority(cloud)}/oauth2/token", data=form, auth=credentials, timeout=30)
    token: str = _tokens(answer)["access_token"]
    return token


def machine_credentials(cloud: LocalCloud) -> tuple[str, str]:
    """Return id and secret of the machine client."""
    client_id = cloud.outputs["MachineClientId"]
    cognito: Any = cloud.session.client("cognito-idp")
    client = cognito.describe_user_pool_client(UserPoolId=cloud.outputs["UserPoolId"], ClientId=client_id)
    return client_id, client["UserPoolClient"]["ClientSecret"]


def mint(
    cloud: LocalCloud,
    *,
    algorithm: str = "RS256",
    key: RSAPrivateKey | None = None,
    header: Mapping[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return a token that Cognito would not make, by default a good access token of an unknown user.

    Args:
        cloud: whose pool's key signs it.
        algorithm: RS256; HS256, with the public key as the secret; or none.
        key: signs instead of the pool's key.
        header: replaces or, with None, leaves out fields of the header.
        claims: replace or, with None, leave out claims.
    """
    own = signing_key(cloud)
    now = int(time.time())
    usual = {
        "iss": cloud.outputs["TokenIssuer"],
        "client_id": cloud.outputs["BrowserClientId"],
        "token_use": "access",
        "scope": TRADE,
        "sub": str(uuid4()),
        "iat": now,
        "auth_time": now,
        "exp": now + 3600,
        "jti": str(uuid4()),
    }
    fields = {"alg": algorithm, "kid": _key_id(own), **(header or {})}
    signed = ".".join(_base64(json.dumps(_present(part)).encode()) for part in (fields, usual | claims))
    return f"{signed}.{_base64(_signature(algorithm, key or own, signed.encode()))}"


def signing_key(cloud: LocalCloud) -> RSAPrivateKey:
    """Return the key with which the pool signs access tokens."""
    file = cloud.settings.state_dir / f"ministack/cognito-pool-keys/{cloud.outputs['UserPoolId']}-access.pem"
    if not file.exists():  # the emulator makes the keys when they are first asked for
        httpx.get(f"{authority(cloud)}/.well-known/jwks.json", timeout=30).raise_for_status()
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _tokens(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == httpx.codes.OK, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _signature(algorithm: str, key: RSAPrivateKey, signed: bytes) -> bytes:
    match algorithm:
        case "RS256":
            return RSAAlgorithm(RSAAlgorithm.SHA256).sign(signed, key)
        case "HS256":
            secret = _public_key(key, serialization.Encoding.PEM)
            return hmac.new(secret, signed, hashlib.sha256).digest()
        case _:
            return b""


def _key_id(key: RSAPrivateKey) -> str:
    return base64.b64encode(hashlib.sha256(_public_key(key, serialization.Encoding.DER)).digest()).decode()


def _public_key(key: RSAPrivateKey, encoding: serialization.Encoding) -> bytes:
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
