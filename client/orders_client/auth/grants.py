"""The grants of OAuth 2.0 that this client uses: authorization code with PKCE, refresh token, client credentials."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from orders_client.auth.tokens import Tokens, tokens_from
from orders_client.errors import SignInFailed, Unavailable
from orders_client.wire import decoding

_AGAIN = "Sign in again: orders login."

_NEXT_STEPS = {
    "access_denied": _AGAIN,
    "invalid_client": "Check the client's id and secret.",
    "invalid_grant": _AGAIN,
    "invalid_scope": "Ask for other scopes: --scope.",
}


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request for an authorization code: the address to open, and the secrets that belong to its answer."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)

    def is_answered_by(self, answer: str) -> bool:
        """Whether the address that a browser was sent back to has the state of this request (RFC 6749, 10.12)."""
        return hmac.compare_digest(_query_of(answer).get("state", "").encode(), self.state.encode())

    def code_in(self, answer: str) -> str:
        """Return the code in the address that the browser was sent back to.

        Raises:
            SignInFailed: the answer is not for this request, or the authority refused.
        """
        if not self.is_answered_by(answer):
            raise SignInFailed("The answer of the browser does not belong to this sign-in (state).", _AGAIN)
        query = _query_of(answer)
        if "code" not in query:
            raise refusal(query.get("error", ""), query.get("error_description"))
        return query["code"]


class Grants:
    """Gets tokens from one token endpoint, as one client. Every method raises `OrdersError`.

    Args:
        http: sends the requests.
        token_endpoint: where tokens come from.
        client_secret: of a confidential client.
    """

    def __init__(
        self, http: httpx.Client, token_endpoint: str, client_id: str, client_secret: str | None = None
    ) -> None:
        self._http = http
        self._token_endpoint = token_endpoint
        self._client = {"client_id": client_id, "client_secret": client_secret}

    def authorization_request(
        self, authorization_endpoint: str, redirect_uri: str, scopes: Iterable[str]
    ) -> AuthorizationRequest:
        """Return a new request for an authorization code, with PKCE (RFC 7636)."""
        from authlib.common.security import generate_token  # type: ignore[import-untyped] # noqa: PLC0415 - slow

        verifier = generate_token(64)
        client = self._oauth(redirect_uri=redirect_uri, scope=" ".join(scopes), code_challenge_method="S256")
        url, state = client.create_authorization_url(authorization_endpoint, code_verifier=verifier)
        return AuthorizationRequest(url, redirect_uri, state, verifier)

    def redeem(self, request: AuthorizationRequest, code: str) -> Tokens:
        """Exchange the code that answers a request for tokens."""
        client = self._oauth(redirect_uri=request.redirect_uri)
        return self._tokens(
            lambda: client.fetch_token(
                self._token_endpoint, grant_type="authorization_code", code=code, code_verifier=request.code_verifier
            )
        )

    def refresh(self, refresh_token: str) -> Tokens:
        """Get new tokens; where there is no new refresh token, the old one stays good and is returned."""
        client = self._oauth(token={})
        return self._tokens(lambda: client.refresh_token(self._token_endpoint, refresh_token))

    def client_credentials(self, scopes: Iterable[str]) -> Tokens:
        """Get a token for the client itself."""
        client = self._oauth(scope=" ".join(scopes))
        return self._tokens(lambda: client.fetch_token(self._token_endpoint, grant_type="client_credentials"))

    def revoke(self, revocation_endpoint: str, refresh_token: str) -> None:
        """Revoke a refresh token (RFC 7009)."""
        client = self._oauth()
        with _refusals(revocation_endpoint):
            client.revoke_token(revocation_endpoint, refresh_token, "refresh_token").raise_for_status()

    def _oauth(self, **options: Any) -> Any:
        from orders_client.auth.authlib_client import HttpxOAuth2Client  # noqa: PLC0415 - slow, and seldom needed

        return HttpxOAuth2Client(self._http, **self._client, **options)

    def _tokens(self, grant: Callable[[], dict[str, Any]]) -> Tokens:
        with _refusals(self._token_endpoint):
            body = grant()
        with decoding(f"the tokens of {urlsplit(self._token_endpoint).hostname}"):
            return tokens_from(body)


def refusal(code: str, description: str | None) -> SignInFailed:
    """Return the exception for an error of the authority."""
    said = ": ".join(filter(None, (code, description))).rstrip(".") or "no reason given"
    return SignInFailed(f"The sign-in was refused ({said}).", _NEXT_STEPS.get(code, _AGAIN), code)


def _query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def _refusals(endpoint: str) -> Iterator[None]:
    """Turn what Authlib and httpx raise into errors of this client; none quotes what was sent."""
    from orders_client.auth.authlib_client import OAuthRefusal  # noqa: PLC0415 - slow, and seldom needed

    try:
        yield
    except OAuthRefusal as refused:
        raise refusal(refused.error, refused.description) from None
    except httpx.HTTPStatusError as failed:
        raise _unavailable(endpoint, f"answers {failed.response.status_code}") from None
    except httpx.TransportError as failed:
        raise _unavailable(endpoint, f"does not answer: {failed}") from None
    except ValueError:
        raise _unavailable(endpoint, "answers, but not as a sign-in service does") from None


def _unavailable(endpoint: str, what: str) -> Unavailable:
    return Unavailable(f"{endpoint} {what}.", "Check that the sign-in service runs there, and try again.")
