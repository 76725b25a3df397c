"""Who a token's claims and an authorizer's context say it is; whatever says it in another way is nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import AuthMode, Scope, User
from order_engine.contracts.identity import context_of, user_from_claims, user_from_context
from tests.support.callers import ALICE, NEVER, claims_of, user

COGNITO, JWT = AuthMode.COGNITO, AuthMode.JWT
MODES = [COGNITO, JWT]
CLAIMS: Mapping[str, Any] = claims_of(ALICE)
MISSING = object()
READ, WRITE, ADMIN = (frozenset({scope}) for scope in Scope)
NONE: frozenset[Scope] = frozenset()


def changed(name: str, value: object, claims: Mapping[str, Any] = CLAIMS) -> dict[str, Any]:
    """Return claims with another value, or without one."""
    others = {key: kept for key, kept in claims.items() if key != name}
    return others if value is MISSING else others | {name: value}


def refused(claims: object, mode: AuthMode) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as refusal:
        user_from_claims(claims, mode)
    assert refusal.value.code == "unauthenticated"
    return refusal.value


@pytest.mark.parametrize("mode", MODES)
def test_the_claims_of_an_access_token_are_a_user(mode: AuthMode) -> None:
    assert user_from_claims(CLAIMS, mode) == ALICE


# --- The claims as a whole --------------------------------------------------------------------------------------------

NO_CLAIMS: list[object] = [
    None, True, False, 0, 7, 1.5, "", "alice", str(dict(CLAIMS)), b"sub", [], [CLAIMS], [*CLAIMS.items()], (), {},
    {"claims": CLAIMS}, {"jwt": {"claims": CLAIMS}}, {"userId": "alice"}, {"principalId": "alice"},
    {"subject": "alice", "scope": "orders/read", "expiresAt": "4102444800"}, {"SUB": "alice", "exp": CLAIMS["exp"]},
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("claims", NO_CLAIMS, ids=lambda claims: repr(claims)[:40])
def test_what_are_no_claims_is_nobody(claims: object, mode: AuthMode) -> None:
    refused(claims, mode)


# --- Each claim -------------------------------------------------------------------------------------------------------

NO_SUBJECTS: list[object] = [
    MISSING, None, "", True, False, 0, 7, 1.5, [], ["alice"], {}, {"sub": "alice"}, b"alice",
    "a\0", "a\nb", "alice\n", "\t", "\x7f", "älice", "\ud800", "\U0001f680", "x" * 256, "anonymous",
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("subject", NO_SUBJECTS, ids=lambda subject: repr(subject)[:20])
def test_without_a_subject_it_is_nobody(subject: object, mode: AuthMode) -> None:
    refused(changed("sub", subject), mode)


@pytest.mark.parametrize("subject", ["a", "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", "auth0|5f7c", "a b", "#", "x" * 255])
def test_a_subject_is_kept_as_it_is(subject: str) -> None:
    assert user_from_claims(changed("sub", subject), JWT).user_id == subject


NO_EXPIRIES: list[object] = [
    MISSING, None, "", " ", "abc", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "1e17", "0x10", "1,5",
    "2100-01-01T00:00:00Z", "Thu Jan 01 00:00:00 UTC 2100", "9" * 400, 10**400, 1e300, float("nan"), float("inf"),
    True, False, [], ["4102444800"], {}, b"4102444800",
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("expires", NO_EXPIRIES, ids=lambda expires: repr(expires)[:20])
def test_without_an_expiry_it_is_nobody(expires: object, mode: AuthMode) -> None:
    refused(changed("exp", expires), mode)


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [
        ("4102444800", 4102444800),
        (4102444800, 4102444800),
        ("1.5e9", 1.5e9),
        (1.5, 1.5),
        ("0", 0),
        ("1", 1),
        ("-1", -1),
    ],
)
def test_an_expiry_is_a_number_of_seconds_also_one_in_the_past(expires: object, seconds: float) -> None:
    assert user_from_claims(changed("exp", expires), COGNITO).expires_at == datetime.fromtimestamp(seconds, UTC)


OTHER_KINDS: list[object] = [
    "id", "refresh", "", "ACCESS", "access ", "Access", None, True, 0, 1, {}, ["access"], {"access": True}, b"access",
]  # fmt: skip
KINDS: list[tuple[object, bool, bool]] = [
    ("access", True, True),
    (MISSING, False, True),
    *((kind, False, False) for kind in OTHER_KINDS),
]
"""What `token_use` may be, and whether that is an access token of Cognito and of another issuer."""


@pytest.mark.parametrize(("kind", "cognitos", "others"), KINDS, ids=lambda kind: repr(kind)[:20])
def test_only_an_access_token_permits_anything(kind: object, cognitos: bool, others: bool) -> None:
    for mode, permitted in ((COGNITO, cognitos), (JWT, others)):
        claims = changed("token_use", kind)
        if permitted:
            assert user_from_claims(claims, mode) == ALICE
        else:
            assert "access token" in str(refused(claims, mode))


SCOPES: list[tuple[object, frozenset[Scope]]] = [
    ("orders/read", READ),
    ("orders/read orders/write", READ | WRITE),
    ("  orders/admin\t openid ", ADMIN),
    ("[orders/read orders/write]", READ | WRITE),
    ("[orders/admin]", ADMIN),
    (["orders/read", "orders/write"], READ | WRITE),
    (["orders/read", None, 7, ["orders/admin"], {"orders/admin": 1}], READ),
    (["orders/read orders/write"], NONE),
    ("orders/read,orders/write", NONE),
    ('["orders/read"]', NONE),
    ("ORDERS/READ", NONE),
    ("orders/readx xorders/read orders/ read", NONE),
    ("orders/*", NONE),
    ("orders/read\0", NONE),
    *((nothing, NONE) for nothing in (MISSING, None, "", "[]", " ", [], {}, True, 7, b"orders/read")),
    *((odd, NONE) for odd in ({"orders/read": True}, {"scope": "orders/read"}, ("orders/read",), {"orders/read"})),
]
"""What `scope` may be, and which of ours are in it."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("claim", ["scope", "scp"])
@pytest.mark.parametrize(("value", "scopes"), SCOPES, ids=lambda value: repr(value)[:30])
def test_a_user_has_the_scopes_that_are_named_and_no_others(
    value: object, scopes: frozenset[Scope], claim: str, mode: AuthMode
) -> None:
    without = changed("scope", MISSING)
    assert user_from_claims(changed(claim, value, without), mode) == User("alice", scopes, NEVER)


def test_both_ways_to_write_scopes_add_up() -> None:
    assert user_from_claims({**CLAIMS, "scope": "orders/read", "scp": ["orders/write"]}, JWT).scopes == READ | WRITE
    assert user_from_claims({**CLAIMS, "scope": None, "scp": ["orders/write"]}, JWT).scopes == WRITE


@pytest.mark.parametrize("name", ["scopes", "permissions", "roles", "cognito:groups", "groups", "client_id", "aud"])
def test_no_other_claim_permits_anything(name: str) -> None:
    claims = changed("scope", MISSING) | {name: ["orders/admin", "admins"]}
    assert user_from_claims(claims, COGNITO).scopes == NONE


# --- The context of a connection --------------------------------------------------------------------------------------

CONTEXT: Mapping[str, Any] = context_of(ALICE)


def test_a_context_is_texts_only_as_api_gateway_takes_no_lists() -> None:
    assert context_of(ALICE) == {
        "subject": "alice",
        "scope": "orders/read orders/write",
        "expiresAt": str(int(NEVER.timestamp())),
    }


@pytest.mark.parametrize("context", [*NO_CLAIMS[:-2], CLAIMS, {"context": CONTEXT}], ids=lambda one: repr(one)[:40])
def test_what_is_no_context_of_ours_is_nobody(context: object) -> None:
    with pytest.raises(Unauthenticated):
        user_from_context(context)


@pytest.mark.parametrize("subject", NO_SUBJECTS, ids=lambda subject: repr(subject)[:20])
def test_a_connection_without_a_subject_is_nobodys(subject: object) -> None:
    with pytest.raises(Unauthenticated):
        user_from_context(changed("subject", subject, CONTEXT))


@pytest.mark.parametrize("expires", NO_EXPIRIES, ids=lambda expires: repr(expires)[:20])
def test_a_connection_without_an_expiry_is_nobodys(expires: object) -> None:
    with pytest.raises(Unauthenticated):
        user_from_context(changed("expiresAt", expires, CONTEXT))


@pytest.mark.parametrize(("value", "scopes"), SCOPES, ids=lambda value: repr(value)[:30])
def test_a_connection_has_the_scopes_that_are_named_and_no_others(value: object, scopes: frozenset[Scope]) -> None:
    assert user_from_context(changed("scope", value, CONTEXT)).scopes == scopes


@pytest.mark.parametrize(
    "more", [{"principalId": "bob", "integrationLatency": 7}, {"sub": "bob", "scp": "orders/admin", "userId": "bob"}]
)
def test_what_else_is_in_the_context_changes_nobody(more: dict[str, Any]) -> None:
    assert user_from_context({**CONTEXT, **more}) == ALICE


# --- Whatever comes ---------------------------------------------------------------------------------------------------

words = st.sampled_from([*(scope.value for scope in Scope), "openid", "orders/", "[", "]", "ORDERS/READ"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | words | words.map(lambda word: f"[{word}]"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([*CLAIMS, *CONTEXT, "scp", "scopes", "aud"])
subjects = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=255).filter(
    lambda subject: subject != "anonymous"
)
users = st.builds(
    user,
    subjects,
    st.just(Scope.READ) | st.just(Scope.WRITE),
    expires_at=st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda time: time.replace(microsecond=0)
    ),
)


@given(anything, st.sampled_from(MODES))
@example({"sub": "a", "exp": float("nan")}, JWT)
@example({"sub": "a", "exp": -(10**18)}, JWT)
def test_claims_of_any_kind_are_a_user_or_nobody(claims: object, mode: AuthMode) -> None:
    try:
        user_from_claims(claims, mode)
    except Unauthenticated:
        return
    raise AssertionError(f"{claims!r} were taken for claims")


@given(names, anything, st.sampled_from(MODES))
def test_one_odd_claim_gives_nobody_and_nothing_more_than_was_there(name: str, value: object, mode: AuthMode) -> None:
    for read, given_ in ((lambda one: user_from_claims(one, mode), CLAIMS), (user_from_context, CONTEXT)):
        try:
            read_as = read(changed(name, value, given_))
        except Unauthenticated:
            continue
        assert read_as.user_id == given_.get("sub", given_.get("subject")) or read_as.user_id == value
        assert read_as.scopes <= ALICE.scopes | {scope for scope in Scope if scope in str(value)}


@given(users)
def test_a_context_comes_back_as_it_was_written(written: User) -> None:
    assert user_from_context(context_of(written)) == written


@given(users)
def test_claims_say_the_same_as_the_context_that_is_made_of_them(one: User) -> None:
    assert user_from_context(context_of(user_from_claims(claims_of(one), COGNITO))) == one
