"""An engine that wants tokens and the authority that gives them, on 127.0.0.1: OpenID Connect as far as it is used.

It checks what an authority has to: the client, the redirect address, the state of a code (once), PKCE, passwords.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Query = dict[str, str]
Answer = tuple[int, Any, dict[str, str]]

USER_ID = "0190d3c0-aaaa-7000-8000-000000000001"
CLIENT_ID = "page"
SCOPES = "openid orders/read orders/write"


def jwt(**claims: Any) -> str:
    """Return a token with these claims, which nobody has signed."""
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".c2lnbmF0dXJl"
    )


@dataclass
class StubCloud:
    """What it knows and was asked. `port` is known once it listens."""

    port: int = 0
    mode: str = "cognito"
    client_id: str | None = CLIENT_ID
    passwords: Query = field(default_factory=lambda: {"alice": "correct horse", "bob": "staple"})
    secrets: Query = field(default_factory=lambda: {"machine": "s3cr3t/+%"})
    lifetime: int = 3600
    can_revoke: bool = True
    rotates: bool = False
    codes: dict[str, Query] = field(default_factory=dict)
    refresh_tokens: Query = field(default_factory=dict)
    valid: set[str] = field(default_factory=set)
    issued: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, Query]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def authority(self) -> str:
        return f"{self.url}/pool"

    def asked(self, path: str) -> list[Query]:
        """Return the parameters of each request to a path."""
        return [query for _, asked, query in self.requests if asked == path]

    def secrets_given(self) -> list[str]:
        """Return everything that must be seen nowhere."""
        return [*self.issued, *self.passwords.values(), *self.secrets.values()]

    def expire_all(self) -> None:
        """Have the engine accept no token that was given so far."""
        self.valid.clear()

    def answer(self, method: str, path: str, query: Query, authorization: str) -> Answer:
        self.requests.append((method, path, query))
        routes: dict[tuple[str, str], Callable[[Query, str], Answer]] = {
            ("GET", "/assets/sign-in.json"): self._settings,
            ("GET", "/pool/.well-known/openid-configuration"): self._discovery,
            ("GET", "/pool/authorize"): self._form,
            ("POST", "/pool/login"): self._log_in,
            ("POST", "/pool/token"): self._token,
            ("POST", "/pool/revoke"): self._revoke,
        }
        if path.startswith("/api/"):
            return self._api(path, authorization)
        route = routes.get((method, path))
        return route(query, authorization) if route else (404, {"message": "Not Found"}, {})

    def _settings(self, query: Query, authorization: str) -> Answer:
        if self.mode == "none":
            return 200, {"mode": "none"}, {}
        told = {"mode": self.mode, "issuer": "https://issuer", "authority": self.authority, "scopes": SCOPES.split()}
        return 200, told | ({"clientId": self.client_id} if self.client_id else {}), {}

    def _discovery(self, query: Query, authorization: str) -> Answer:
        names = ["authorization", "token", *(["revocation"] if self.can_revoke else [])]
        paths = {"authorization": "authorize", "revocation": "revoke"}
        return 200, {f"{name}_endpoint": f"{self.authority}/{paths.get(name, name)}" for name in names}, {}

    def _form(self, query: Query, authorization: str) -> Answer:
        if query.get("client_id") != self.client_id or query.get("code_challenge_method") != "S256":
            return 400, {"error": "invalid_request"}, {}
        fields = "".join(f"<input type='hidden' name='{name}' value='{value}'>" for name, value in query.items())
        login = "<input name='username'><input name='password' type='password'>"
        return 200, f"<html><form method='post' action='login?lang=en'>{fields}{login}</form></html>", {}

    def _log_in(self, query: Query, authorization: str) -> Answer:
        user = query["username"]
        if self.passwords.get(user) != query["password"]:
            return 200, "<html><p>Incorrect username or password.</p></html>", {}
        code = f"code-{next(self.numbers)}"
        self.codes[code] = query
        return 302, "", {"Location": f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"}

    def _token(self, query: Query, authorization: str) -> Answer:
        grants = {
            "authorization_code": self._redeem,
            "refresh_token": self._refresh,
            "client_credentials": self._client_credentials,
        }
        return grants[query["grant_type"]](query, authorization)

    def _redeem(self, query: Query, authorization: str) -> Answer:
        asked = self.codes.pop(query["code"], {})
        challenge = urlsafe_b64encode(hashlib.sha256(query.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        same = all(asked.get(name) == query.get(name) for name in ("client_id", "redirect_uri"))
        if not same or asked.get("code_challenge") != challenge.decode():
            return 400, {"error": "invalid_grant", "error_description": 'wrong code, client or "verifier"'}, {}
        refresh = self._note(f"refresh-{next(self.numbers)}")
        self.refresh_tokens[refresh] = asked["username"]
        return self._tokens(asked["username"], asked["scope"], refresh_token=refresh)

    def _refresh(self, query: Query, authorization: str) -> Answer:
        """Give no ID token again, which an authority may leave out (OpenID Connect Core, 12.2)."""
        user = self.refresh_tokens.get(query["refresh_token"])
        if user is None or query.get("client_id") != self.client_id:
            return 400, {"error": "invalid_grant"}, {}
        if not self.rotates:
            return self._tokens(user, "orders/read orders/write")
        del self.refresh_tokens[query["refresh_token"]]
        other = self._note(f"refresh-{next(self.numbers)}")
        self.refresh_tokens[other] = user
        return self._tokens(user, "orders/read orders/write", refresh_token=other)

    def _client_credentials(self, query: Query, authorization: str) -> Answer:
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if self.secrets.get(name) != secret:
            return 400, {"error": "invalid_client"}, {}
        return self._tokens(None, query.get("scope", ""), client_id=name)

    def _tokens(self, user: str | None, scope: str, **more: Any) -> Answer:
        number, expires = next(self.numbers), int(time()) + self.lifetime
        names = {"username": f"{user}-{number}"} if user else {"client_id": more.pop("client_id")}
        access = self._note(jwt(sub=USER_ID, exp=expires, scope=scope, jti=number, **names))
        self.valid.add(access)
        id_token = {"id_token": self._note(jwt(sub=USER_ID, preferred_username=user))} if "openid" in scope else {}
        body = {"access_token": access, "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, body | id_token | more, {}

    def _note(self, token: str) -> str:
        self.issued.append(token)
        return token

    def _revoke(self, query: Query, authorization: str) -> Answer:
        self.refresh_tokens.pop(query["token"], None)
        return 200, "", {}

    def _api(self, path: str, authorization: str) -> Answer:
        token = authorization.removeprefix("Bearer ")
        self.bearers.append(token)
        if self.mode != "none" and token not in self.valid:
            return 401, {"message": "Unauthorized"}, {}
        if path == "/api/stream-tickets":
            return 201, {"success": True, "ticket": self._note(f"ticket-{next(self.numbers)}"), "expiresIn": 30}, {}
        if path == "/api/metrics":
            return 403, {"message": "Forbidden"}, {}
        return 200, {"success": True, "orders": []}, {}


@contextmanager
def stub_cloud(cloud: StubCloud | None = None) -> Iterator[StubCloud]:
    """Serve a stub cloud on a free port."""
    cloud = cloud or StubCloud()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cloud))
    server.daemon_threads = True
    cloud.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(cloud: StubCloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            query = dict(parse_qsl(parts.query)) | dict(parse_qsl(body))
            status, told, headers = cloud.answer(self.command, parts.path, query, self.headers.get("Authorization", ""))
            content = (told if isinstance(told, str) else json.dumps(told)).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _handle  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    return Handler
