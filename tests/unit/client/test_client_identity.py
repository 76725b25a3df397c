"""`orders whoami`, `ORDERS_TOKEN`, `orders token`, and what commands say that are not allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from orders_client import Retries
from orders_client.auth.store import TokenStore
from orders_client.auth.tokens import identity_of
from orders_client.cli.app import app
from orders_client.cli.shared import Setup
from tests.unit.client.fake_gateway import LIFE, QUICK, FakeGateway, FakeSocket, Frame
from tests.unit.client.stub_browser import run, sign_in
from tests.unit.client.stub_cloud import USER_ID, StubCloud, jwt, stub_cloud


@pytest.fixture
def cloud() -> Iterator[StubCloud]:
    with stub_cloud() as cloud:
        yield cloud


@pytest.mark.enable_socket
class TestWhoami:
    def test_says_who_and_what_and_until_when_and_where_from(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        done = run(cloud, "whoami")
        facts = dict(line.split(maxsplit=1) for line in done.stdout.replace("user id", "user-id").splitlines())
        assert facts["user"].strip() == "alice"
        assert facts["user-id"].strip() == USER_ID
        assert facts["scopes"].strip() == "openid orders/read orders/write"
        assert facts["until"].strip().endswith("then renewed")
        assert facts["from"].strip() == str(TokenStore().path)
        assert facts["engine"].strip() == cloud.url
        assert not [secret for secret in cloud.secrets_given() if secret in done.output]

    def test_is_json_when_asked_for(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        told = json.loads(run(cloud, "whoami", "--json").stdout)
        assert told["expiresAt"].endswith("Z")
        assert {name: told[name] for name in ("engine", "authentication", "user", "userId", "renews")} == {
            "engine": cloud.url,
            "authentication": "cognito",
            "user": "alice",
            "userId": USER_ID,
            "renews": True,
        }

    def test_works_where_authentication_is_off(self, cloud: StubCloud) -> None:
        cloud.mode = "none"
        done = run(cloud, "whoami")
        assert done.exit_code == 0
        assert f"Authentication is off at {cloud.url}" in done.stdout
        assert json.loads(run(cloud, "whoami", "--json").stdout)["authentication"] == "none"

    def test_who_is_not_signed_in_is_told_how(self, cloud: StubCloud) -> None:
        done = run(cloud, "whoami")
        assert done.exit_code == 3
        assert "Sign in first: orders login" in done.stderr

    def test_a_sign_in_that_has_ended_is_told_as_that(self, cloud: StubCloud) -> None:
        cloud.lifetime = -1
        sign_in(cloud)
        cloud.refresh_tokens.clear()
        done = run(cloud, "whoami")
        assert done.exit_code == 3
        assert "has ended" in done.stderr

    def test_a_token_that_has_expired_is_shown_as_that(self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ORDERS_TOKEN", jwt(sub="u", exp=1_700_000_000, username="bob"))
        done = run(cloud, "whoami")
        assert done.exit_code == 3
        assert "bob" in done.stdout
        assert "expired at 2023-11-1" in done.stdout

    @pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.Ww.c", "..", jwt()])
    def test_a_token_that_says_nothing_is_no_error(self, cloud: StubCloud, token: str) -> None:
        done = run(cloud, "whoami", "--token", token)
        assert done.exit_code == 0
        assert "unknown: the token does not say" in done.stdout
        assert done.stdout.split()[-3] == "--token"

    def test_scopes_may_be_a_list_as_with_other_issuers(self) -> None:
        assert identity_of(jwt(scp=["orders/read", "orders/admin"])).scopes == ("orders/read", "orders/admin")


@pytest.mark.enable_socket
class TestOrdersToken:
    def test_goes_before_the_sign_in(self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        sign_in(cloud)
        cloud.valid.add("from-the-variable")
        monkeypatch.setenv("ORDERS_TOKEN", "from-the-variable")
        assert run(cloud, "list").exit_code == 0
        assert cloud.bearers == ["from-the-variable"]
        assert "ORDERS_TOKEN" in run(cloud, "whoami").stdout

    def test_that_is_not_accepted_says_where_it_stands(self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        sign_in(cloud)
        monkeypatch.setenv("ORDERS_TOKEN", "wr0ng")
        done = run(cloud, "list")
        assert done.exit_code == 3
        assert f"{cloud.url} does not accept the token in ORDERS_TOKEN." in done.stderr
        assert "orders login" in done.stderr
        assert "wr0ng" not in done.output
        assert cloud.bearers == ["wr0ng"]

    def test_that_others_could_read_on_its_way_is_not_sent(self) -> None:
        sent: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(200, json={"success": True, "orders": []})

        setup = Setup(transport=httpx.MockTransport(answer))
        environment = {"ORDERS_TOKEN": "t0k3n", "ORDERS_URL": "http://orders.example", "COLUMNS": "200"}
        done = CliRunner().invoke(app, ["list"], obj=setup, env=environment)
        assert done.exit_code == 3
        assert "http://orders.example/api/orders is not https" in done.stderr
        assert "Use https://orders.example;" in done.stderr
        assert not sent

    def test_that_has_expired_says_since_when(self, cloud: StubCloud) -> None:
        done = run(cloud, "list", "--token", jwt(exp=int(time()) - 60))
        assert "the token in --token: it expired at 20" in done.stderr

    def test_the_sign_in_says_that_it_goes_before(self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ORDERS_TOKEN", "t0k3n")
        assert "unset ORDERS_TOKEN" in sign_in(cloud).stderr


@pytest.mark.enable_socket
class TestTokenOfTheLocalCloud:
    @pytest.fixture(autouse=True)
    def state(self, cloud: StubCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Run in a folder below the one that has the local cloud's state."""
        state = tmp_path / "project" / ".local"
        (tmp_path / "project" / "deep" / "down").mkdir(parents=True)
        state.mkdir()
        (state / "users.json").write_text(json.dumps(cloud.passwords))
        write(state, url=cloud.url, authMode="cognito", usersFile=str(state / "users.json"))
        monkeypatch.chdir(tmp_path / "project" / "deep" / "down")
        monkeypatch.delenv("LOCAL_STATE_DIR", raising=False)
        return state

    def test_prints_a_token_and_nothing_else(self, cloud: StubCloud) -> None:
        done = token("--user", "alice", "--scope", "orders/read orders/write")
        assert done.exit_code == 0, done.output
        assert done.stderr == ""
        (printed,) = done.stdout.splitlines()
        assert printed in cloud.valid
        assert identity_of(printed).scopes == ("orders/read", "orders/write")
        assert TokenStore().get(cloud.url) is None

    def test_the_scopes_are_the_engines_by_default(self, cloud: StubCloud) -> None:
        done = token("--user", "bob")
        assert identity_of(done.stdout.strip()).scopes == ("openid", "orders/read", "orders/write")

    def test_the_state_may_be_elsewhere(
        self, cloud: StubCloud, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state.rename(tmp_path / "elsewhere")
        write(
            tmp_path / "elsewhere", url=cloud.url, authMode="cognito", usersFile=str(tmp_path / "elsewhere/users.json")
        )
        assert token("--user", "alice").exit_code == 3
        monkeypatch.setenv("LOCAL_STATE_DIR", str(tmp_path / "elsewhere"))
        assert token("--user", "alice").exit_code == 0

    @pytest.mark.parametrize("variable", [True, False])
    def test_another_engine_is_refused(self, cloud: StubCloud, variable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        if variable:
            monkeypatch.setenv("ORDERS_URL", "https://orders.example")
        done = token("--user", "alice", *([] if variable else ["--url", "https://orders.example"]))
        assert done.exit_code == 3
        assert "https://orders.example is not the local cloud" in done.stderr
        assert "orders login" in done.stderr
        assert (done.stdout, cloud.requests) == ("", [])

    def test_a_state_that_names_another_machine_is_refused(self, cloud: StubCloud, state: Path) -> None:
        write(state, url="https://orders.example", authMode="cognito", usersFile=str(state / "users.json"))
        done = token("--user", "alice")
        assert done.exit_code == 3
        assert "not on this machine" in done.stderr

    def test_an_authority_on_another_machine_gets_no_password(self, state: Path) -> None:
        class Elsewhere(StubCloud):
            authority = "https://authority.example"

        with stub_cloud(Elsewhere()) as elsewhere:
            write(state, url=elsewhere.url, authMode="jwt", usersFile=str(state / "users.json"))
            done = token("--user", "alice")
        assert done.exit_code == 3
        assert "do not sign in on this machine" in done.stderr

    def test_where_there_is_no_local_cloud_it_says_so(self, state: Path) -> None:
        (state / "cloud.json").unlink()
        done = token("--user", "alice")
        assert done.exit_code == 3
        assert "There is no local cloud in" in done.stderr
        assert "make run AUTH=1" in done.stderr

    def test_where_authentication_is_off_it_says_so(self, cloud: StubCloud, state: Path) -> None:
        write(state, url=cloud.url, authMode="none", usersFile=None)
        done = token("--user", "alice")
        assert done.exit_code == 3
        assert "Authentication is off" in done.stderr

    def test_an_unknown_user_is_told_who_there_is(self) -> None:
        done = token("--user", "mallory")
        assert done.exit_code == 3
        assert "alice, bob" in done.stderr

    def test_a_password_that_is_refused_is_not_shown(self, cloud: StubCloud) -> None:
        cloud.passwords["alice"] = "another"
        done = token("--user", "alice")
        assert done.exit_code == 3
        assert "refuses alice's password" in done.stderr
        assert "correct horse" not in done.output

    def test_a_cloud_that_does_not_run_is_told_as_that(self, cloud: StubCloud, state: Path) -> None:
        with stub_cloud() as other:
            pass
        write(state, url=other.url, authMode="cognito", usersFile=str(state / "users.json"))
        assert token("--user", "alice").exit_code == 4


class TestNotAllowed:
    def test_everybodys_orders_take_an_administrator(self) -> None:
        def refuse(socket: FakeSocket, frame: Frame) -> list[Frame]:
            return [{"type": "error", "code": "insufficient_scope", "message": "No."}]

        gateway = FakeGateway()
        gateway._subscribe = refuse  # type: ignore[method-assign]
        done = CliRunner().invoke(app, ["watch", "--all"], obj=Setup(connect=gateway.connect, timing=QUICK))
        assert done.exit_code == 3
        assert "Only an administrator may follow everybody's orders." in done.stderr
        assert "orders/admin" in done.stderr

    @pytest.mark.enable_socket
    def test_what_the_gateway_forbids_says_where_to_look(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        done = run(cloud, "metrics")
        assert done.exit_code == 3
        assert "The access token does not allow this." in done.stderr
        assert "orders whoami" in done.stderr
        assert len(cloud.asked("/pool/token")) == 1  # the token is good: it is not renewed


def test_a_placed_order_is_printed_without_its_ticket() -> None:
    gateway = FakeGateway()

    def answer(request: httpx.Request) -> httpx.Response:
        order_id = gateway.place()
        gateway.live(order_id)
        where = f"wss://stream.example/dev?orderId={order_id}&ticket=t1ck3t"
        body = {"orderId": order_id, "status": "pending", "message": "", "websocketUrl": where}
        return httpx.Response(201, json=body)

    setup = Setup(
        transport=httpx.MockTransport(answer),
        connect=gateway.connect,
        timing=QUICK,
        retries=Retries(attempts=1),
    )
    done = CliRunner().invoke(app, ["place", "SOL", "USDC", "1", "--json", "--watch"], obj=setup)
    accepted, *events = [json.loads(line) for line in done.stdout.splitlines()]
    (order_id,) = gateway.orders
    assert accepted["websocketUrl"] == f"wss://stream.example/dev?orderId={order_id}"
    assert len(events) == len(LIFE)
    assert "t1ck3t" not in done.output


def write(state: Path, **facts: Any) -> None:
    (state / "cloud.json").write_text(json.dumps(facts))


def token(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["token", *arguments], obj=Setup())
