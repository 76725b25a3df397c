"""Authlib's OAuth 2 client on httpx.

Not `authlib.integrations.httpx_client`: in Authlib 1.9 that wants httpx2, and warns when it is imported that support of
httpx will end. The client below it takes any session, and only needs to be told how to authenticate with this one.

Import this module only where a grant is made: Authlib takes 50 ms to load.
"""

from __future__ import annotations

from collections.abc import Generator

import httpx
from authlib.oauth2 import ClientAuth, OAuth2Client  # type: ignore[import-untyped]


class OAuthRefusal(Exception):
    """An error response of an authority (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class _ClientAuth(httpx.Auth, ClientAuth):  # type: ignore[misc]
    """Authenticates the client at the token endpoint: a public one by its id, a confidential one by its secret."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add id and secret as Authlib has it."""
        url, headers, body = self.prepare(request.method, str(request.url), request.headers, request.content)
        headers["Content-Length"] = str(len(body))
        yield httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)


class HttpxOAuth2Client(OAuth2Client):  # type: ignore[misc]
    """`authlib.oauth2.OAuth2Client` with an `httpx.Client` as its session."""

    client_auth_class = _ClientAuth
    oauth_error_class = OAuthRefusal
