"""The setting of the functions that know their callers."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.application.identity import AuthMode
from order_engine.entrypoints.settings import choice


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """How callers are known."""

    auth_mode: AuthMode = choice(AuthMode)  # noqa: RUF009 - a field, as those of the other settings
