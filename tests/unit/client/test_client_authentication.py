"""Access tokens over HTTP: they go with every request, are renewed once when refused, and are shown nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread

import httpx
import pytest

from orders_client import (
    ClientCredentials,
    InsecureAddress,
    OrdersClient,
    OrdersError,
    Retries,
    SignInFailed,
    Unauthenticated,
)
from orders_client.auth.confidentiality import require_confidential
from orders_client.auth.credentials import AccessToken, GivenToken
from tests.unit.client.stub_cloud import StubCloud, stub_cloud


@dataclass
class Engine:
    """Accepts the tokens in `valid`; each 401 is the gateway's."""

    valid: set[str] = field(default_factory=lambda: {"new"})
    bearers: list[str | None] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        bearer = request.headers.get("authorization")
        self.bearers.append(bearer)
        if bearer is None or bearer.removeprefix("Bearer ") not in self.valid:
            return httpx.Response(401, json={"message": "Unauthorized"})
        return httpx.Response(200, json={"success": True, "ticket": "t", "expiresIn": 30})

    def client(self, token: AccessToken, url: str = "https://engine") -> OrdersClient:
        transport = httpx.MockTransport(self)
        return OrdersClient(url, token=token, transport=transport, retries=Retries(attempts=1))


@dataclass
class Renewable:
    """`Credentials` whose token changes with each renewal."""

    tokens: list[str]
    refused: list[str | None] = field(default_factory=list)

    def token(self) -> str:
        return self.tokens[0]

    def renew(self, refused: str | None) -> None:
        self.refused.append(refused)
        del self.tokens[0]


def caller(*tokens: str) -> Callable[[], str]:
    left = iter(tokens)
    return lambda: next(left)


@pytest.mark.parametrize("token", ["new", caller("new"), GivenToken("new"), Renewable(["new"])])
def test_a_token_is_text_or_a_function_or_credentials(token: AccessToken) -> None:
    engine = Engine()
    assert engine.client(token).stream_ticket().ticket == "t"
    assert engine.bearers == ["Bearer new"]


@pytest.mark.parametrize("token", [None, "", lambda: "", lambda: None])
def test_without_a_token_none_is_sent(token: AccessToken) -> None:
    engine = Engine()
    with pytest.raises(Unauthenticated) as refused:
        engine.client(token).stream_ticket()
    assert engine.bearers == [None]
    assert "orders login" in refused.value.next_step


def test_a_refused_token_is_renewed_and_the_request_sent_once_more() -> None:
    engine, credentials = Engine(), Renewable(["old", "new"])
    client = engine.client(credentials)
    client.stream_ticket()
    client.stream_ticket()
    assert engine.bearers == ["Bearer old", "Bearer new", "Bearer new"]
    assert credentials.refused == ["old"]


def test_it_is_renewed_once_and_not_for_ever() -> None:
    engine, credentials = Engine(valid=set()), Renewable(["a", "b", "c"])
    with pytest.raises(Unauthenticated) as refused:
        engine.client(credentials).stream_ticket()
    assert engine.bearers == ["Bearer a", "Bearer b"]
    assert refused.value.code == "unauthenticated"


def test_a_function_is_asked_again_when_its_token_was_refused() -> None:
    engine = Engine()
    engine.client(caller("old", "new")).stream_ticket()
    assert engine.bearers == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("token", ["old", caller("old", "old")])
def test_the_same_token_is_not_sent_twice(token: AccessToken) -> None:
    engine = Engine()
    with pytest.raises(Unauthenticated):
        engine.client(token).stream_ticket()
    assert engine.bearers == ["Bearer old"]


def test_credentials_may_say_why_there_is_no_other() -> None:
    class Ended(Renewable):
        def renew(self, refused: str | None) -> None:
            raise SignInFailed("It has ended.")

    with pytest.raises(SignInFailed, match="It has ended"):
        Engine().client(Ended(["old"])).stream_ticket()


@pytest.mark.parametrize("token", ["secret\n", "sec ret", "gehéim", '"secret\x00'])
def test_what_is_no_token_is_refused_without_being_shown(token: str) -> None:
    engine = Engine()
    with pytest.raises(OrdersError) as refused:
        engine.client(token).stream_ticket()
    assert "sec" not in f"{refused.value} {refused.value!r} {refused.value.next_step}"
    assert refused.value.__context__ is None
    assert not engine.bearers


@pytest.mark.parametrize(
    ("url", "is_confidential"),
    [
        ("https://orders.example", True),
        ("http://localhost:3000/pool", True),
        ("http://127.0.0.1", True),
        ("http://127.8.9.1:3000", True),
        ("wss://stream.example/dev", True),
        ("ws://localhost:3000/ws", True),
        ("http://[::1]:80", True),
        ("http://orders.example", False),
        ("http://localhost.example", False),
        ("http://localhost@orders.example", False),
        ("http://10.0.0.1", False),
        ("ws://stream.example/dev", False),
        ("orders.example", False),
        ("ftp://localhost", False),
    ],
)
def test_tokens_travel_by_https_or_on_this_machine(url: str, is_confidential: bool) -> None:
    if is_confidential:
        assert require_confidential(url) == url
    else:
        with pytest.raises(InsecureAddress, match=r"is not (https|wss)"):
            require_confidential(url)


@pytest.mark.parametrize("token", ["new", lambda: "new", Renewable(["new"])])
def test_a_token_is_not_sent_where_others_could_read_it(token: AccessToken) -> None:
    engine = Engine()
    with pytest.raises(InsecureAddress) as refused:
        engine.client(token, "http://user:s3cr3t@orders.example:3000").stream_ticket()
    assert not engine.bearers
    assert str(refused.value).startswith("http://orders.example:3000/api/stream-tickets is not https")
    assert "Use https://orders.example:3000;" in refused.value.next_step


def test_one_that_is_there_only_after_a_refusal_is_not_sent_there_either() -> None:
    engine, tokens = Engine(), iter([None, "new"])
    with pytest.raises(InsecureAddress):
        engine.client(lambda: next(tokens), "http://orders.example").stream_ticket()
    assert engine.bearers == [None]


def test_without_a_token_any_address_will_do() -> None:
    engine = Engine()
    with pytest.raises(Unauthenticated):
        engine.client(None, "http://orders.example").stream_ticket()
    assert engine.bearers == [None]


@pytest.mark.enable_socket
class TestClientCredentials:
    def test_get_a_token_when_it_is_needed_and_keep_it(self) -> None:
        with stub_cloud() as cloud:
            credentials = ClientCredentials(cloud.url, "machine", "s3cr3t/+%")
            with OrdersClient(cloud.url, token=credentials) as orders:
                assert list(orders.list()) == list(orders.list()) == []
            assert cloud.asked("/pool/token") == [
                {"grant_type": "client_credentials", "scope": "orders/read orders/write"}
            ]

    def test_get_another_when_it_is_refused(self) -> None:
        with stub_cloud() as cloud:
            with OrdersClient(cloud.url, token=ClientCredentials(cloud.url, "machine", "s3cr3t/+%")) as orders:
                list(orders.list())
                cloud.expire_all()
                list(orders.list())
            assert len(cloud.asked("/pool/token")) == 2
            assert len(cloud.bearers) == 3

    def test_get_another_when_it_is_about_to_end(self) -> None:
        with stub_cloud(StubCloud(lifetime=5)) as cloud:
            with OrdersClient(cloud.url, token=ClientCredentials(cloud.url, "machine", "s3cr3t/+%")) as orders:
                list(orders.list())
                list(orders.list())
            assert len(set(cloud.bearers)) == len(cloud.bearers) == 2

    def test_are_refused_without_showing_the_secret(self) -> None:
        with stub_cloud() as cloud:
            credentials = ClientCredentials(cloud.url, "machine", "wrong-secret")
            with pytest.raises(SignInFailed) as refused:
                credentials.token()
        assert refused.value.code == "invalid_client"
        assert "wrong-secret" not in f"{refused.value} {refused.value.next_step} {credentials!r}"

    def test_are_not_asked_for_where_authentication_is_off(self) -> None:
        with stub_cloud(StubCloud(mode="none")) as cloud:
            credentials = ClientCredentials(cloud.url, "machine", "s3cr3t/+%")
            assert credentials.token() is None
            cloud.mode = "cognito"
            credentials.renew(None)
            assert credentials.token() in cloud.valid

    def test_many_threads_get_one_token(self) -> None:
        with stub_cloud() as cloud:
            credentials = ClientCredentials(cloud.url, "machine", "s3cr3t/+%")
            refused, start = credentials.token(), Barrier(8)

            def renew() -> None:
                start.wait()
                credentials.renew(refused)

            threads = [Thread(target=renew) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(cloud.asked("/pool/token")) == 2
