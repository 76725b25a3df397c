"""`orders login` and `orders logout`, with a browser and an authority that check what they are told."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from orders_client.auth.store import TokenStore
from tests.unit.client.stub_browser import StubBrowser, free_port, run, sign_in
from tests.unit.client.stub_cloud import StubCloud, stub_cloud

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def cloud() -> Iterator[StubCloud]:
    with stub_cloud() as cloud:
        yield cloud


def secrets_in(text: str, cloud: StubCloud) -> list[str]:
    return [secret for secret in cloud.secrets_given() if secret in text]


class TestWithTheBrowser:
    def test_signs_in_and_says_as_whom(self, cloud: StubCloud) -> None:
        browser = StubBrowser()
        done = run(cloud, "login", open_browser=browser)
        assert done.exit_code == 0
        assert done.stdout == f"Signed in at {cloud.url} as alice.\n"
        assert browser.opened[0] in done.stderr
        assert "close this tab" in browser.pages[0]
        assert run(cloud, "list").exit_code == 0
        assert cloud.bearers[-1] in cloud.valid

    def test_asks_as_the_engine_says_with_pkce_and_a_new_state(self, cloud: StubCloud) -> None:
        browser = StubBrowser()
        for _ in range(2):
            run(cloud, "login", open_browser=browser)
        first, second = (parse_qs(urlsplit(url).query) for url in browser.opened)
        assert first["scope"] == ["openid orders/read orders/write"]
        assert first["response_type"] == ["code"]
        assert first["code_challenge_method"] == ["S256"]
        assert first["state"] != second["state"]
        assert first["code_challenge"] != second["code_challenge"]
        redeemed = cloud.asked("/pool/token")
        assert all(43 <= len(request["code_verifier"]) <= 128 for request in redeemed)  # RFC 7636, 4.1

    def test_other_scopes_may_be_asked_for(self, cloud: StubCloud) -> None:
        browser = StubBrowser()
        run(cloud, "login", "--scope", "openid orders/read", open_browser=browser)
        assert parse_qs(urlsplit(browser.opened[0]).query)["scope"] == ["openid orders/read"]

    def test_keeps_the_tokens_where_only_this_user_reads_them(self, cloud: StubCloud, config_folder: Path) -> None:
        sign_in(cloud)
        file = config_folder / "tokens.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(config_folder.stat().st_mode) == 0o700
        assert list(json.loads(file.read_text())["signIns"]) == [cloud.url]

    def test_shows_no_secret(self, cloud: StubCloud) -> None:
        assert not secrets_in(sign_in(cloud).output, cloud)

    def test_without_a_browser_it_says_where_to_go(self, cloud: StubCloud) -> None:
        def no_browser(url: str) -> bool:
            raise AssertionError

        done = run(cloud, "login", "--no-browser", open_browser=no_browser, sign_in_timeout=0.01)
        assert done.exit_code == 3
        assert f"{cloud.authority}/authorize?" in done.stderr
        assert "ssh -L" in done.stderr
        assert "Nobody signed in" in done.stderr

    @pytest.mark.parametrize("query", ["code=c&state=another", "error=access_denied&state=another", "code=c", ""])
    def test_an_answer_to_another_sign_in_is_refused_and_the_right_one_awaited(
        self, cloud: StubCloud, query: str
    ) -> None:
        """Any page that is open in the browser can send one."""
        forged: list[httpx.Response] = []

        def after_a_forged_one(url: str) -> str:
            forged.append(httpx.get(f"{url.partition('?')[0]}?{query}"))
            return url

        browser = StubBrowser(alter=after_a_forged_one)
        assert run(cloud, "login", open_browser=browser).exit_code == 0
        assert [answer.status_code for answer in forged] == [400]
        assert "no sign-in that waits here" in forged[0].text
        assert "go on in the terminal" in browser.pages[0]
        assert len(cloud.asked("/pool/token")) == 1

    def test_an_answer_to_another_sign_in_is_not_redeemed(self, cloud: StubCloud) -> None:
        def forged(url: str) -> str:
            return f"{url.partition('&state=')[0]}&state=another"

        done = run(cloud, "login", open_browser=StubBrowser(alter=forged), sign_in_timeout=1)
        assert done.exit_code == 3
        assert "Nobody signed in" in done.stderr
        assert not cloud.asked("/pool/token")

    def test_a_refusal_of_the_authority_is_told(self, cloud: StubCloud) -> None:
        def denied(url: str) -> str:
            state = parse_qs(urlsplit(url).query)["state"][0]
            return f"{url.partition('?')[0]}?error=access_denied&error_description=Not+today&state={state}"

        done = run(cloud, "login", open_browser=StubBrowser(alter=denied))
        assert done.exit_code == 3
        assert "access_denied: Not today" in done.stderr

    def test_a_code_of_somebody_else_is_refused(self, cloud: StubCloud) -> None:
        """PKCE: whoever reads a code on its way can't redeem it, nor have another redeem his own."""

        def swapped(url: str) -> str:
            cloud.codes[parse_qs(urlsplit(url).query)["code"][0]]["code_challenge"] = "of another verifier"
            return url

        done = run(cloud, "login", open_browser=StubBrowser(alter=swapped))
        assert done.exit_code == 3
        assert "invalid_grant" in done.stderr

    def test_takes_the_next_port_when_one_is_taken(self, cloud: StubCloud) -> None:
        browser, free = StubBrowser(), free_port()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = run(cloud, "login", open_browser=browser, redirect_ports=(port, free))
        assert done.exit_code == 0
        redirect = parse_qs(urlsplit(browser.opened[0]).query)["redirect_uri"]
        assert redirect == [f"http://localhost:{free}/callback"]

    def test_says_so_when_all_ports_are_taken(self, cloud: StubCloud) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = run(cloud, "login", redirect_ports=(taken.getsockname()[1],))
        assert done.exit_code == 3
        assert "Other programs use the ports" in done.stderr

    def test_where_authentication_is_off_there_is_nothing_to_do(self, cloud: StubCloud) -> None:
        cloud.mode = "none"
        done = run(cloud, "login")
        assert (done.exit_code, done.stdout) == (
            0,
            f"Authentication is off at {cloud.url}: there is nothing to sign in to.\n",
        )

    def test_an_engine_without_a_client_for_people_says_what_to_do(self, cloud: StubCloud) -> None:
        cloud.client_id = None
        done = run(cloud, "login")
        assert done.exit_code == 3
        assert "ORDERS_TOKEN" in done.stderr


class TestAsAProgram:
    def test_takes_id_and_secret_from_the_environment(
        self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch, config_folder: Path
    ) -> None:
        monkeypatch.setenv("ORDERS_CLIENT_ID", "machine")
        monkeypatch.setenv("ORDERS_CLIENT_SECRET", cloud.secrets["machine"])
        done = run(cloud, "login", "--client-credentials")
        assert done.exit_code == 0
        assert done.stdout == f"Signed in at {cloud.url} as machine.\n"
        assert not secrets_in(done.output, cloud)
        assert cloud.secrets["machine"] not in (config_folder / "tokens.json").read_text()

    def test_or_asks_for_them_without_showing_the_secret(self, cloud: StubCloud) -> None:
        done = run(cloud, "login", "--client-credentials", typed=f"machine\n{cloud.secrets['machine']}\n")
        assert done.exit_code == 0
        assert "Client secret:" in done.stderr
        assert not secrets_in(done.output, cloud)

    def test_its_token_is_replaced_while_the_secret_is_there(
        self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(cloud, "login", "--client-credentials", typed=f"machine\n{cloud.secrets['machine']}\n")
        cloud.expire_all()
        ended = run(cloud, "list")
        assert ended.exit_code == 3
        assert "has ended" in ended.stderr
        monkeypatch.setenv("ORDERS_CLIENT_ID", "machine")
        monkeypatch.setenv("ORDERS_CLIENT_SECRET", cloud.secrets["machine"])
        assert run(cloud, "list").exit_code == 0

    def test_a_wrong_secret_is_refused(self, cloud: StubCloud) -> None:
        done = run(cloud, "login", "--client-credentials", typed="machine\nnot-the-secret\n")
        assert done.exit_code == 3
        assert "invalid_client" in done.stderr
        assert "not-the-secret" not in done.output


class TestLogout:
    def test_deletes_the_tokens_and_revokes_the_refresh_token(self, cloud: StubCloud, config_folder: Path) -> None:
        sign_in(cloud)
        (refresh,) = cloud.refresh_tokens
        done = run(cloud, "logout")
        assert done.exit_code == 0
        assert "The refresh token is revoked." in done.stdout
        assert "may still be signed in" in done.stderr
        assert cloud.asked("/pool/revoke") == [
            {"token": refresh, "token_type_hint": "refresh_token", "client_id": "page"}
        ]
        assert json.loads((config_folder / "tokens.json").read_text()) == {"signIns": {}}
        assert not secrets_in(done.output, cloud)
        assert "not signed in" in run(cloud, "logout").stdout
        assert run(cloud, "list").exit_code == 3

    def test_says_so_where_nothing_can_be_revoked(self, cloud: StubCloud) -> None:
        cloud.can_revoke = False
        sign_in(cloud)
        assert "revokes no tokens" in run(cloud, "logout").stdout

    def test_forgets_the_tokens_though_the_authority_is_away(self, cloud: StubCloud) -> None:
        sign_in(cloud)
        saved = TokenStore().get(cloud.url)
        assert saved is not None
        with stub_cloud() as other:  # its port is closed by the time that it is asked
            pass
        gone = f"{other.authority}/revoke"
        TokenStore().update(cloud.url, lambda _: type(saved)(saved.tokens, "page", saved.token_endpoint, gone))
        done = run(cloud, "logout")
        assert done.exit_code == 0
        assert "was not revoked" in done.stdout
        assert TokenStore().get(cloud.url) is None

    def test_leaves_other_engines_alone(self, cloud: StubCloud) -> None:
        with stub_cloud() as other:
            sign_in(cloud)
            sign_in(other)
            run(cloud, "logout")
            assert run(other, "list").exit_code == 0

    def test_says_that_a_token_is_still_set(self, cloud: StubCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ORDERS_TOKEN", "t0k3n")
        done = run(cloud, "logout")
        assert "unset ORDERS_TOKEN" in done.stderr
        assert "t0k3n" not in done.output
