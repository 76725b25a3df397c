"""Finds the local cloud, beside which the passwords of its users lie."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orders_client.auth.confidentiality import is_loopback
from orders_client.auth.store import key_of
from orders_client.errors import SignInFailed
from orders_client.wire import decoding

ONLY_LOCAL = "Tokens for users are made on the local cloud only: make run AUTH=1. Elsewhere: orders login."


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A local cloud as its `cloud.json` says: its address, whether people sign in, and the file of their passwords."""

    url: str
    auth_mode: str
    users_file: Path | None

    def password_of(self, user: str) -> str:
        """Return the password of a user. Raises `SignInFailed` where there is no such user."""
        try:
            passwords = json.loads(self.users_file.read_text(encoding="utf-8")) if self.users_file else {}
        except (OSError, ValueError):
            passwords = {}
        if user not in passwords:
            raise SignInFailed(f"The local cloud has no user {user!r}.", f"It has: {', '.join(passwords) or 'none'}.")
        return str(passwords[user])


def find_local_cloud(
    address: str | None, folder: Path | None = None, environment: Mapping[str, str] = os.environ
) -> LocalCloud:
    """Return the local cloud whose state is in `LOCAL_STATE_DIR`, or in `.local` here or in a folder above.

    Args:
        address: the engine's, if one was named; any other than the local cloud's is refused.
        folder: where to begin; the working directory by default.

    Raises:
        SignInFailed: there is no local cloud, or it is not at this address, or nobody signs in there.
    """
    cloud = _read(_state_dir(folder or Path.cwd(), environment) / "cloud.json")
    if address is not None and key_of(address) != key_of(cloud.url):
        raise SignInFailed(f"{address} is not the local cloud, which is at {cloud.url}.", ONLY_LOCAL)
    if not is_loopback(cloud.url):
        raise SignInFailed(f"{cloud.url} is not on this machine.", ONLY_LOCAL)
    if cloud.auth_mode == "none":
        raise SignInFailed(
            f"Authentication is off at {cloud.url}: it takes no token.", "Have people sign in: make run AUTH=1."
        )
    return cloud


def _state_dir(folder: Path, environment: Mapping[str, str]) -> Path:
    if environment.get("LOCAL_STATE_DIR"):
        return Path(environment["LOCAL_STATE_DIR"])
    above = (candidate / ".local" for candidate in (folder, *folder.parents))
    found = next((state for state in above if (state / "cloud.json").is_file()), None)
    if found is None:
        raise SignInFailed(f"There is no local cloud in {folder}, nor in a folder above.", ONLY_LOCAL)
    return found


def _read(path: Path) -> LocalCloud:
    try:
        body: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SignInFailed(f"{path} can't be read: there is no local cloud.", ONLY_LOCAL) from error
    with decoding(str(path)):
        users = body.get("usersFile")
        return LocalCloud(str(body["url"]), str(body["authMode"]), Path(users) if users else None)
