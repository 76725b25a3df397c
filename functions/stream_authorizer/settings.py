"""What `stream_authorizer` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.identity_settings import IdentitySettings
from order_engine.entrypoints.settings import optional_text, text, texts


@dataclass(frozen=True, kw_only=True)
class StreamAuthorizerSettings(IdentitySettings):
    """Settings of `stream_authorizer`."""

    tickets_table: str = text()
    token_issuer: str = text()
    token_audience: tuple[str, ...] = texts()
    sign_in_authority: str = optional_text()
