"""The command line: what it prints where, and what its exit codes say."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from orders_client import Problem, Retries, Unauthenticated
from orders_client.cli.app import app
from orders_client.cli.shared import Setup, stream_url
from tests.unit.client.fake_gateway import LIFE, QUICK, FakeGateway, FakeSocket, Frame, order_view, prompt

ID = "0190d3c0-0000-7000-8000-00000000000a"
OTHER = "0190d3c0-0000-7000-8000-00000000000b"
FAULT = {"field": "amountIn", "code": "too_many_decimals", "message": "SOL has 9 decimals"}


@dataclass
class FakeEngine:
    """HTTP API and stream of one engine; orders live through `life` as soon as they are placed."""

    life: tuple[str, ...] = LIFE
    gateway: FakeGateway = field(default_factory=FakeGateway)
    health: str = "healthy"
    requests: list[httpx.Request] = field(default_factory=list)
    refuse_every: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        _, *path = request.url.path.split("/")
        match request.method, path:
            case "POST", ["api", "orders", "execute"]:
                return self._place(json.loads(request.content))
            case "GET", ["assets", "sign-in.json"]:
                return httpx.Response(200, json={"mode": "none"})
            case "GET", ["health"]:
                body = {"status": self.health, "timestamp": "2026-03-01T12:00:00.000Z"}
                return httpx.Response(200 if self.health == "healthy" else 503, json=body)
            case "GET", ["api", "orders"]:
                views = [order_view(order_id, events) for order_id, events in self.gateway.orders.items()]
                return httpx.Response(200, json={"success": True, "orders": views[: int(request.url.params["limit"])]})
            case _, ["api", "orders", order_id] if order_id in self.gateway.orders:
                view = order_view(order_id, self.gateway.orders[order_id])
                return httpx.Response(200, json={"success": True, "order": view})
        return httpx.Response(404, json={"code": "order_not_found", "detail": "There is no such order."})

    def _place(self, body: dict[str, Any]) -> httpx.Response:
        if body["amountIn"] == "0.1234567891" or (self.refuse_every and len(self.requests) % self.refuse_every == 0):
            refusal = {"code": "validation_failed", "detail": "Not accepted.", "errors": [FAULT]}
            return httpx.Response(422, json=refusal)
        order_id = self.gateway.place()
        self.gateway.live(order_id, self.life)
        accepted = {"orderId": order_id, "status": "pending", "message": "", "websocketUrl": "ws://x/ws?orderId=1"}
        return httpx.Response(201, json=accepted)

    def run(self, *arguments: str, **options: Any) -> Result:
        setup = Setup(
            transport=httpx.MockTransport(self),
            connect=self.gateway.connect,
            retries=Retries(attempts=1),
            timing=QUICK,
            **options,
        )
        return CliRunner().invoke(app, arguments, obj=setup, env={"COLUMNS": "200"})


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


class TestPlace:
    def test_prints_the_id_and_how_to_go_on(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "1.50", "--slippage", "0.01", "--user", "alice")
        (order_id,) = engine.gateway.orders
        assert done.exit_code == 0
        assert done.stdout.split() == ["Accepted", order_id]
        assert f"orders watch {order_id}" in done.stderr
        sent = json.loads(engine.requests[0].content)
        assert (sent["amountIn"], sent["slippage"], sent["userId"]) == ("1.50", "0.01", "alice")
        assert engine.requests[0].headers["prefer"] == "return=minimal"  # no ticket: the token opens the stream

    def test_prints_nothing_but_json_when_asked_to(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "1", "--json", "--watch")
        accepted, *events = lines(done.stdout)
        assert accepted["orderId"] in engine.gateway.orders
        assert [(event["orderId"], event["seq"], event["status"]) for event in events] == [
            (accepted["orderId"], seq, status) for seq, status in enumerate(LIFE, 1)
        ]
        assert done.stderr == ""

    def test_follows_the_order_to_its_end(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "1", "--watch")
        assert done.exit_code == 0
        assert [line.split()[3] for line in done.stdout.splitlines()[1:]] == list(LIFE)

    @pytest.mark.parametrize("end", ["failed", "cancelled"])
    def test_an_order_that_is_not_confirmed_gives_1(self, engine: FakeEngine, end: str) -> None:
        engine.life = ("pending", end)
        assert engine.run("place", "SOL", "USDC", "1", "--watch").exit_code == 1

    def test_an_order_that_does_not_end_in_time_gives_4(self, engine: FakeEngine) -> None:
        engine.life = ("pending",)
        done = engine.run("place", "SOL", "USDC", "1", "--watch", "--timeout", "0.05")
        assert done.exit_code == 4
        assert "orders watch" in done.stderr

    def test_a_refusal_names_the_field_and_gives_3(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "0.1234567891")
        assert done.exit_code == 3
        assert done.stdout == ""
        assert "amountIn: SOL has 9 decimals" in done.stderr
        assert "Next" in done.stderr

    def test_a_refusal_is_json_too_when_asked_to(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "0.1234567891", "--json")
        (told,) = lines(done.stderr)
        assert (told["error"]["code"], told["error"]["errors"]) == ("validation_failed", [FAULT])

    def test_what_is_no_number_gives_2(self, engine: FakeEngine) -> None:
        done = engine.run("place", "SOL", "USDC", "1,5")
        assert done.exit_code == 2
        assert not engine.requests

    @pytest.mark.parametrize("address", ["http://host:abc", "http://host:99999", "http://[::1", "http://ho\nst"])
    @pytest.mark.parametrize(
        "command",
        [["list"], ["login"], ["logout"], ["whoami"], ["token", "--user", "alice"], ["watch", ID, "--ws-url"]],
    )
    def test_what_is_no_address_gives_2(self, command: list[str], address: str) -> None:
        option = [] if command[-1] == "--ws-url" else ["--url"]
        done = CliRunner().invoke(app, [*command, *option, address], obj=Setup(), env={"COLUMNS": "200"})
        assert done.exit_code == 2
        assert "is no address:" in done.stderr

    def test_nobody_there_gives_4(self) -> None:
        def refuse(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("refused")

        setup = Setup(transport=httpx.MockTransport(refuse), retries=Retries(attempts=1))
        done = CliRunner().invoke(app, ["place", "SOL", "USDC", "1", "--url", "http://localhost:1"], obj=setup)
        assert done.exit_code == 4
        assert "make run" in done.stderr


class TestWatch:
    def test_follows_several_orders_however_their_ids_are_written(self, engine: FakeEngine) -> None:
        for order_id in (ID, OTHER):
            engine.gateway.place(order_id)
            engine.gateway.live(order_id)
        done = engine.run("watch", ID.upper(), OTHER, "--json")
        assert done.exit_code == 0
        assert sorted((event["orderId"], event["seq"]) for event in lines(done.stdout)) == [
            (order_id, seq) for order_id in (ID, OTHER) for seq in range(1, 6)
        ]

    def test_an_unknown_order_gives_3(self, engine: FakeEngine) -> None:
        done = engine.run("watch", ID)
        assert done.exit_code == 3
        assert "There is no order" in done.stderr

    def test_all_orders_for_some_time_gives_0(self, engine: FakeEngine) -> None:
        assert engine.run("watch", "--all", "--timeout", "0.05").exit_code == 0
        assert engine.gateway.connections[0].said[0] == {
            "action": "subscribe",
            "channel": "all",
            "requestId": "channel=all",
        }

    @pytest.mark.parametrize("arguments", [[], [ID, "--all"]])
    def test_needs_either_ids_or_all(self, engine: FakeEngine, arguments: list[str]) -> None:
        assert engine.run("watch", *arguments).exit_code == 2

    def test_the_streams_address_follows_from_the_engines(self) -> None:
        assert stream_url("http://localhost:3000", None) == "ws://localhost:3000/ws"
        assert stream_url("https://orders.example/v1/", None) == "wss://orders.example/v1/ws"
        assert stream_url("https://orders.example", "wss://stream.example/dev") == "wss://stream.example/dev"


class TestAsking:
    def test_get_shows_the_steps(self, engine: FakeEngine) -> None:
        engine.gateway.place(ID)
        engine.gateway.live(ID)
        done = engine.run("get", ID)
        assert done.exit_code == 0
        assert "1.50 SOL → USDC" in done.stdout
        steps = [line.split()[:5] for line in done.stdout.splitlines()[-5:]]
        assert [(step[0], step[-1]) for step in (steps[0][:3], *steps[1:])] == [
            (str(seq), status) for seq, status in enumerate(LIFE, 1)
        ]

    def test_json_is_what_the_api_says(self, engine: FakeEngine) -> None:
        engine.gateway.place(ID)
        engine.gateway.live(ID)
        assert lines(engine.run("get", ID, "--json").stdout) == [order_view(ID, engine.gateway.orders[ID])]

    def test_list_stops_at_the_limit(self, engine: FakeEngine) -> None:
        for _ in range(5):
            engine.gateway.place()
        done = engine.run("list", "-n", "3", "--status", "pending", "--json")
        assert [order["id"] for order in lines(done.stdout)] == list(engine.gateway.orders)[:3]
        assert dict(engine.requests[0].url.params) == {"limit": "3", "status": "pending"}

    def test_an_empty_list_says_what_to_do(self, engine: FakeEngine) -> None:
        assert "orders place" in engine.run("list").stdout

    @pytest.mark.parametrize(("health", "code"), [("healthy", 0), ("unhealthy", 4)])
    def test_health_is_the_exit_code_too(self, engine: FakeEngine, health: str, code: int) -> None:
        engine.health = health
        done = engine.run("health")
        assert (done.exit_code, health in done.stdout) == (code, True)


def test_the_version_is_that_of_the_package(engine: FakeEngine) -> None:
    done = engine.run("--version")
    assert (done.exit_code, done.stdout) == (0, f"orders {version('order-engine')}\n")
    assert not engine.requests


@pytest.mark.parametrize("module", ["authlib", "order_engine"])
def test_what_few_commands_need_is_not_loaded_by_all(module: str) -> None:
    code = f"import sys, orders_client.cli.app; sys.exit('{module}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestLoad:
    def test_reports_what_became_of_each_order(self, engine: FakeEngine) -> None:
        done = engine.run("load", "-n", "20", "--concurrency", "4", "--json")
        (report,) = lines(done.stdout)
        assert done.exit_code == 0
        assert (report["accepted"], report["ended"], report["open"]) == (20, {"confirmed": 20}, 0)
        assert report["timeToConfirm"] == {"p50": 4.0, "p95": 4.0}
        assert report["timeToHear"]["p95"] < 5
        placed = [request for request in engine.requests if request.method == "POST"]
        assert len({json.loads(request.content)["userId"] for request in placed}) == 1
        assert len({request.headers["idempotency-key"] for request in placed}) == 20

    def test_counts_refusals_and_goes_on(self, engine: FakeEngine) -> None:
        engine.refuse_every = 5
        done = engine.run("load", "-n", "20", "--concurrency", "1", "--json")
        (report,) = lines(done.stdout)
        assert (report["accepted"], report["refused"]) == (16, {"validation_failed": 4})
        assert done.exit_code == 4

    def test_orders_that_do_not_end_are_reported_as_open(self, engine: FakeEngine) -> None:
        engine.life = ("pending",)
        done = engine.run("load", "-n", "3", "--timeout", "0.05")
        assert done.exit_code == 4
        assert "3 still open" in done.stdout

    def test_a_sign_in_that_ends_meanwhile_is_told(self, engine: FakeEngine) -> None:
        engine.life = ("pending",)
        ended = Unauthenticated(Problem(401, "token_expired", "Your sign-in has ended."))

        def cut(socket: FakeSocket, frame: Frame) -> None:
            prompt(socket, frame)
            if frame["type"] == "status_update":
                engine.gateway.refusals.append(ended)
                socket.loop.call_soon_threadsafe(socket.cut)

        engine.gateway.carry = cut
        done = engine.run("load", "-n", "3")
        assert done.exit_code == 3
        assert "Your sign-in has ended." in done.stderr

    def test_failed_orders_give_1(self, engine: FakeEngine) -> None:
        engine.life = ("pending", "failed")
        assert engine.run("load", "-n", "3").exit_code == 1
