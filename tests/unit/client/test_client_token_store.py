"""Where sign-ins are kept, and how they are renewed: by one process at a time, and for nobody else to read."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orders_client import OrdersError, Unauthenticated, Unavailable
from orders_client.auth.private_file import replace_private_file
from orders_client.auth.store import SavedSignIn, TokenStore, key_of
from orders_client.auth.stored_credentials import StoredCredentials
from orders_client.auth.tokens import Tokens
from tests.unit.client.stub_browser import run, sign_in
from tests.unit.client.stub_cloud import StubCloud, stub_cloud

ENGINE = "https://orders.example"
SAVED = SavedSignIn(
    Tokens("acc3ss", datetime(2026, 3, 1, tzinfo=UTC), "r3fr3sh", "alice"),
    "page",
    "https://authority.example/token",
    "https://authority.example/revoke",
    ("orders/read",),
)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "orders" / "tokens.json")


@pytest.fixture
def cloud() -> Iterator[StubCloud]:
    with stub_cloud() as cloud:
        yield cloud


class TestFile:
    def test_gives_back_what_was_kept(self, store: TokenStore) -> None:
        assert store.get(ENGINE) is None
        assert store.update(ENGINE, lambda _: SAVED) == SAVED
        assert TokenStore(store.path).get(f"{ENGINE}/") == SAVED
        without = replace(SAVED, tokens=Tokens("a"), revocation_endpoint=None, machine_scopes=())
        store.update(ENGINE, lambda _: without)
        assert store.get(ENGINE) == without

    @pytest.mark.parametrize(
        ("address", "key"),
        [
            ("https://Orders.Example:443/", "https://orders.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://localhost:80/v1/", "http://localhost/v1"),
        ],
    )
    def test_knows_an_engine_however_its_address_is_written(self, address: str, key: str) -> None:
        assert key_of(address) == key

    def test_is_for_this_user_only(self, store: TokenStore) -> None:
        store.path.parent.mkdir(mode=0o755)
        store.update(ENGINE, lambda _: SAVED)
        assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
    def test_is_refused_where_others_reach_it(self, store: TokenStore, mode: int) -> None:
        store.update(ENGINE, lambda _: SAVED)
        store.path.chmod(mode)
        with pytest.raises(OrdersError, match="Others can read") as refused:
            store.get(ENGINE)
        assert "chmod 600" in refused.value.next_step
        with pytest.raises(OrdersError, match="Others can read"):
            store.update(ENGINE, lambda _: None)

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
    def test_is_refused_where_it_is_somebody_elses(self, store: TokenStore) -> None:
        store.update(ENGINE, lambda _: SAVED)
        os.chown(store.path, 12345, -1)
        with pytest.raises(OrdersError, match="belongs to another user"):
            store.get(ENGINE)

    @pytest.mark.parametrize(
        "content", ["", "[]", "{}", '{"signIns": 7}', '{"signIns": {"https://orders.example": {}}}']
    )
    def test_that_is_damaged_says_what_to_do(self, store: TokenStore, content: str) -> None:
        store.update(ENGINE, lambda _: SAVED)
        store.path.write_text(content)
        with pytest.raises(OrdersError, match="damaged") as refused:
            store.get(ENGINE)
        assert "orders login" in refused.value.next_step

    def test_that_can_not_be_written_says_where(self, tmp_path: Path) -> None:
        (tmp_path / "orders").write_text("a file where the folder should be")
        with pytest.raises(OrdersError, match="orders"):
            TokenStore(tmp_path / "orders" / "tokens.json").update(ENGINE, lambda _: SAVED)

    def test_stays_as_it_was_when_writing_fails(self, store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
        store.update(ENGINE, lambda _: SAVED)

        def fail(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OrdersError, match="No space left"):
            store.update(ENGINE, lambda _: None)
        assert store.get(ENGINE) == SAVED
        assert sorted(path.name for path in store.path.parent.iterdir()) == ["tokens.json", "tokens.lock"]

    def test_a_file_is_never_there_for_others_to_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        modes: list[int] = []
        rename = Path.replace

        def looking(path: Path, target: Path) -> Path:
            modes.append(stat.S_IMODE(path.stat().st_mode))
            return rename(path, target)

        monkeypatch.setattr(Path, "replace", looking)
        replace_private_file(tmp_path / "tokens.json", "{}")
        assert modes == [0o600]

    def test_changes_of_many_threads_and_stores_are_all_kept(self, store: TokenStore) -> None:
        def add(number: int) -> None:
            TokenStore(store.path).update(f"https://engine-{number}", lambda _: SAVED)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(add, range(40)))
        assert len(json.loads(store.path.read_text())["signIns"]) == 40

    def test_shows_no_token(self, store: TokenStore) -> None:
        credentials = StoredCredentials(ENGINE, store, environment={"ORDERS_CLIENT_SECRET": "s3cr3t"})
        store.update(ENGINE, lambda _: replace(SAVED, tokens=replace(SAVED.tokens, expires_at=None)))
        assert credentials.token() == "acc3ss"
        shown = f"{store!r} {SAVED!r} {credentials!r}"
        assert not [secret for secret in ("acc3ss", "r3fr3sh", "s3cr3t") if secret in shown]


@pytest.mark.enable_socket
class TestRenewal:
    def test_a_refused_token_is_refreshed_and_kept(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        cloud.expire_all()
        assert run(cloud, "list").exit_code == 0
        assert run(cloud, "list").exit_code == 0
        grants = [request["grant_type"] for request in cloud.asked("/pool/token")]
        assert grants == ["authorization_code", "refresh_token"]
        assert len(cloud.bearers) == 3  # refused, accepted, accepted

    def test_a_token_that_is_about_to_end_is_refreshed_before_it_is_refused(self, cloud: StubCloud) -> None:
        cloud.lifetime = 5
        sign_in(cloud)
        cloud.lifetime = 3600
        assert run(cloud, "list").exit_code == 0
        assert run(cloud, "list").exit_code == 0
        assert len(cloud.bearers) == 2
        assert len(cloud.asked("/pool/token")) == 2

    def test_a_refresh_token_that_is_replaced_is_replaced_here_too(self, cloud: StubCloud) -> None:
        cloud.rotates = True
        sign_in(cloud)
        for _ in range(2):
            cloud.expire_all()
            assert run(cloud, "list").exit_code == 0
        saved = TokenStore().get(cloud.url)
        assert saved is not None
        assert [saved.tokens.refresh_token] == list(cloud.refresh_tokens)
        assert saved.tokens.name == "alice"

    def test_two_that_renew_at_once_use_a_refresh_token_once(self, cloud: StubCloud) -> None:
        cloud.rotates = True
        sign_in(cloud)
        both = [StoredCredentials(cloud.url, TokenStore()) for _ in range(2)]
        refused = [credentials.token() for credentials in both]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(StoredCredentials.renew, both, refused))
        assert both[0].token() == both[1].token() != refused[0]
        assert len(cloud.asked("/pool/token")) == 2

    def test_many_threads_renew_once(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        credentials = StoredCredentials(cloud.url, TokenStore())
        refused = credentials.token()
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(credentials.renew, [refused] * 8))
        assert len(cloud.asked("/pool/token")) == 2
        assert credentials.token() in cloud.valid

    def test_a_sign_in_that_has_ended_says_so(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        cloud.expire_all()
        cloud.refresh_tokens.clear()
        done = run(cloud, "list")
        assert done.exit_code == 3
        assert f"Your sign-in at {cloud.url} has ended." in done.stderr
        assert f"Sign in again: orders login --url {cloud.url}" in done.stderr

    def test_who_is_not_signed_in_is_told_where(self, cloud: StubCloud) -> None:
        done = run(cloud, "list", "--json")
        (told,) = [json.loads(line) for line in done.stderr.splitlines()]
        assert done.exit_code == 3
        assert told["error"]["message"] == f"You are not signed in at {cloud.url}."
        assert told["error"]["nextStep"] == f"Sign in first: orders login --url {cloud.url}"
        assert (told["error"]["code"], told["error"]["status"]) == ("unauthenticated", 401)

    def test_an_authority_that_is_away_is_told_as_that(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        with stub_cloud() as other:
            pass
        away = f"{other.authority}/token"
        TokenStore().update(cloud.url, lambda saved: saved and replace(saved, token_endpoint=away))
        cloud.expire_all()
        with pytest.raises(Unavailable, match=str(other.port)):
            StoredCredentials(cloud.url, TokenStore()).renew(StoredCredentials(cloud.url, TokenStore()).token())
        assert run(cloud, "list").exit_code == 4

    def test_an_old_sign_in_is_no_obstacle_where_authentication_is_off_by_now(self, cloud: StubCloud) -> None:
        cloud.lifetime = 1
        sign_in(cloud)
        cloud.refresh_tokens.clear()
        cloud.mode = "none"
        assert run(cloud, "list").exit_code == 0

    def test_who_signed_out_meanwhile_is_told(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        credentials = StoredCredentials(cloud.url, TokenStore())
        token = credentials.token()
        run(cloud, "logout")
        with pytest.raises(Unauthenticated, match="signed out"):
            credentials.renew(token)

    def test_a_file_that_others_can_read_is_not_used(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        TokenStore().path.chmod(0o644)
        done = run(cloud, "list")
        assert done.exit_code == 3
        assert "Others can read the tokens" in done.stderr
        assert not cloud.bearers
