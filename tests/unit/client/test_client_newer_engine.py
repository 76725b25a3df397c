"""Against a newer engine: statuses, message types and fields that this client does not know disturb nothing."""

from __future__ import annotations

import asyncio
import json
import pickle
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, cast

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from orders_client import Event, Order, OrdersClient, OrderStream, Retries, Status, Update
from orders_client.cli.app import app
from orders_client.cli.board import Board
from orders_client.cli.shared import Setup
from orders_client.fold import Fold
from orders_client.frames import error_in, order_message_in
from orders_client.wire import accepted_from, health_from, history_from, metrics_from, order_from
from tests.unit.client.fake_gateway import QUICK, FakeGateway, Frame, event, order_view

ID = "0190d3c0-0000-7000-8000-00000000000a"
LIFE = ("resting", "triggered", "routing", "building", "submitted", "confirmed")
NEW = {"expiresAt": "2026-03-02T00:00:00.000Z", "legs": [{"side": "sell"}]}
PRICE: Frame = {"type": "price", "pair": "SOL/USDC", "price": "150.25", "at": "2026-03-01T12:00:00.000Z"}
NOW = "2026-03-01T12:00:00.000Z"


def view(*statuses: str) -> Frame:
    """An order of a type that this client does not know, with fields that it does not know, wherever one can be."""
    events = [event(seq, status) | NEW for seq, status in enumerate(statuses, 1)]
    return order_view(ID, events, **NEW, orderType="limit", limitPrice="151")


class TestStatus:
    def test_an_unknown_one_is_kept_as_its_text_and_is_not_terminal(self) -> None:
        resting = Status("resting")
        assert resting == "resting" == resting.value == str(resting)
        assert not resting.terminal
        assert json.dumps({"status": resting}) == '{"status": "resting"}'

    def test_an_unknown_one_equals_itself_and_is_none_of_the_known(self) -> None:
        assert Status("resting") == Status("resting") != Status("triggered")
        assert {Status("resting"): 1}[Status("resting")] == 1
        assert pickle.loads(pickle.dumps(Status("resting"))) == Status("resting")
        assert "resting" not in [status.value for status in Status]
        assert Status("pending") is Status.PENDING

    @pytest.mark.parametrize("nothing", ["", None, 7])
    def test_what_is_no_text_is_no_status(self, nothing: Any) -> None:
        with pytest.raises(ValueError, match="is not a valid Status"):
            Status(nothing)


class TestModels:
    def test_an_order_is_read_with_all_that_is_known_of_it(self) -> None:
        order = order_from(view("resting", "triggered"))
        assert (order.order_type, order.status, order.version) == ("limit", "triggered", 2)
        assert [step.status for step in order.events] == ["resting", "triggered"]

    def test_so_are_all_other_answers(self) -> None:
        accepted = {"orderId": ID, "status": "resting", "message": "", "websocketUrl": "ws://x"}
        assert accepted_from(accepted | NEW, replayed=False).status == "resting"
        failure = {"seq": 3, "attempt": 1, "timestamp": NOW, "error": {"code": "new", "message": "New."}}
        assert history_from({"order": view("resting"), "failures": [failure | NEW], **NEW}).failures[0].attempt == 1
        metrics = metrics_from({"queue": {"resting": 1}, "orders": {"resting": 2}, "timestamp": NOW, **NEW})
        assert metrics.orders["resting"] == 2
        assert health_from({"status": "dreaming", "timestamp": NOW, **NEW}).status == "dreaming"

    def test_a_list_goes_on_after_such_an_order(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"orders": [view("resting"), view("expired")], "counts": {"resting": 1}})

        with OrdersClient("http://engine", transport=httpx.MockTransport(answer)) as client:
            assert [order.status for order in client.list()] == ["resting", "expired"]


class TestFold:
    def test_unknown_statuses_are_steps_like_any_other(self) -> None:
        fold = Fold()
        frames = [{"type": "status_update", "orderId": ID, **step} for step in view(*LIFE)["events"]]
        news = [order_message_in(frame | NEW) for frame in frames]
        delivered = [update.event.status for message in reversed(news) if message for update in fold.apply(message)]
        assert delivered == list(LIFE)
        assert fold[ID].terminal

    def test_an_order_in_an_unknown_status_is_not_ended(self) -> None:
        fold = Fold()
        message = order_message_in(
            {"type": "snapshot", "orderId": ID, "seq": 1, "status": "resting", "events": [], **NEW}
        )
        assert message is not None
        fold.apply(message)
        fold.track(ID, after_seq=1)
        assert not fold[ID].terminal
        assert fold.positions() == [(ID, 0)]

    @pytest.mark.parametrize("frame", [PRICE, {"type": "hello"}, {"type": 7}, {"type": ["status_update"]}])
    def test_an_unknown_message_says_nothing(self, frame: Frame) -> None:
        assert order_message_in(frame) is None
        assert error_in(frame) is None


def test_a_stream_delivers_unknown_statuses_and_passes_over_unknown_messages() -> None:
    async def scenario() -> None:
        gateway = FakeGateway()
        prompt = gateway.carry

        def carry(socket: Any, frame: Frame) -> None:
            """Before each frame, say something new that has the very id of the question."""
            prompt(socket, PRICE | {"requestId": frame.get("requestId"), "orderId": ID})
            prompt(socket, frame | NEW)

        gateway.carry = carry
        gateway.orders[ID] = []
        gateway.step(ID, "resting")
        async with OrderStream(connect=gateway.connect, timing=QUICK) as stream:
            await stream.subscribe(ID)
            assert (await stream.get_order(ID)).status == "resting"
            gateway.live(ID, LIFE)
            feed = await stream.wait_until_terminal(ID)
            assert [step.status for step in feed.events] == list(LIFE)
            assert stream.connections == 1

    asyncio.run(asyncio.wait_for(scenario(), 20))


def run(gateway: FakeGateway, *arguments: str) -> Result:
    def answer(request: httpx.Request) -> httpx.Response:
        order = view(*(step["status"] for step in gateway.orders[ID]))
        listed = request.url.path == "/api/orders"
        return httpx.Response(200, json={"orders": [order]} if listed else {"order": order})

    setup = Setup(
        transport=httpx.MockTransport(answer), connect=gateway.connect, retries=Retries(attempts=1), timing=QUICK
    )
    return CliRunner().invoke(app, arguments, obj=setup, env={"COLUMNS": "200"})


class TestCommandLine:
    @pytest.fixture
    def gateway(self) -> FakeGateway:
        gateway = FakeGateway()
        gateway.orders[ID] = []
        gateway.step(ID, "resting")
        return gateway

    @pytest.mark.parametrize("options", [[], ["--json"]])
    @pytest.mark.parametrize("command", [["get", ID], ["list"]])
    def test_an_unknown_status_is_shown_as_its_text(
        self, gateway: FakeGateway, command: list[str], options: list[str]
    ) -> None:
        done = run(gateway, *command, *options)
        assert done.exit_code == 0
        assert "resting" in done.stdout

    def test_watching_goes_through_unknown_statuses_to_the_end(self, gateway: FakeGateway) -> None:
        gateway.live(ID, LIFE)
        done = run(gateway, "watch", ID)
        assert (done.exit_code, done.stderr) == (0, "")
        assert [line.split()[3] for line in done.stdout.splitlines()] == list(LIFE)

    def test_watching_does_not_end_with_an_unknown_status(self, gateway: FakeGateway) -> None:
        done = run(gateway, "watch", ID, "--timeout", "0.1")
        assert done.exit_code == 4
        assert "Not ended" in done.stderr


@pytest.mark.parametrize("width", [80, 120, 150, 200])
def test_the_board_shows_unknown_statuses(width: int) -> None:
    class Connected:
        connected = True

    order: Order = order_from(view("resting", "triggered", "expired"))
    console = Console(file=StringIO(), width=width, height=25, force_terminal=True, color_system="truecolor")
    with Board(console, cast(OrderStream, Connected())) as board:
        for step in order.events:
            board.show(Update(ID, step))
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=9)
        board.show(Update(ID, Event(4, Status("rejected"), at, {"error": "in a form of its own"})))
    shown = cast(StringIO, console.file).getvalue()
    assert "rejected" in shown
