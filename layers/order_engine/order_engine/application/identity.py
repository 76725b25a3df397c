"""Who asks, and what that one may do: a user with scopes, or anyone because authentication is off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from order_engine.application.errors import ForeignUserId, InsufficientScope, TokenExpired, Unauthenticated

ANONYMOUS = "anonymous"
"""Whose orders those are that nobody in particular places, where authentication is off."""


class AuthMode(StrEnum):
    """How callers are known."""

    NONE = "none"
    JWT = "jwt"
    COGNITO = "cognito"

    @property
    def authenticates(self) -> bool:
        """Whether a request without a valid identity is refused."""
        return self is not AuthMode.NONE


class Scope(StrEnum):
    """What an access token permits (RFC 6749, 3.3)."""

    READ = "orders/read"
    WRITE = "orders/write"
    ADMIN = "orders/admin"


ANY_SCOPE = (Scope.READ, Scope.WRITE, Scope.ADMIN)
_SCOPES = {scope.value: scope for scope in Scope}
TO_READ = (Scope.READ, Scope.ADMIN)
TO_WRITE = (Scope.WRITE,)
TO_ADMINISTER = (Scope.ADMIN,)


@dataclass(frozen=True, slots=True)
class User:
    """An authenticated user.

    Args:
        user_id: the token's subject; it owns the user's orders, idempotency keys and rate limit.
        scopes: what the token permits.
        expires_at: when the token ends, and with it every connection that was opened with it.
    """

    user_id: str
    scopes: frozenset[Scope]
    expires_at: datetime

    def require(self, *scopes: Scope) -> None:
        """Raise `InsufficientScope` unless the user has one of these scopes."""
        if self.scopes.isdisjoint(scopes):
            raise InsufficientScope(scopes)

    @property
    def reads_everybody(self) -> bool:
        """Whether everybody's orders can be read."""
        return Scope.ADMIN in self.scopes

    def reads(self, user_id: str) -> bool:
        """Return whether the orders of a user can be read."""
        return self.reads_everybody or (user_id == self.user_id and Scope.READ in self.scopes)

    def acts_for(self, user_id: str) -> bool:
        """Return whether orders of a user can be placed or changed: only one's own, by whatever scope."""
        return user_id == self.user_id


@dataclass(frozen=True, slots=True)
class Anyone:
    """Nobody in particular: authentication is off, and everybody may do everything."""

    user_id: str = ANONYMOUS
    reads_everybody: bool = True

    def require(self, *scopes: Scope) -> None:
        """Permit everything."""

    def reads(self, user_id: str) -> bool:
        """Return True."""
        return True

    def acts_for(self, user_id: str) -> bool:
        """Return True."""
        return True


Caller = User | Anyone
ANYONE = Anyone()


def check_valid(caller: Caller, mode: AuthMode, now: datetime) -> None:
    """Check that an identity is one, and has not ended.

    Raises:
        Unauthenticated: there must be a user, and there is none: also one who came while authentication was off.
        TokenExpired: the user's token has ended.
    """
    if mode.authenticates or isinstance(caller, User):
        valid_user(caller, now)


def valid_user(caller: Caller, now: datetime) -> User:
    """Return the caller, if it is a user whose token has not ended. Raises `Unauthenticated` or `TokenExpired`."""
    if not isinstance(caller, User):
        raise Unauthenticated
    if now >= caller.expires_at:
        raise TokenExpired
    return caller


def check_acts_for(caller: Caller, user_id: str) -> None:
    """Raise `ForeignUserId` where the caller names a user whom he may not act for."""
    if not caller.acts_for(user_id):
        raise ForeignUserId


def check_reads(caller: Caller, user_id: str) -> None:
    """Raise `ForeignUserId` where the caller names a user whose orders he may not read."""
    if not caller.reads(user_id):
        raise ForeignUserId


def scopes_in(words: Collection[str]) -> frozenset[Scope]:
    """Return the scopes among words; a token may carry others, which are other services' business."""
    return frozenset(_SCOPES[word] for word in words if word in _SCOPES)
