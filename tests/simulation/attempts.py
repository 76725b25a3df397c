"""What strangers try, and how each attempt must be refused: written down once more, independently of the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from order_engine.application.errors import OrderNotFound
from order_engine.application.identity import Scope
from order_engine.contracts.problems import problem_of
from order_engine.domain.errors import OrderEngineError
from tests.simulation.disclosure import check_unknown
from tests.simulation.identities import ADMINISTER, ADMINISTRATOR, STRANGER, USERS, Token
from tests.simulation.limits import LARGEST_SKEW
from tests.simulation.promises import Violation
from tests.simulation.world import World

READ = frozenset({Scope.READ, Scope.ADMIN})
WRITE = frozenset({Scope.WRITE})
ADMIN = frozenset({Scope.ADMIN})

UNKNOWN = "service_unavailable"
"""The code where something did not answer, and nothing is known."""

LONG_AGO = int(LARGEST_SKEW) + 1
"""Seconds since a token's end after which every clock says so."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that one can try.

    Args:
        needs: of each of these, a token needs one scope.
        foreign: how it is refused where it is about somebody else; None where it is about nobody, or where the refusal
            comes later.
        by_order: whether it names an order, or a user.
    """

    name: str
    needs: tuple[frozenset[Scope], ...]
    foreign: str | None = None
    by_order: bool = False


@dataclass(frozen=True, slots=True)
class Victim:
    """Whom it is about.

    Args:
        order_id: an order of this user's; or one that does not exist, as strangers try those too.
    """

    user: str
    order_id: str
    exists: bool


def some_victim(world: World) -> Victim:
    """Return the user of some order, or one together with an order that does not exist."""
    random, accepted = world.random, world.promises.accepted
    if accepted and random.random() < 0.85:
        order_id = random.choice(list(accepted))
        return Victim(accepted[order_id].user_id, order_id, exists=True)
    return Victim(random.choice(USERS), str(UUID(int=random.getrandbits(128), version=4)), exists=False)


def some_token(world: World, victim: Victim) -> Token:
    """Return anybody's token, often with too few scopes, and now and then one that is none (any more)."""
    random = world.random
    subject = random.choice([victim.user, *USERS, STRANGER, ADMINISTRATOR])
    offered = ADMINISTER if subject == ADMINISTRATOR else ADMINISTER - ADMIN
    scopes = offered if random.random() < 0.4 else [scope for scope in sorted(offered) if random.random() < 0.5]
    now, kind = world.scheduler.now // 1000, random.random()
    if kind < 0.15:
        return Token(subject, frozenset(scopes), now - LONG_AGO)
    return Token(subject, frozenset(scopes), now + 3_600, use="id" if kind < 0.3 else "access")


def verdict(world: World, token: Token | None, attempt: Attempt, victim: Victim) -> str | None:
    """Return the code with which an attempt must be refused; None where it may succeed, or be refused later."""
    if token is None or token.use != "access":
        return "unauthenticated"
    if token.ends * 1000 <= world.scheduler.now:
        return "token_expired"
    if any(token.scopes.isdisjoint(some) for some in attempt.needs):
        return "insufficient_scope"
    return None if _may(token, attempt, victim) else attempt.foreign


def _may(token: Token, attempt: Attempt, victim: Victim) -> bool:
    if attempt.by_order and not victim.exists:
        return False
    return token.may_read(victim.user) if WRITE not in attempt.needs else token.subject == victim.user


def check_code(code: str, expected: Sequence[str], told: str, order_id: str = "") -> None:
    """Raise `Violation` where an attempt is refused otherwise than expected."""
    if code not in (*expected, UNKNOWN):
        raise Violation(8, f"{told}: {code} instead of {' or '.join(expected)}", order_id)


def check_refused(error: OrderEngineError, expected: str, told: str, victim: Victim) -> None:
    """Check a refusal.

    Raises:
        Violation: it is another than expected, or tells an order of somebody else from one that does not exist.
    """
    check_code(problem_of(error)["code"], [expected], told, victim.order_id)
    if isinstance(error, OrderNotFound):
        check_unknown(error)


def called(token: Token | None) -> str:
    """Return who tries it, in words."""
    if token is None:
        return "nobody"
    scopes = "+".join(sorted(scope.rpartition("/")[2] for scope in token.scopes))
    return f"{token.subject} ({scopes or 'no scope'})"
