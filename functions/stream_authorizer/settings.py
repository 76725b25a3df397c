"""What `stream_authorizer` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class StreamAuthorizerSettings:
    """Settings of `stream_authorizer`."""

    auth_mode: str = text()
    token_issuer: str = text()
    token_audience: str = text()
    sign_in_authority: str = text()
    tickets_table: str = text()
