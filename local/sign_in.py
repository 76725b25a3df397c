"""Stands for the domain of a Cognito user pool: its discovery document, sign-in page, token endpoint and sign-out.

The emulator has most of that, for all pools at its root. What is added here is what managed login has and the emulator
lacks: a session, so that who has signed in is sent back with a code at once the next time, `prompt`, and revocation.
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import ClientSession, web
from yarl import URL

_POOL = r"/_cognito/{pool:[\w-]+_[0-9A-Za-z]+}"
_COOKIE = "cognito"
_SESSION_SECONDS = 3600  # as on AWS
_FORWARDED = ("Authorization", "Content-Type")
_RETURNED = ("Cache-Control", "Content-Type", "Location", "WWW-Authenticate")
_ENDPOINTS = {
    "jwks_uri": ".well-known/jwks.json",
    "authorization_endpoint": "oauth2/authorize",
    "token_endpoint": "oauth2/token",
    "userinfo_endpoint": "oauth2/userInfo",
    "revocation_endpoint": "oauth2/revoke",
    "end_session_endpoint": "logout",
}
_PAGE_HEADERS = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """The endpoints of user pools. Who has signed in is kept in memory, with the password.

    Args:
        aws_url: where the emulator is.
    """

    aws_url: str
    _sessions: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the endpoints of all pools to a router."""
        router.add_get(f"{_POOL}/.well-known/openid-configuration", self._discovery)
        router.add_get(f"{_POOL}/.well-known/jwks.json", self._keys)
        router.add_get(f"{_POOL}/oauth2/authorize", self._authorize)
        router.add_post(f"{_POOL}/login", self._log_in)
        router.add_post(f"{_POOL}/oauth2/token", self._forward)
        router.add_route("*", f"{_POOL}/oauth2/userInfo", self._forward)
        router.add_post(f"{_POOL}/oauth2/revoke", self._revoke)
        router.add_get(f"{_POOL}/logout", self._log_out)

    async def _discovery(self, request: web.Request) -> web.Response:
        answer = await self._ask(request, "GET", f"/{request.match_info['pool']}/.well-known/openid-configuration")
        if answer.status != HTTPStatus.OK:
            raise web.HTTPNotFound(text="There is no such user pool. Where it is: cloud.json in the state directory.")
        base = str(request.url.origin()) + _base(request)
        document = json.loads(answer.text or "{}")
        return web.json_response(document | {name: f"{base}/{path}" for name, path in _ENDPOINTS.items()})

    async def _keys(self, request: web.Request) -> web.Response:
        return await self._ask(request, "GET", f"/{request.match_info['pool']}/.well-known/jwks.json")

    async def _authorize(self, request: web.Request) -> web.Response:
        """Send back with a code who is signed in, and show the sign-in page to others."""
        page = await self._ask(request, "GET", f"/oauth2/authorize?{request.rel_url.raw_query_string}")
        if page.status != HTTPStatus.OK:  # a wrong request is not worth signing in for
            return page
        prompt = request.query.get("prompt", "")
        if prompt != "login" and (known := self._sessions.get(request.cookies.get(_COOKIE, ""))):
            answer = await self._ask_to_log_in(request, dict(request.query), *known)
            if _has_code(answer):
                return answer
        if prompt == "none":
            return _redirect(request.query["redirect_uri"], error="login_required", state=request.query.get("state"))
        return _page(request, page)

    async def _log_in(self, request: web.Request) -> web.Response:
        """Check name and password, and keep them if they are right."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        answer = await self._ask_to_log_in(request, form, form.get("username", ""), form.get("password", ""))
        if not _has_code(answer):
            return _page(request, answer)
        session = secrets.token_urlsafe()
        self._sessions[session] = (form["username"], form["password"])
        answer.set_cookie(
            _COOKIE, session, path=_base(request), max_age=_SESSION_SECONDS, httponly=True, samesite="Lax"
        )
        return answer

    async def _log_out(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get(_COOKIE, ""), None)
        answer = await self._ask(request, "GET", f"/logout?{request.rel_url.raw_query_string}")
        answer.del_cookie(_COOKIE, path=_base(request), httponly=True, samesite="Lax")
        return answer

    async def _revoke(self, request: web.Request) -> web.Response:
        """Revoke a refresh token. As on AWS, the answer does not tell whether there was one."""
        form = await request.post()
        call = {"Token": str(form.get("token", "")), "ClientId": str(form.get("client_id", ""))}
        headers = {
            "X-Amz-Target": "AWSCognitoIdentityProviderService.RevokeToken",
            "Content-Type": "application/x-amz-json-1.1",
        }
        client = request.app[CLIENT]
        async with client.post(f"{self.aws_url}/", data=json.dumps(call).encode(), headers=headers) as answer:
            return web.Response(status=answer.status)

    async def _forward(self, request: web.Request) -> web.Response:
        return await self._ask(request, request.method, request.path.removeprefix(_base(request)))

    async def _ask_to_log_in(
        self, request: web.Request, form: Mapping[str, str], username: str, password: str
    ) -> web.Response:
        return await self._ask(request, "POST", "/login", {**form, "username": username, "password": password})

    async def _ask(
        self, request: web.Request, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> web.Response:
        """Return the emulator's answer to a request: with this form, or with the body of `request`."""
        data: Any = form if form is not None else (await request.read() or None)
        kept = {} if form is not None else {name: value for name in _FORWARDED if (value := request.headers.get(name))}
        async with request.app[CLIENT].request(
            method, URL(self.aws_url + path, encoded=True), data=data, headers=kept, allow_redirects=False
        ) as answer:
            headers = {name: value for name in _RETURNED if (value := answer.headers.get(name))}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())


CLIENT = web.AppKey("client", ClientSession)
"""What requests are forwarded with."""


def _base(request: web.Request) -> str:
    return f"/_cognito/{request.match_info['pool']}"


def _has_code(answer: web.Response) -> bool:
    return answer.status == HTTPStatus.FOUND and "code" in URL(answer.headers["Location"]).query


def _page(request: web.Request, answer: web.Response) -> web.Response:
    """Return the emulator's page with its forms sent to where this is served."""
    html = (answer.text or "").replace('action="/login"', f'action="{_base(request)}/login"')
    return web.Response(status=answer.status, text=html, content_type=answer.content_type, headers=_PAGE_HEADERS)


def _redirect(to: str, **query: str | None) -> web.Response:
    location = URL(to).update_query({name: value for name, value in query.items() if value is not None})
    return web.Response(status=HTTPStatus.FOUND, headers={"Location": str(location), "Cache-Control": "no-store"})
