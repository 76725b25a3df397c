"""An OpenID Connect issuer on this machine: its discovery document, its keys, and tokens of every kind."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys.json"
AUDIENCE = ("browser", "machine")
HASHES = {"RS256": RSAAlgorithm.SHA256, "RS384": RSAAlgorithm.SHA384, "RS512": RSAAlgorithm.SHA512}


@cache
def key(name: str) -> RSAPrivateKey:
    """Return the private key of this name, which is also its `kid`."""
    del name
    return generate_private_key(65_537, 2_048)


def public_key(name: str, **more: str) -> dict[str, Any]:
    """Return a public key as a JSON Web Key (RFC 7517)."""
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True)
    return jwk | {"kid": name, "use": "sig", "alg": "RS256"} | more


@dataclass
class Issuer:
    """An issuer with one key, `first`.

    Args:
        url: its name, and where it is.
        keys: what it publishes.
        answers: by path; a number is a status without a body.
        asked: the paths that were asked for, in order.
    """

    url: str
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public_key("first")])
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Any:
        """Return what is answered at a path: something for JSON, bytes, or a status."""
        self.asked.append(path)
        known = {DISCOVERY: {"issuer": self.url, "jwks_uri": self.url + KEYS}, KEYS: {"keys": self.keys}}
        return self.answers.get(path, known.get(path, 404))

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Return the claims of a good access token from Cognito; None leaves one out."""
        now = int(datetime.now(UTC).timestamp())
        usual = {
            "iss": self.url,
            "sub": "alice",
            "client_id": "browser",
            "token_use": "access",
            "scope": "openid orders/read orders/write",
            "iat": now,
            "exp": now + 3_600,
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def token(
        self,
        algorithm: str = "RS256",
        signed_by: str = "first",
        header: Mapping[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        """Return a token.

        Args:
            algorithm: with which it is signed, and which it names. HS256 takes the public key, which everybody has,
                for a secret.
            signed_by: the name of the key.
            header: other fields of the header; None leaves one out.
            changed: other claims.
        """
        fields = {"typ": "JWT", "alg": algorithm, "kid": signed_by, **(header or {})}
        parts = ({name: value for name, value in fields.items() if value is not None}, self.claims(**changed))
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{base64url(signature(algorithm, signed_by, signed.encode()))}"


def signature(algorithm: str, name: str, signed: bytes) -> bytes:
    """Return the signature under a text; none where the algorithm has none."""
    if algorithm == "HS256":
        pem = key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.new(pem, signed, hashlib.sha256).digest()
    return RSAAlgorithm(HASHES[algorithm]).sign(signed, key(name)) if algorithm in HASHES else b""


def base64url(data: bytes) -> str:
    """Return base64url without padding, as in tokens (RFC 7515, 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Run an issuer on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = issuer.answer(self.path)
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
