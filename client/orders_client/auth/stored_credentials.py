"""`StoredCredentials`: the sign-in that `orders login` keeps, refreshed when its access token ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

import httpx

from orders_client.auth.grants import Grants
from orders_client.auth.store import SavedSignIn, TokenStore
from orders_client.auth.tokens import Tokens
from orders_client.errors import OrdersError, Problem, SignInFailed, Unauthenticated

CLIENT_ID, CLIENT_SECRET = "ORDERS_CLIENT_ID", "ORDERS_CLIENT_SECRET"


@dataclass(slots=True)
class StoredCredentials:
    """`Credentials` of whoever is signed in at an engine.

    Args:
        address: the engine's.
        store: where the sign-in is kept, with its new tokens too.
        sign_in_command: how to sign in, for people who have to.
        transport: carries the requests, in tests for instance.
        environment: where the secret of client credentials stands; it is not kept.
    """

    address: str
    store: TokenStore
    sign_in_command: str = "orders login"
    transport: httpx.BaseTransport | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    _saved: SavedSignIn | None = None
    _can_not_refresh: bool = False
    _lock: Lock = field(default_factory=Lock, repr=False)

    def token(self) -> str | None:
        """Return the access token, a new one where it is about to end; None where nobody is signed in."""
        saved = self.sign_in()
        return saved.tokens.access_token if saved else None

    def sign_in(self) -> SavedSignIn | None:
        """Return the sign-in, refreshed if its access token is about to end and can be."""
        with self._lock:
            self._saved = self._saved or self.store.get(self.address)
            if self._saved and self._saved.tokens.are_about_to_expire and not self._can_not_refresh:
                try:
                    self._saved = self._refreshed(self._saved)
                except OrdersError:
                    # Perhaps authentication is off by now: the engine decides, and `renew` tells why.
                    self._can_not_refresh = True
            return self._saved

    def renew(self, refused: str | None) -> None:
        """Refresh the sign-in, unless another thread or process has done so.

        Raises:
            Unauthenticated: nobody is signed in, or the sign-in has ended.
            Unavailable: the authority does not answer.
        """
        self._renewed(refused)

    def valid_sign_in(self) -> SavedSignIn:
        """Return the sign-in with an access token that has not ended. Raises as `renew` does."""
        saved = self.sign_in()
        if saved and not saved.tokens.have_expired:
            return saved
        return self._renewed(saved.tokens.access_token if saved else None)

    def _renewed(self, refused: str | None) -> SavedSignIn:
        with self._lock:
            saved = self._saved or self.store.get(self.address)
            if saved is None:
                raise self._error("unauthenticated", f"You are not signed in at {self.address}.", "first")
            if saved.tokens.access_token == refused:
                saved = self._refreshed(saved)
            self._saved, self._can_not_refresh = saved, False
            return saved

    def _refreshed(self, refused: SavedSignIn) -> SavedSignIn:
        """Return another sign-in than the one that was refused or has ended, and keep it."""

        def refresh(current: SavedSignIn | None) -> SavedSignIn | None:
            if current is None or current.tokens.access_token != refused.tokens.access_token:
                return current
            return _with_tokens(current, self._new_tokens(current))

        refreshed = self.store.update(self.address, refresh)
        if refreshed is None:
            raise self._error("unauthenticated", f"You have signed out at {self.address}.", "again")
        return refreshed

    def _new_tokens(self, saved: SavedSignIn) -> Tokens:
        secret = self.environment.get(CLIENT_SECRET)
        is_client = saved.machine_scopes and self.environment.get(CLIENT_ID) == saved.client_id
        with httpx.Client(transport=self.transport, timeout=10) as http:
            try:
                if saved.tokens.refresh_token:
                    return Grants(http, saved.token_endpoint, saved.client_id).refresh(saved.tokens.refresh_token)
                if is_client and secret:
                    grants = Grants(http, saved.token_endpoint, saved.client_id, secret)
                    return grants.client_credentials(saved.machine_scopes)
            except SignInFailed as refused:
                raise self._ended() from refused
        raise self._ended()

    def _ended(self) -> Unauthenticated:
        return self._error("token_expired", f"Your sign-in at {self.address} has ended.", "again")

    def _error(self, code: str, message: str, when: str) -> Unauthenticated:
        return Unauthenticated(Problem(401, code, message), f"Sign in {when}: {self.sign_in_command}")


def _with_tokens(saved: SavedSignIn, tokens: Tokens) -> SavedSignIn:
    """Return the sign-in with new tokens. They have no name where the authority sends no new ID token."""
    return replace(saved, tokens=replace(tokens, name=tokens.name or saved.tokens.name))
