"""`TokenStore`: the sign-ins of this user, in a file that nobody else can read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_config_path

from orders_client.auth.private_file import check_private, locked, make_private_folder, replace_private_file
from orders_client.auth.tokens import Tokens
from orders_client.errors import SignInFailed

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class SavedSignIn:
    """Tokens, and how to renew and revoke them: where they came from, and as which client."""

    tokens: Tokens
    client_id: str
    token_endpoint: str
    revocation_endpoint: str | None = None
    machine_scopes: tuple[str, ...] = ()
    """What client credentials asked for; empty for a person."""


def default_path() -> Path:
    """Return where the tokens are kept: in the user's config folder."""
    return user_config_path("orders", appauthor=False) / "tokens.json"


class TokenStore:
    """Keeps sign-ins by the address of the engine. Every method raises `SignInFailed` where the file can't be used.

    Args:
        path: the file; its folder is made, for this user only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def get(self, address: str) -> SavedSignIn | None:
        """Return the sign-in at an engine."""
        saved = self._read().get(key_of(address))
        return _sign_in_from(saved, self.path) if saved is not None else None

    def update(self, address: str, change: Callable[[SavedSignIn | None], SavedSignIn | None]) -> SavedSignIn | None:
        """Replace the sign-in at an engine, None to delete it, while no other process does; return what it is now."""
        with _file_errors(self.path):
            make_private_folder(self.path.parent)
            with locked(self.path.with_suffix(".lock")):
                before = self.get(address)
                after = change(before)
                if after is not before:
                    others = {key: saved for key, saved in self._read().items() if key != key_of(address)}
                    sign_ins = others | ({key_of(address): _body_of(after)} if after else {})
                    replace_private_file(self.path, json.dumps({"signIns": sign_ins}, indent=1))
                return after

    def _read(self) -> dict[str, Any]:
        try:
            with _file_errors(self.path), self.path.open(encoding="utf-8") as file:
                check_private(os.fstat(file.fileno()), self.path)
                return dict(json.load(file)["signIns"])
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError):
            raise _unreadable(self.path) from None


def key_of(address: str) -> str:
    """Return an engine's address in the one form under which its tokens are kept."""
    parts = urlsplit(address)
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"


def _body_of(saved: SavedSignIn) -> dict[str, Any]:
    tokens = saved.tokens
    return {
        "accessToken": tokens.access_token,
        "expiresAt": tokens.expires_at.isoformat() if tokens.expires_at else None,
        "refreshToken": tokens.refresh_token,
        "name": tokens.name,
        "clientId": saved.client_id,
        "tokenEndpoint": saved.token_endpoint,
        "revocationEndpoint": saved.revocation_endpoint,
        "machineScopes": list(saved.machine_scopes),
    }


def _sign_in_from(body: Mapping[str, Any], path: Path) -> SavedSignIn:
    try:
        expires_at = datetime.fromisoformat(body["expiresAt"]) if body["expiresAt"] else None
        return SavedSignIn(
            Tokens(body["accessToken"], expires_at, body["refreshToken"], body["name"]),
            client_id=body["clientId"],
            token_endpoint=body["tokenEndpoint"],
            revocation_endpoint=body["revocationEndpoint"],
            machine_scopes=tuple(body["machineScopes"]),
        )
    except (KeyError, TypeError, ValueError):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> SignInFailed:
    return SignInFailed(f"{path} is damaged.", f"Delete it and sign in again: rm '{path}'; orders login")


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """Turn errors of the file system into `SignInFailed`, but that there is no such file."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SignInFailed(
            f"{path}: {error.strerror}.", "The tokens are kept there: make it yours to write."
        ) from error
