"""`ClientCredentials`: access tokens for programs that are nobody's browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

import httpx

from orders_client.auth.authority import SignInSettings, discover, sign_in_settings
from orders_client.auth.grants import Grants
from orders_client.auth.tokens import Tokens


@dataclass(slots=True)
class ClientCredentials:
    """`Credentials` of a confidential client: the token is fetched when it is first needed, and again before it ends.

    >>> credentials = ClientCredentials("https://orders.example", "client id", "secret")
    >>> with OrdersClient("https://orders.example", token=credentials) as orders:   # doctest: +SKIP
    ...     orders.place("SOL", "USDC", "1.5")

    Args:
        url: the engine's address; it says where its authority is.
        scopes: what to ask for; by default what the engine's own page asks for.
        transport: carries the requests, in tests for instance.

    Both methods raise `SignInFailed` where the authority refuses, and `Unavailable` where it does not answer.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: Iterable[str] = ()
    transport: httpx.BaseTransport | None = None
    _tokens: Tokens | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def token(self) -> str | None:
        """Return the access token; None where authentication is off."""
        with self._lock:
            if self._tokens is None or self._tokens.are_about_to_expire:
                self._tokens = self._fetch()
            return self._tokens.access_token or None

    def renew(self, refused: str | None) -> None:
        """Fetch another token, unless another thread has done so."""
        with self._lock:
            if self._tokens is None or (self._tokens.access_token or None) == refused:
                self._tokens = self._fetch()

    def _fetch(self) -> Tokens:
        with httpx.Client(transport=self.transport, timeout=10) as http:
            settings = sign_in_settings(http, self.url.rstrip("/"))
            if settings.is_off:
                return Tokens("")
            authority = discover(http, settings.authority)
            grants = Grants(http, authority.token_endpoint, self.client_id, self.client_secret)
            return grants.client_credentials(tuple(self.scopes) or machine_scopes(settings))


def machine_scopes(settings: SignInSettings) -> tuple[str, ...]:
    """Return the scopes that a client asks for that is no person: `openid` gives an ID token, which is a person's."""
    return tuple(scope for scope in settings.scopes if scope != "openid")
