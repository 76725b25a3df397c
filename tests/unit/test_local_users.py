"""Who can sign in on the local cloud: asked for by AUTH, with passwords that are kept and nobody else reads."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.deploy import Deployment
from local.describe import describe
from local.settings import LocalCloudError, Settings
from local.users import USERS, read_users, seed_users

POOL = "us-east-1_Example"
OUTPUTS = {
    "AuthMode": "cognito",
    "UserPoolId": POOL,
    "TokenIssuer": f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}",
    "BrowserClientId": "browser",
    "MachineClientId": "machine",
}


class UsernameExists(Exception):
    pass


class FakeCognito:
    """A user pool, with as much of Cognito's client as seeding uses."""

    exceptions = SimpleNamespace(UsernameExistsException=UsernameExists)

    def __init__(self) -> None:
        self.passwords: dict[str, str | None] = {}
        self.groups: dict[str, set[str]] = {}

    def client(self, _service: str) -> FakeCognito:
        return self

    def admin_create_user(self, *, UserPoolId: str, Username: str, **_: Any) -> None:  # noqa: N803
        if Username in self.passwords:
            raise UsernameExists
        self.passwords[Username] = None
        self.groups[Username] = set()

    def admin_set_user_password(self, *, UserPoolId: str, Username: str, Password: str, Permanent: bool) -> None:  # noqa: N803
        assert Permanent
        self.passwords[Username] = Password

    def admin_add_user_to_group(self, *, UserPoolId: str, Username: str, GroupName: str) -> None:  # noqa: N803
        self.groups[Username].add(GroupName)


@pytest.fixture
def cognito() -> Any:
    return FakeCognito()


@pytest.mark.parametrize(
    ("auth", "parameters"), [("1", {"AuthMode": "cognito"}), ("0", {"AuthMode": "none"}), ("", {})]
)
def test_auth_stands_for_a_parameter(auth: str, parameters: dict[str, str]) -> None:
    assert Settings.from_environment({"AUTH": auth}).parameters == parameters


def test_a_parameter_that_is_named_wins() -> None:
    environment = {"AUTH": "1", "PARAMETERS": "AuthMode=jwt Stage=test"}
    assert Settings.from_environment(environment).parameters == {"AuthMode": "jwt", "Stage": "test"}


@pytest.mark.parametrize("auth", ["true", "yes", "2", "cognito"])
def test_anything_else_is_refused(auth: str) -> None:
    with pytest.raises(LocalCloudError, match=r"AUTH=.* is neither 1 .* nor 0"):
        Settings.from_environment({"AUTH": auth})


def test_there_are_two_traders_and_an_administrator(cognito: FakeCognito, tmp_path: Path) -> None:
    seed_users(cognito, POOL, tmp_path / "users.json")  # type: ignore[arg-type]
    assert cognito.groups == {"alice": set(), "bob": set(), "olga": {"admins"}}
    assert cognito.passwords == read_users(tmp_path / "users.json")
    assert len({*cognito.passwords.values()}) == len(USERS)


def test_passwords_are_as_the_pool_wants_them_and_only_the_owner_reads_them(
    cognito: FakeCognito, tmp_path: Path
) -> None:
    file = tmp_path / "users.json"
    seed_users(cognito, POOL, file)  # type: ignore[arg-type]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for password in read_users(file).values():
        assert len(password) >= 12
        assert all(any(kind(c) for c in password) for kind in (str.islower, str.isupper, str.isdigit))
        assert not password.isalnum()


def test_a_restart_changes_nothing_and_a_new_pool_gets_the_same_passwords(cognito: FakeCognito, tmp_path: Path) -> None:
    other = FakeCognito()
    for pool in (cognito, cognito, other):
        seed_users(pool, POOL, tmp_path / "users.json")  # type: ignore[arg-type]
    assert other.passwords == cognito.passwords == read_users(tmp_path / "users.json")


def test_the_description_says_where_to_sign_in_but_no_secret(tmp_path: Path) -> None:
    settings = Settings(3210, 4321, 5432, tmp_path)
    describe(settings, Deployment({}, OUTPUTS))
    assert json.loads(settings.description.read_text()) == {
        "url": "http://localhost:3210",
        "websocketUrl": "ws://localhost:3210/ws",
        "awsUrl": "http://127.0.0.1:4321",
        "authMode": "cognito",
        "issuer": OUTPUTS["TokenIssuer"],
        "authority": f"http://localhost:3210/_cognito/{POOL}",
        "clientId": "browser",
        "machineClientId": "machine",
        "usersFile": str(tmp_path / "users.json"),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["cloud.json"]


def test_where_nobody_signs_in_the_description_says_so(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    describe(settings, Deployment({}, {"AuthMode": "none"}))
    description = json.loads(settings.description.read_text())
    assert description["authMode"] == "none"
    assert {name for name, value in description.items() if value is None} == {
        "issuer",
        "authority",
        "clientId",
        "machineClientId",
        "usersFile",
    }
