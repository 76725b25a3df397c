"""The users of the local cloud: two traders and an administrator, each with a random password that is kept."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

USERS: Mapping[str, tuple[str, ...]] = {"alice": (), "bob": (), "olga": ("admins",)}
"""The groups of each user, by name."""
_NEEDED_CHARACTERS = "aA1-"
"""One of each kind that the password policy asks for."""


def seed_users(session: boto3.Session, user_pool_id: str, file: Path) -> None:
    """Have the users in the pool with the passwords of the file, which is written if there is none."""
    cognito: Any = session.client("cognito-idp")
    passwords = read_users(file) or _write_passwords(file)
    for name, groups in USERS.items():
        user = {"UserPoolId": user_pool_id, "Username": name}
        attributes = [{"Name": "email", "Value": f"{name}@example.org"}]
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=attributes)
        cognito.admin_set_user_password(**user, Password=passwords[name], Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(**user, GroupName=group)


def read_users(file: Path) -> dict[str, str]:
    """Return the passwords by user name; none if there is no such file."""
    passwords: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return passwords


def _write_passwords(file: Path) -> dict[str, str]:
    """Make a password for each user, and write them into a file that only its owner reads."""
    passwords = {name: f"{secrets.token_urlsafe(12)}{_NEEDED_CHARACTERS}" for name in USERS}
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump(passwords, opened, indent=2)
    return passwords
