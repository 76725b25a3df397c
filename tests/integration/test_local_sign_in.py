"""The proxy stands for the domain of a user pool: who has signed in once is sent back with a code at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from local.proxy import Proxy

Client = TestClient[web.Request, web.Application]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
POOL = "us-east-1_Example1"
BASE = f"/_cognito/{POOL}"
PAGE = "http://localhost:3000/"
ASKED = {"client_id": "page", "redirect_uri": PAGE, "state": "a&b", "scope": "openid orders/read"}
ISSUER = "https://aws.example"
FORM = '<form method="POST" action="/login">'

pytestmark = pytest.mark.mode_independent


@dataclass
class Emulator:
    """The emulator's endpoints, which know no sessions; `requests` are those that it got."""

    password: str = "right"
    requests: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(f"/{POOL}/.well-known/openid-configuration", self.discovery)
        router.add_get("/oauth2/authorize", self.authorize)
        router.add_post("/login", self.log_in)
        router.add_post("/oauth2/token", self.token)
        router.add_get("/logout", self.log_out)
        router.add_post("/", self.api)

    @web.middleware
    async def record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = (await request.read()).decode()
        self.requests.append((request.method, request.raw_path, body, dict(request.headers)))
        return await handler(request)

    async def discovery(self, request: web.Request) -> web.Response:
        return web.json_response({"issuer": ISSUER, "token_endpoint": f"http://{request.host}/oauth2/token"})

    async def authorize(self, request: web.Request) -> web.Response:
        if request.query.get("redirect_uri") != PAGE:
            return web.json_response({"error": "invalid_request"}, status=400)
        return web.Response(text=FORM, content_type="text/html")

    async def log_in(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form["password"] != self.password:
            return web.Response(text=f"Incorrect. {FORM}", content_type="text/html")
        location = URL(form["redirect_uri"]).with_query(code=f"of-{form['username']}", state=form["state"])
        return web.Response(status=302, headers={"Location": str(location)})

    async def token(self, _: web.Request) -> web.Response:
        return web.json_response({"error": "invalid_grant"}, status=400)

    async def log_out(self, request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["logout_uri"]})

    async def api(self, _: web.Request) -> web.Response:
        return web.json_response({})


@asynccontextmanager
async def sign_in_pages(emulator: Emulator) -> AsyncIterator[Client]:
    """Run a proxy in front of the emulator. The client keeps cookies and follows nothing."""
    application = web.Application(middlewares=[emulator.record])
    emulator.add_routes(application.router)
    async with TestServer(application) as server:
        address = f"{server.host}:{server.port}"
        proxy = Proxy(f"http://{address}/http", f"ws://{address}/socket", f"http://{address}")
        async with TestClient(TestServer(proxy.application())) as client:
            yield client


async def authorize(client: Client, **changes: str) -> tuple[int, URL | None, str]:
    """Ask for a code, and return the status, where the browser is sent, and the page that it is shown."""
    answer = await client.get(f"{BASE}/oauth2/authorize", params=ASKED | changes, allow_redirects=False)
    location = answer.headers.get("Location")
    return answer.status, URL(location) if location else None, await answer.text()


async def log_in(client: Client, username: str = "alice", password: str = "right") -> Any:
    form = ASKED | {"username": username, "password": password}
    return await client.post(f"{BASE}/login", data=form, allow_redirects=False)


def test_the_discovery_document_names_the_proxy_but_the_issuer_of_the_tokens() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            answer = await client.get(f"{BASE}/.well-known/openid-configuration")
            document = await answer.json()
            own = f"http://{client.host}:{client.port}{BASE}"
            assert document == {
                "issuer": ISSUER,
                "jwks_uri": f"{own}/.well-known/jwks.json",
                "authorization_endpoint": f"{own}/oauth2/authorize",
                "token_endpoint": f"{own}/oauth2/token",
                "userinfo_endpoint": f"{own}/oauth2/userInfo",
                "revocation_endpoint": f"{own}/oauth2/revoke",
                "end_session_endpoint": f"{own}/logout",
            }
            assert (await client.get("/_cognito/us-east-1_Other/.well-known/openid-configuration")).status == 404

    asyncio.run(run())


def test_who_has_not_signed_in_is_shown_the_page_which_is_not_to_be_framed() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            answer = await client.get(f"{BASE}/oauth2/authorize", params=ASKED)
            assert await answer.text() == f'<form method="POST" action="{BASE}/login">'
            assert (answer.headers["X-Frame-Options"], answer.headers["Cache-Control"]) == ("DENY", "no-store")

    asyncio.run(run())


def test_who_has_signed_in_is_sent_back_at_once_the_next_time() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            answer = await log_in(client)
            assert (answer.status, URL(answer.headers["Location"]).query["code"]) == (302, "of-alice")
            for prompt in ({}, {"prompt": "none"}):
                status, location, _ = await authorize(client, state="next", **prompt)
                assert status == 302
                assert location == URL(PAGE).with_query(code="of-alice", state="next")
            status, _, page = await authorize(client, prompt="login")
            assert (status, "form" in page) == (200, True)

    asyncio.run(run())


def test_the_session_is_a_cookie_that_no_script_reads_and_it_has_no_password_in_it() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator(password="hunter2-hunter2")) as client:
            answer = await log_in(client, password="hunter2-hunter2")
            cookie = answer.cookies["cognito"]
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", BASE)
            assert len(cookie.value) >= 32
            assert "hunter2" not in cookie.value

    asyncio.run(run())


def test_a_wrong_password_is_told_and_opens_no_session() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            answer = await log_in(client, password="wrong")
            assert (answer.status, answer.cookies) == (200, {})
            assert await answer.text() == f'Incorrect. <form method="POST" action="{BASE}/login">'
            assert (await authorize(client))[0] == 200

    asyncio.run(run())


def test_a_session_ends_with_the_password_that_it_was_opened_with() -> None:
    async def run() -> None:
        emulator = Emulator()
        async with sign_in_pages(emulator) as client:
            await log_in(client)
            emulator.password = "another"
            status, _, page = await authorize(client)
            assert (status, page) == (200, f'<form method="POST" action="{BASE}/login">')

    asyncio.run(run())


def test_signing_out_forgets_the_session_also_where_the_cookie_is_kept() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            cookie = (await log_in(client)).cookies["cognito"].value
            query = {"client_id": "page", "logout_uri": PAGE}
            answer = await client.get(f"{BASE}/logout", params=query, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (302, PAGE)
            client.session.cookie_jar.update_cookies({"cognito": cookie}, URL(f"http://{client.host}"))
            assert (await authorize(client))[0] == 200

    asyncio.run(run())


def test_where_nothing_may_be_asked_and_nobody_has_signed_in_the_page_is_told() -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            _, location, _ = await authorize(client, prompt="none")
            assert location == URL(PAGE).with_query(error="login_required", state="a&b")

    asyncio.run(run())


@pytest.mark.parametrize("prompt", ["", "none"])
def test_nobody_is_sent_to_an_address_that_the_client_does_not_have(prompt: str) -> None:
    async def run() -> None:
        async with sign_in_pages(Emulator()) as client:
            await log_in(client)
            status, location, _ = await authorize(client, redirect_uri="https://elsewhere.example/", prompt=prompt)
            assert (status, location) == (400, None)

    asyncio.run(run())


def test_the_token_endpoint_gets_forms_and_client_credentials_as_they_are() -> None:
    async def run() -> None:
        emulator = Emulator()
        async with sign_in_pages(emulator) as client:
            headers = {"Authorization": "Basic bWFjaGluZTpzZWNyZXQ=", "Cookie": "cognito=x"}
            form = {"grant_type": "client_credentials", "scope": "orders/read"}
            answer = await client.post(f"{BASE}/oauth2/token", data=form, headers=headers)
            assert (answer.status, await answer.json()) == (400, {"error": "invalid_grant"})
        method, path, body, sent = emulator.requests[-1]
        assert (method, path) == ("POST", "/oauth2/token")
        assert body == "grant_type=client_credentials&scope=orders%2Fread"
        assert sent["Authorization"] == headers["Authorization"]
        assert "Cookie" not in sent

    asyncio.run(run())


def test_a_refresh_token_is_revoked() -> None:
    async def run() -> None:
        emulator = Emulator()
        async with sign_in_pages(emulator) as client:
            answer = await client.post(f"{BASE}/oauth2/revoke", data={"token": "of-alice", "client_id": "page"})
            assert (answer.status, await answer.text()) == (200, "")
        _, _, body, sent = emulator.requests[-1]
        assert sent["X-Amz-Target"] == "AWSCognitoIdentityProviderService.RevokeToken"
        assert json.loads(body) == {"Token": "of-alice", "ClientId": "page"}

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/_cognito", "/_cognito/nothing/login", f"{BASE}/login", f"{BASE}/oauth2", "/login"])
def test_everything_else_is_the_apis(path: str) -> None:
    async def run() -> None:
        emulator = Emulator()
        async with sign_in_pages(emulator) as client:
            await client.get(path)
        assert emulator.requests[-1][1] == f"/http{path}"

    asyncio.run(run())
