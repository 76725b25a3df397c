"""Access tokens for requests: the port `Credentials`, and the authentication of HTTP requests with it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import httpx

from orders_client.auth.confidentiality import require_confidential
from orders_client.errors import Problem, Unauthenticated


class Credentials(Protocol):
    """Gives access tokens. Both methods may block, and are called by several threads."""

    def token(self) -> str | None:
        """Return the access token to send; None to send none."""

    def renew(self, refused: str | None) -> None:
        """Replace the token that was refused, unless that has happened; then `token` returns the other.

        Raises:
            OrdersError: there is no other. Where `token` just returns the same again, the refusal itself is raised.
        """


AccessToken = str | Callable[[], str | None] | Credentials | None
"""An access token, a function that returns the current one, or `Credentials`; None where authentication is off."""


@dataclass(frozen=True, slots=True)
class GivenToken:
    """`Credentials` of one token, which can't be renewed."""

    access_token: str = field(repr=False)

    def token(self) -> str:
        """Return the token."""
        return self.access_token

    def renew(self, refused: str | None) -> None:
        """Do nothing: there is no other token."""


@dataclass(frozen=True, slots=True)
class CalledForToken:
    """`Credentials` of a function, which is called again when its token was refused."""

    function: Callable[[], str | None] = field(repr=False)

    def token(self) -> str | None:
        """Return what the function returns."""
        return self.function()

    def renew(self, refused: str | None) -> None:
        """Do nothing: the function knows which token is the current one."""


def credentials_from(token: AccessToken) -> Credentials | None:
    """Return the credentials for what a caller gave as `token`."""
    if token is None or token == "":
        return None
    if isinstance(token, str):
        return GivenToken(token)
    return CalledForToken(token) if callable(token) else token


def authorization_header(token: str | None) -> dict[str, str]:
    """Return the header with a token. Raises `Unauthenticated` where it can't stand in one, without showing it."""
    if not token:
        return {}
    # The exceptions of the libraries below quote the header: they must not get to see such a token.
    if not (token.isascii() and token.isprintable() and " " not in token):
        no_token = Problem(
            HTTPStatus.UNAUTHORIZED, "unauthenticated", "The access token has characters that no token has."
        )
        raise Unauthenticated(no_token, "Check it for a line break, a space or a quote.")
    return {"Authorization": f"Bearer {token}"}


class BearerAuth(httpx.Auth):
    """Sends the access token with each request. On a 401 it renews the token once and sends the request once more.

    Raises `InsecureAddress` instead of sending a token where others could read it.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize the request."""
        token = self._credentials.token()
        _authorize(request, token)
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self._credentials.renew(token)
            other = self._credentials.token()
            if other and other != token:
                _authorize(request, other)
                yield request


def _authorize(request: httpx.Request, token: str | None) -> None:
    if token:
        require_confidential(str(request.url))
    request.headers.update(authorization_header(token))
