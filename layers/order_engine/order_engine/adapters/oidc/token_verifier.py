"""Verifies access tokens by the keys that their issuer publishes, as the gateway's JWT authorizer does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from http.client import HTTPException
from typing import Any

import jwt

from order_engine.application.errors import DependencyUnavailable, Unauthenticated

ALGORITHMS = ("RS256", "RS384", "RS512")
"""API Gateway's authorizer takes RSA signatures only. A list of our own, never what a token says of itself."""

LEEWAY = 5.0
"""Seconds by which the issuer's clock may be ahead of ours; a token that has ended is refused all the same, later."""

TIMEOUT = 3.0
"""Seconds to wait for the issuer."""

KEYS_LIFETIME = 300.0
"""Seconds after which the keys are read again; an unknown key has them read at once, at most every 30 seconds."""


class JwtVerifier:
    """`TokenVerifier` for one issuer.

    Args:
        issuer: as tokens name it.
        audience: a token must be for one of these: its `aud`, or `client_id` where it has none, as Cognito's.
        authority: where the issuer's discovery document is; the issuer itself, except in an emulator.
    """

    def __init__(self, issuer: str, audience: tuple[str, ...], authority: str = "") -> None:
        self._issuer = issuer
        self._audience = frozenset(audience)
        self._authority = authority or issuer

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the token's claims.

        Raises:
            Unauthenticated: it is not signed by the issuer, not for this API, or has ended.
            DependencyUnavailable: the issuer's keys can't be read.
        """
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "sub"], "verify_aud": False},  # below, with `client_id`
            )
        except (jwt.PyJWKClientConnectionError, json.JSONDecodeError) as error:
            raise DependencyUnavailable(f"The issuer's keys can't be read: {error}") from error
        except (jwt.PyJWTError, UnicodeError) as error:
            raise Unauthenticated(f"The access token is not valid: {type(error).__name__}.") from error
        if self._audience.isdisjoint(_audience_of(claims)):
            raise Unauthenticated("The access token is for another audience.")
        return claims

    @cached_property
    def _keys(self) -> jwt.PyJWKClient:
        return jwt.PyJWKClient(self._keys_url(), lifespan=KEYS_LIFETIME, timeout=TIMEOUT)

    def _keys_url(self) -> str:
        """Return where the keys are, from the discovery document (OpenID Connect Discovery 1.0, 4)."""
        url = f"{self._authority.rstrip('/')}/.well-known/openid-configuration"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - the deployment's own address
                return str(json.load(answer)["jwks_uri"])
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise DependencyUnavailable(f"{url} can't be read: {error}") from error


def _audience_of(claims: Mapping[str, Any]) -> list[str]:
    audience = claims.get("aud", claims.get("client_id"))
    return [str(one) for one in audience] if isinstance(audience, list) else [str(audience)]
