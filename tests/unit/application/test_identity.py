"""What a caller may do: by scope and by whose order it is; and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from order_engine.application.errors import ForeignUserId, InsufficientScope, TokenExpired, Unauthenticated
from order_engine.application.identity import (
    ANONYMOUS,
    ANY_SCOPE,
    ANYONE,
    TO_ADMINISTER,
    TO_READ,
    TO_WRITE,
    Anyone,
    AuthMode,
    Caller,
    Scope,
    User,
    check_acts_for,
    check_reads,
    check_valid,
    scopes_in,
    valid_user,
)
from order_engine.application.targets import ALL, check_subscriber, order_target, user_target
from tests.support.callers import ALICE, MALLORY, OLGA, user

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READER, WRITER = user("alice", Scope.READ), user("alice", Scope.WRITE)
ADMIN_ONLY, POWERLESS = user("alice", Scope.ADMIN), user("alice")
EVERYBODY: dict[str, Caller] = {
    "trader": ALICE,
    "reader": READER,
    "writer": WRITER,
    "administrator": OLGA,
    "administrator and nothing else": ADMIN_ONLY,
    "user without scopes": POWERLESS,
    "anyone": ANYONE,
}

PERMITTED: list[tuple[str, Sequence[Scope], bool]] = [
    ("trader", TO_READ, True),
    ("trader", TO_WRITE, True),
    ("trader", TO_ADMINISTER, False),
    ("reader", TO_READ, True),
    ("reader", TO_WRITE, False),
    ("reader", TO_ADMINISTER, False),
    ("writer", TO_READ, False),
    ("writer", TO_WRITE, True),
    ("writer", TO_ADMINISTER, False),
    ("administrator", TO_READ, True),
    ("administrator", TO_WRITE, True),
    ("administrator", TO_ADMINISTER, True),
    ("administrator and nothing else", TO_READ, True),
    ("administrator and nothing else", TO_WRITE, False),
    ("administrator and nothing else", TO_ADMINISTER, True),
    ("user without scopes", TO_READ, False),
    ("user without scopes", TO_WRITE, False),
    ("user without scopes", TO_ADMINISTER, False),
    ("user without scopes", ANY_SCOPE, False),
    ("user without scopes", (), False),
    ("anyone", TO_READ, True),
    ("anyone", TO_WRITE, True),
    ("anyone", TO_ADMINISTER, True),
    ("anyone", (), True),
]


def test_the_table_has_every_caller_with_every_need() -> None:
    needs = TO_READ, TO_WRITE, TO_ADMINISTER
    assert {(name, need) for name, need, _ in PERMITTED} >= {(name, need) for name in EVERYBODY for need in needs}


@pytest.mark.parametrize(("name", "needed", "permitted"), PERMITTED)
def test_one_of_the_needed_scopes_is_enough_and_none_is_not(
    name: str, needed: Sequence[Scope], permitted: bool
) -> None:
    if permitted:
        EVERYBODY[name].require(*needed)
        return
    with pytest.raises(InsufficientScope) as refused:
        EVERYBODY[name].require(*needed)
    assert refused.value.needed == tuple(needed)
    assert all(scope in str(refused.value) for scope in needed)


@pytest.mark.parametrize(
    ("name", "own", "others"),
    [
        ("trader", True, False),
        ("reader", True, False),
        ("writer", False, False),
        ("administrator", True, True),
        ("administrator and nothing else", True, True),
        ("user without scopes", False, False),
        ("anyone", True, True),
    ],
)
def test_whose_orders_can_be_read(name: str, own: bool, others: bool) -> None:
    caller = EVERYBODY[name]
    assert caller.reads(caller.user_id) is own
    assert [caller.reads(other) for other in ("bob", "", "ALICE", "alice ", "alic", "alicex")] == [others] * 6
    assert caller.reads_everybody is others


@pytest.mark.parametrize("name", EVERYBODY)
def test_only_ones_own_orders_can_be_changed_also_by_an_administrator(name: str) -> None:
    caller = EVERYBODY[name]
    anyone = isinstance(caller, Anyone)
    assert caller.acts_for(caller.user_id)
    assert [caller.acts_for(other) for other in ("bob", "", "ALICE", "alice ", "alic")] == [anyone] * 5


@pytest.mark.parametrize(
    ("caller", "named", "reads", "acts"),
    [
        (ALICE, "alice", True, True),
        (ALICE, "bob", False, False),
        (WRITER, "alice", False, True),
        (OLGA, "alice", True, False),
        (ANYONE, "alice", True, True),
    ],
)
def test_who_names_a_user_must_be_that_one(caller: Caller, named: str, reads: bool, acts: bool) -> None:
    for check, right in ((check_reads, reads), (check_acts_for, acts)):
        if right:
            check(caller, named)
            continue
        with pytest.raises(ForeignUserId) as refused:
            check(caller, named)
        assert named not in str(refused.value)


@pytest.mark.parametrize(
    ("caller", "target", "error"),
    [
        (ALICE, order_target("x"), None),
        (ALICE, user_target("alice"), None),
        (ALICE, user_target("bob"), ForeignUserId),
        (ALICE, ALL, InsufficientScope),
        (READER, user_target("alice"), None),
        (READER, ALL, InsufficientScope),
        (WRITER, order_target("x"), InsufficientScope),
        (WRITER, user_target("alice"), InsufficientScope),
        (WRITER, ALL, InsufficientScope),
        (POWERLESS, order_target("x"), InsufficientScope),
        (OLGA, ALL, None),
        (ADMIN_ONLY, user_target("bob"), None),
        (ANYONE, ALL, None),
        (ANYONE, user_target("bob"), None),
        (user("order#x", Scope.READ), user_target("order#x"), None),
        (user("all", Scope.READ), user_target("all"), None),
        (user("all", Scope.READ), ALL, InsufficientScope),
    ],
)
def test_who_may_subscribe_to_what(caller: Caller, target: str, error: type[Exception] | None) -> None:
    if error is None:
        check_subscriber(caller, target)
        return
    with pytest.raises(error):
        check_subscriber(caller, target)


# --- Until when -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", AuthMode)
def test_authentication_is_off_in_one_mode_only(mode: AuthMode) -> None:
    assert mode.authenticates is (mode.value != "none")


@pytest.mark.parametrize("mode", AuthMode)
@pytest.mark.parametrize("name", EVERYBODY)
def test_a_caller_is_valid_if_it_is_a_user_or_none_is_needed(name: str, mode: AuthMode) -> None:
    caller = EVERYBODY[name]
    if isinstance(caller, User) or mode is AuthMode.NONE:
        check_valid(caller, mode, NOW)
        return
    with pytest.raises(Unauthenticated) as refused:
        check_valid(caller, mode, NOW)
    assert refused.value.code == "unauthenticated"


@pytest.mark.parametrize("mode", AuthMode)
@pytest.mark.parametrize(
    ("seconds", "expired"), [(-3600, True), (-0.001, True), (0, True), (0.001, False), (60, False)]
)
def test_a_user_is_valid_until_the_token_ends_in_any_mode(mode: AuthMode, seconds: float, expired: bool) -> None:
    caller = user("alice", *Scope, expires_at=NOW + timedelta(seconds=seconds))
    if not expired:
        check_valid(caller, mode, NOW)
        assert valid_user(caller, NOW) is caller
        return
    for check in (lambda: check_valid(caller, mode, NOW), lambda: valid_user(caller, NOW)):
        with pytest.raises(TokenExpired):
            check()


def test_anyone_is_never_a_user() -> None:
    with pytest.raises(Unauthenticated):
        valid_user(ANYONE, NOW)
    assert ANYONE.user_id == ANONYMOUS
    named_like_it: Caller = user(ANONYMOUS, *Scope)
    assert named_like_it != ANYONE


def test_two_users_are_the_same_only_with_the_same_scopes_and_expiry() -> None:
    assert len({ALICE, READER, WRITER, MALLORY, user("alice", Scope.READ, Scope.WRITE, expires_at=NOW)}) == 5


# --- Scopes of a token ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scopes", [scopes for count in range(4) for scopes in combinations(Scope, count)])
def test_the_scopes_of_a_token_are_those_that_we_know_exactly_as_they_are_written(scopes: tuple[Scope, ...]) -> None:
    others = {"openid", "aws.cognito.signin.user.admin", "ORDERS/ADMIN", "orders/adminx", "orders", "admin", ""}
    assert scopes_in({*(scope.value for scope in scopes), *others}) == frozenset(scopes)
    assert all(type(scope) is Scope for scope in scopes_in([scope.value for scope in scopes]))
