"""Wrong identities: what somebody might send instead of a good access token."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from local.cloud import LocalCloud
from tests.support import tokens

LONG_AGO = 1_000_000_000
UNKNOWN_ORDER = "01a1fc59-121a-7ddb-8732-cd9cdb1aed2f"


@dataclass(frozen=True)
class Person:
    """A user of the cloud, and a client of the HTTP API that sends his token."""

    name: str
    token: str
    user_id: str

    def headers(self) -> dict[str, str]:
        return tokens.bearer(self.token)


def person(cloud: LocalCloud, name: str) -> Person:
    """Sign a user in."""
    token = tokens.access_token(cloud, name)
    return Person(name, token, str(tokens.claims(token)["sub"]))


class Strangers:
    """Tokens that must open nothing, by what is wrong with them. All of them name the victim, where they name anybody.

    Args:
        victim: the subject whose orders they are after.
    """

    def __init__(self, cloud: LocalCloud, victim: str) -> None:
        self._cloud = cloud
        self.victim = victim

    def header(self, kind: str) -> dict[str, str]:
        """Return the headers of a request with such an identity."""
        return {} if kind == "no token" else {"Authorization": str(KINDS[kind](self))}

    def mint(self, **changes: Any) -> str:
        """Return the header's value with a token that is good but for these changes."""
        return "Bearer " + tokens.mint(self._cloud, **{"sub": self.victim, "scope": ALL_SCOPES} | changes)

    @cached_property
    def signed_in(self) -> dict[str, Any]:
        """Somebody's real tokens of all kinds."""
        return tokens.sign_in(self._cloud, "bob")


ALL_SCOPES = "openid orders/read orders/write orders/admin"
KINDS: dict[str, Callable[[Strangers], str]] = {
    "no token": lambda _: "",
    "an empty token": lambda _: "Bearer",
    "garbage": lambda _: "Bearer garbage",
    "garbage in three parts": lambda _: "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    "another scheme": lambda _: "Basic YWxpY2U6cGFzc3dvcmQ=",
    "expired": lambda they: they.mint(exp=LONG_AGO),
    "no expiry": lambda they: they.mint(exp=None),
    "not valid yet": lambda they: they.mint(nbf=int(time.time()) + 3600),
    "wrong audience": lambda they: they.mint(client_id="another-client"),
    "no audience": lambda they: they.mint(client_id=None),
    "wrong issuer": lambda they: they.mint(iss="https://issuer.example.org"),
    "no issuer": lambda they: they.mint(iss=None),
    "no subject": lambda they: they.mint(sub=None),
    "an empty subject": lambda they: they.mint(sub=""),
    "another key": lambda they: they.mint(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "an unknown key id": lambda they: they.mint(header={"kid": "unknown"}),
    "no key id": lambda they: they.mint(header={"kid": None}),
    "alg none": lambda they: they.mint(algorithm="none"),
    "HS256 with the public key": lambda they: they.mint(algorithm="HS256"),
    "a tampered payload": lambda they: _tampered(they.mint(), they.mint(sub="somebody-else")),
    "an ID token": lambda they: f"Bearer {they.signed_in['id_token']}",
    "a refresh token": lambda they: f"Bearer {they.signed_in['refresh_token']}",
    "an ID token with scopes": lambda they: they.mint(token_use="id"),
    "no kind of token": lambda they: they.mint(token_use=None),
}
"""What is wrong, and the `Authorization` header."""


def _tampered(good: str, other: str) -> str:
    """Return a token with the payload of another."""
    header, _, signature = good.split(".")
    return ".".join((header, other.split(".")[1], signature))


def normal(answer: httpx.Response, *ids: str) -> tuple[int, frozenset[str], str]:
    """Return what an answer tells a stranger: its status, its headers' names, and its text without these ids."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "<id>")
    return answer.status_code, frozenset(answer.headers), text
