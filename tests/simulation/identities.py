"""Who uses the engine: people, and the access tokens that an issuer gives them.

What a token permits is written down here once more, so that the statements do not rely on the code that they judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from order_engine.application.errors import TokenExpired, Unauthenticated
from order_engine.application.identity import Scope, User
from tests.simulation.limits import LARGEST_SKEW
from tests.simulation.promises import Violation
from tests.simulation.scheduler import START

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")

USERS = ("alice", "alice1", "bob")
"""With keys that are numbers: another user's name and key may read the same in one."""
ADMINISTRATOR = "olga"
STRANGER = "mallory"

TRADE = frozenset({Scope.READ, Scope.WRITE})
ADMINISTER = frozenset(Scope)

USUAL_LIFETIME = 3_600
"""Seconds."""
SHORT_LIFETIMES = (10, 60)
"""The same of tokens that are to end during the storm: never so short that a function whose clock is wrong has one that
is new for one that has ended."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, or another one that its issuer signs. Nobody can make one up.

    Args:
        ends: seconds since the start, by the true time.
        use: what kind it is; an ID token says who somebody is, and permits nothing.
    """

    subject: str
    scopes: frozenset[Scope]
    ends: int
    use: str = "access"

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(START.timestamp() + self.ends, UTC)

    @property
    def user(self) -> User:
        """Who has it, as the engine knows him."""
        return User(self.subject, self.scopes, self.expires_at)

    @property
    def claims(self) -> dict[str, str]:
        """Its payload, as the gateway hands it on."""
        return {
            "sub": self.subject,
            "scope": " ".join(sorted(self.scopes)),
            "exp": str(int(START.timestamp()) + self.ends),
            "token_use": self.use,
        }

    @property
    def text(self) -> str:
        """What its owner sends."""
        return json.dumps(self.claims)

    def may_read(self, owner: str | None) -> bool:
        """Whether it permits to read a user's orders; None stands for everybody's."""
        return Scope.ADMIN in self.scopes or (Scope.READ in self.scopes and self.subject == owner)

    def has_ended(self, at: datetime) -> bool:
        """Whether it has ended by a clock."""
        return at >= self.expires_at


class Issuer:
    """`TokenVerifier`: tells tokens from other texts. Whether one has ended, it leaves to whoever asks."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims. Raises `Unauthenticated`."""
        try:
            claims: dict[str, Any] = json.loads(token)
        except ValueError:
            raise Unauthenticated from None
        return claims


class Person:
    """Somebody who is signed in, and signs in again whenever the token has ended.

    Args:
        scopes: what the person's tokens permit.
    """

    def __init__(self, world: World, user: str, scopes: frozenset[Scope] = TRADE) -> None:
        self.world = world
        self.user = user
        self.scopes = scopes
        self._token: Token | None = None

    def token(self) -> Token:
        """Return the token; a new one if it has ended. The first is from some time ago, and will often end soon."""
        if self._token is None:
            self._token = self._signed_in(left=self.world.random.random() ** 2)
        if self._token.has_ended(self.world.scheduler.time()):
            self._token = self._signed_in()
        return self._token

    def insist(self, attempt: Callable[[Token], T]) -> T:
        """Do something with the token, and once more with a new one where the old one has ended."""
        token = self.token()
        try:
            return attempt(token)
        except TokenExpired:
            self.told_expired(token)
        return attempt(self.token())

    def told_expired(self, token: Token) -> None:
        """Get a new token. Raises `Violation` where the old one is called expired and no clock can be that wrong."""
        left = token.ends - self.world.scheduler.now / 1000
        if left > LARGEST_SKEW:
            raise Violation(0, f"a token of {self.user} is called expired {left:.0f} s before its end")
        if token == self._token:
            self._token = self._signed_in()

    def _signed_in(self, left: float = 1.0) -> Token:
        """Return a new token, or one of whose lifetime a share is left."""
        chaos, lifetime = self.world.chaos, USUAL_LIFETIME
        if chaos.happens("short_tokens"):
            shortest, longest = SHORT_LIFETIMES
            lifetime = shortest + chaos.up_to(longest - shortest) // 1000
        seconds = int(lifetime * left)
        self.world.note(self.user, "has a token for", seconds, "s")
        return Token(self.user, self.scopes, -(-self.world.scheduler.now // 1000) + seconds)
