"""Real tokens of a real issuer on this machine: good ones are taken, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from order_engine.adapters.oidc import token_verifier
from order_engine.adapters.oidc.token_verifier import JwtVerifier
from order_engine.application.errors import DependencyUnavailable, Unauthenticated
from tests.support.issuer import AUDIENCE, DISCOVERY, KEYS, Issuer, base64url, key, public_key, running_issuer

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
NOW = int(datetime.now(UTC).timestamp())


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def verifier(issuer: Issuer) -> JwtVerifier:
    return JwtVerifier(issuer.url, AUDIENCE)


def refusal(verifier: JwtVerifier, token: str) -> str:
    """Return why a token is refused."""
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token)
    assert refused.value.code == "unauthenticated"
    assert not any(part in str(refused.value) for part in token.split(".") if len(part) > 8)
    return str(refused.value)


# --- Good ones --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"client_id": "machine"},
        {"client_id": None, "aud": "browser"},
        {"client_id": "somebody's", "aud": "machine"},
        {"client_id": None, "aud": ["https://elsewhere.example.org", "browser"]},
        {"nbf": NOW - 5},
        {"token_use": "id"},  # what kind of token it is, is decided where all claims are read
    ],
)
def test_a_good_token_gives_its_claims(issuer: Issuer, verifier: JwtVerifier, changed: dict[str, Any]) -> None:
    claims = verifier.verify(issuer.token(**changed))
    assert claims["sub"] == "alice"
    assert claims == issuer.claims(**changed) | {name: claims[name] for name in ("iat", "exp")}


def test_keys_are_read_once_for_many_tokens(issuer: Issuer, verifier: JwtVerifier) -> None:
    for _ in range(3):
        verifier.verify(issuer.token())
    assert issuer.asked == [DISCOVERY, KEYS]


def test_nothing_is_asked_for_before_there_is_a_token(issuer: Issuer, verifier: JwtVerifier) -> None:
    del verifier
    assert issuer.asked == []


def test_the_authority_is_where_the_keys_are_and_the_issuer_what_tokens_name(issuer: Issuer) -> None:
    for authority in (issuer.url, f"{issuer.url}/"):
        verifier = JwtVerifier("https://cognito-idp.eu-central-1.amazonaws.com/pool", AUDIENCE, authority)
        assert verifier.verify(issuer.token(iss="https://cognito-idp.eu-central-1.amazonaws.com/pool"))
        assert "InvalidIssuer" in refusal(verifier, issuer.token())


def test_a_key_that_is_new_is_read_when_it_is_first_used(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: now)
    verifier = JwtVerifier(issuer.url, AUDIENCE)
    verifier.verify(issuer.token())
    issuer.keys.append(public_key("second"))
    now += 31
    assert verifier.verify(issuer.token(signed_by="second"))
    assert issuer.asked == [DISCOVERY, KEYS, KEYS]


def test_tokens_with_unknown_keys_do_not_make_the_issuer_be_asked_each_time(
    issuer: Issuer, verifier: JwtVerifier
) -> None:
    verifier.verify(issuer.token())
    for number in range(5):
        refusal(verifier, issuer.token(header={"kid": f"unknown {number}"}))
    assert issuer.asked == [DISCOVERY, KEYS]


# --- Bad ones ---------------------------------------------------------------------------------------------------------

BAD: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda issuer: issuer.token(exp=NOW - 1),
    "expired long ago": lambda issuer: issuer.token(exp=0),
    "without expiry": lambda issuer: issuer.token(exp=None),
    "expiry that is no number": lambda issuer: issuer.token(exp="never"),
    "expiry that is a list": lambda issuer: issuer.token(exp=[NOW + 60]),
    "not yet": lambda issuer: issuer.token(nbf=NOW + 600),
    "from the future": lambda issuer: issuer.token(iat=NOW + 600),
    "without issuer": lambda issuer: issuer.token(iss=None),
    "wrong issuer": lambda issuer: issuer.token(iss="https://elsewhere.example.org"),
    "issuer with a slash": lambda issuer: issuer.token(iss=f"{issuer.url}/"),
    "issuer that is a list": lambda issuer: issuer.token(iss=[issuer.url]),
    "without subject": lambda issuer: issuer.token(sub=None),
    "subject that is a number": lambda issuer: issuer.token(sub=7),
    "without audience and client": lambda issuer: issuer.token(client_id=None),
    "wrong client": lambda issuer: issuer.token(client_id="somebody's"),
    "wrong audience": lambda issuer: issuer.token(client_id=None, aud="somebody's"),
    "wrong audience of the right client": lambda issuer: issuer.token(aud="somebody's"),
    "wrong audiences": lambda issuer: issuer.token(client_id=None, aud=["a", "b"]),
    "no audiences": lambda issuer: issuer.token(aud=[]),
    "audience in another case": lambda issuer: issuer.token(client_id=None, aud="Browser"),
    "both audiences in one": lambda issuer: issuer.token(client_id=None, aud="browser,machine"),
    "client that is a list": lambda issuer: issuer.token(client_id={"browser": 1}),
    "alg none": lambda issuer: issuer.token("none"),
    "alg none, signed all the same": lambda issuer: issuer.token(header={"alg": "none"}),
    "alg NONE": lambda issuer: issuer.token("NONE"),
    "without alg": lambda issuer: issuer.token(header={"alg": None}),
    "alg that is a list": lambda issuer: issuer.token(header={"alg": ["RS256"]}),
    "HS256 with the public key": lambda issuer: issuer.token("HS256"),
    "HS256 that says RS256": lambda issuer: issuer.token("HS256", header={"alg": "RS256"}),
    "an algorithm that we do not take": lambda issuer: issuer.token(header={"alg": "PS256"}),
    "ES256": lambda issuer: issuer.token(header={"alg": "ES256"}),
    "signed by somebody else": lambda issuer: issuer.token(signed_by="other", header={"kid": "first"}),
    "an unknown key": lambda issuer: issuer.token(signed_by="other"),
    "no key": lambda issuer: issuer.token(header={"kid": None}),
    "a key that is a number": lambda issuer: issuer.token(header={"kid": 7}),
    "a key that is a path": lambda issuer: issuer.token(header={"kid": "../../etc/passwd"}),
    "its own key": lambda issuer: issuer.token(signed_by="other", header={"jwk": public_key("other")}),
    "its own key at an address": lambda issuer: issuer.token(signed_by="other", header={"jku": issuer.url + "/other"}),
    "a critical extension": lambda issuer: issuer.token(header={"crit": ["exp"]}),
    "another's signature": lambda issuer: (
        issuer.token(sub="bob").rpartition(".")[0] + "." + issuer.token().rpartition(".")[2]
    ),
    "no signature": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "two parts": lambda issuer: issuer.token().rpartition(".")[0],
    "four parts": lambda issuer: issuer.token() + ".x",
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "words": lambda _: "alice",
    "spaces": lambda issuer: issuer.token().replace(".", " . "),
    "another text": lambda _: "\U0001f680.ü.x",
    "half a character": lambda _: "\ud800.\ud800.\ud800",
    "no JSON": lambda _: ".".join(map(base64url, (b"{", b"{", b"x"))),
    "lists for objects": lambda _: ".".join(map(base64url, (b"[]", b"[]", b"x"))),
    "deep": lambda issuer: ".".join((base64url(b"[" * 5_000), *issuer.token().split(".")[1:])),
    "deep claims": lambda issuer: ".".join(
        (issuer.token().split(".")[0], base64url(b"[" * 5_000), issuer.token().split(".")[2])
    ),
    "opaque": lambda _: "zNl4mQW0C3rkpbD9q5VSKWQ2n6cDDaGSJB4j0p8hMyE",
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused_and_not_repeated(
    issuer: Issuer, verifier: JwtVerifier, make: Callable[[Issuer], str]
) -> None:
    refusal(verifier, make(issuer))
    assert not {path for path in issuer.asked if path not in (DISCOVERY, KEYS)}
    assert verifier.verify(issuer.token())["sub"] == "alice"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_token_that_was_tampered_with_is_refused(issuer: Issuer, verifier: JwtVerifier, position: int) -> None:
    parts = issuer.token().split(".")
    for at in range(0, len(parts[position]), 7):
        letter = "B" if parts[position][at] == "A" else "A"
        other = parts[position][:at] + letter + parts[position][at + 1 :]
        refusal(verifier, ".".join([*parts[:position], other, *parts[position + 1 :]]))


def test_only_rsa_signatures_are_taken() -> None:
    assert {algorithm[:2] for algorithm in token_verifier.ALGORITHMS} == {"RS"}


@pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
def test_a_key_is_used_with_its_own_algorithm_only(issuer: Issuer, verifier: JwtVerifier, algorithm: str) -> None:
    refusal(verifier, issuer.token(algorithm))
    issuer.keys[:] = [public_key("first", alg=algorithm)]
    assert JwtVerifier(issuer.url, AUDIENCE).verify(issuer.token(algorithm))


def test_a_secret_among_the_issuers_keys_verifies_nothing(issuer: Issuer, verifier: JwtVerifier) -> None:
    issuer.keys[:] = [{"kty": "oct", "kid": "first", "k": base64url(b"secret"), "alg": "HS256"}]
    refusal(verifier, issuer.token("HS256"))


def test_a_key_for_encryption_verifies_nothing(issuer: Issuer, verifier: JwtVerifier) -> None:
    issuer.keys[:] = [public_key("first", use="enc"), public_key("other")]
    refusal(verifier, issuer.token())


# --- An issuer that does not answer -----------------------------------------------------------------------------------

# The last is a status that there is not.
ODD_ANSWERS: list[Any] = [500, 404, 302, b"", b"<html>", b"{", b"7", [], "x", None, {}, {"keys": None}, 7]


@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=lambda answer: repr(answer)[:20])
@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_without_the_issuers_keys_nobody_gets_in(issuer: Issuer, verifier: JwtVerifier, path: str, answer: Any) -> None:
    issuer.answers[path] = answer
    with pytest.raises((DependencyUnavailable, Unauthenticated)):
        verifier.verify(issuer.token())
    del issuer.answers[path]
    assert verifier.verify(issuer.token())["sub"] == "alice"  # the next time it is asked again


@pytest.mark.parametrize(
    "uri", [None, 7, "", "file:///etc/passwd", "data:application/json,{}", "keys.json", "ftp://x/y"]
)
def test_keys_come_from_an_address_on_the_web_only(issuer: Issuer, verifier: JwtVerifier, uri: Any) -> None:
    issuer.answers[DISCOVERY] = {"jwks_uri": uri}
    with pytest.raises((DependencyUnavailable, Unauthenticated)):
        verifier.verify(issuer.token())


def test_an_issuer_that_is_not_there_is_an_unavailable_dependency() -> None:
    with running_issuer() as gone:
        token = gone.token()
    with pytest.raises(DependencyUnavailable):
        JwtVerifier(gone.url, AUDIENCE).verify(token)


def test_an_issuer_that_went_away_later_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: now)
    monkeypatch.setattr("jwt.jwk_set_cache.time.monotonic", lambda: now)
    with running_issuer() as issuer:
        verifier = JwtVerifier(issuer.url, AUDIENCE)
        verifier.verify(issuer.token())
    assert verifier.verify(issuer.token())
    now += token_verifier.KEYS_LIFETIME + 1
    with pytest.raises(DependencyUnavailable):
        verifier.verify(issuer.token())


def test_two_keys_are_two() -> None:
    assert key("first").private_numbers() != key("other").private_numbers()
