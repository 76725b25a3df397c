"""The HTTP client: what it sends, when it sends again, and what its errors say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders_client import (
    ApiError,
    Backoff,
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    OrdersClient,
    RateLimited,
    Retries,
    ServerFault,
    Status,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
)
from orders_client.retries import retry_after
from tests.unit.client.fake_gateway import event, order_view

ID = "0190d3c0-0000-7000-8000-000000000001"
ACCEPTED = {
    "success": True,
    "orderId": ID,
    "status": "pending",
    "message": "Order accepted.",
    "websocketUrl": f"ws://localhost:3000/ws?orderId={ID}",
}
CONFIRMED = order_view(
    ID,
    [event(1, "pending"), event(2, "confirmed")],
    amountOut="149.25",
    executedPrice="99.5",
    fee="0.0045",
    priceImpact="0.0001",
    venue="raydium",
    txHash="5x",
    userId="alice",
)


class FakeServer:
    """Answers with what it was given, in order; an exception stands for a broken line."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options: Any) -> OrdersClient:
        retries = Retries(attempts=4, backoff=Backoff(1, 8, jitter=lambda: 0.5), sleep=self.slept.append)
        return OrdersClient("http://engine", transport=httpx.MockTransport(self), retries=retries, **options)

    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.requests]


def ok(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    body = {
        "success": False,
        "type": f"urn:{code}",
        "title": "T",
        "status": status,
        "code": code,
        "detail": "D",
        **more,
    }
    content = json.dumps(body).encode()
    return httpx.Response(
        status, content=content, headers={"content-type": "application/problem+json", **(headers or {})}
    )


class TestPlace:
    def test_sends_amounts_as_text_and_leaves_out_what_is_not_given(self) -> None:
        server = FakeServer(ok(ACCEPTED, 201))
        accepted = server.client().place("SOL", "USDC", Decimal("1E+3"), slippage="0.010")
        assert json.loads(server.requests[0].content) == {
            "orderType": "market",
            "tokenIn": "SOL",
            "tokenOut": "USDC",
            "amountIn": "1000",
            "slippage": "0.010",
        }
        assert (accepted.order_id, accepted.status, accepted.replayed) == (ID, Status.PENDING, False)

    def test_a_float_is_no_amount(self) -> None:
        server = FakeServer()
        with pytest.raises(TypeError, match="binary float"):
            server.client().place("SOL", "USDC", 0.1)  # type: ignore[arg-type]
        assert not server.requests

    def test_is_the_same_order_however_often_it_is_sent(self) -> None:
        lost = httpx.ReadTimeout("no answer")
        replayed = ok(ACCEPTED, 200, **{"idempotent-replayed": "true"})
        server = FakeServer(lost, problem(503, "service_unavailable"), replayed)
        assert server.client().place("SOL", "USDC", "1").replayed
        assert len(set(server.keys())) == 1
        assert server.keys()[0]

    def test_outlives_a_function_that_crashed(self) -> None:
        crashed = httpx.Response(500, json={"message": "Internal Server Error"})
        server = FakeServer(crashed, ok(ACCEPTED, 201))
        assert server.client().place("SOL", "USDC", "1").order_id == ID
        assert len(set(server.keys())) == 1

    def test_is_a_new_order_with_each_call(self) -> None:
        server = FakeServer(ok(ACCEPTED, 201), ok(ACCEPTED, 201))
        client = server.client()
        client.place("SOL", "USDC", "1")
        client.place("SOL", "USDC", "1")
        assert len(set(server.keys())) == 2

    def test_ones_own_id_is_the_key(self) -> None:
        server = FakeServer(ok(ACCEPTED, 201), ok(ACCEPTED, 201))
        client = server.client()
        client.place("SOL", "USDC", "1", client_order_id="mine")
        client.place("SOL", "USDC", "1", idempotency_key="key")
        assert server.keys() == [None, "key"]
        assert json.loads(server.requests[0].content)["clientOrderId"] == "mine"


class TestRetries:
    def test_wait_as_long_as_the_api_asks_for(self) -> None:
        limited = problem(429, "rate_limited", {"retry-after": "7"})
        server = FakeServer(limited, problem(503, "service_unavailable"), ok(ACCEPTED, 201))
        server.client().place("SOL", "USDC", "1")
        assert server.slept == [7, 1]  # 1 = half (the jitter) of 1 s doubled once

    def test_end_after_so_many_attempts(self) -> None:
        server = FakeServer(*[httpx.ConnectError("refused")] * 4)
        with pytest.raises(Unavailable) as failure:
            server.client().get(ID)
        assert len(server.requests) == 4
        assert server.slept == [0.5, 1, 2]
        assert "ORDERS_URL" in failure.value.next_step

    def test_are_not_made_where_the_api_asks_for_too_long_a_wait(self) -> None:
        server = FakeServer(problem(429, "rate_limited", {"retry-after": "3600"}))
        with pytest.raises(RateLimited) as refused:
            server.client().get(ID)
        assert refused.value.problem.retry_after == 3600
        assert "3600 s" in refused.value.next_step
        assert server.slept == []

    @pytest.mark.parametrize("status", [400, 404, 409, 422, 501])
    def test_are_not_made_where_they_can_not_help(self, status: int) -> None:
        server = FakeServer(problem(status, "whatever"))
        with pytest.raises(ApiError):
            server.client().get(ID)
        assert len(server.requests) == 1

    def test_retry_after_is_seconds_or_a_moment(self) -> None:
        assert retry_after("12") == 12
        assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 0
        assert (retry_after("Fri, 31 Dec 9999 23:59:59 GMT") or 0) > 1e9
        assert retry_after("soon") is None
        assert retry_after(None) is None

    @given(st.integers(1, 10_000), st.floats(0, 1))
    def test_no_wait_is_longer_than_the_longest(self, failures: int, jitter: float) -> None:
        assert (
            0 <= Backoff(0.25, 15, jitter=lambda: jitter).delay(failures) <= min(15, 0.25 * 2 ** min(failures - 1, 10))
        )


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, InvalidRequest),
            (401, Unauthenticated),
            (403, NotAllowed),
            (404, NotFound),
            (409, Conflict),
            (413, InvalidRequest),
            (422, InvalidRequest),
            (500, ServerFault),
        ],
    )
    def test_have_a_type_a_code_and_a_next_step(self, status: int, kind: type[ApiError]) -> None:
        server = FakeServer(*[problem(status, "some_code", {"x-request-id": "r-1"})] * 4)
        with pytest.raises(kind, match="D") as refused:
            server.client().get(ID)
        assert type(refused.value) is kind
        assert (refused.value.code, refused.value.problem.request_id) == ("some_code", "r-1")
        assert refused.value.next_step

    def test_name_the_fields(self) -> None:
        fault = {"field": "amountIn", "code": "too_precise", "message": "has too many decimals"}
        server = FakeServer(problem(422, "validation_failed", errors=[fault]))
        with pytest.raises(InvalidRequest) as refused:
            server.client().place("SOL", "USDC", "1")
        assert [(fault.field, fault.code, fault.message) for fault in refused.value.problem.errors] == [
            ("amountIn", "too_precise", "has too many decimals")
        ]

    @pytest.mark.parametrize(
        ("status", "message", "kind", "code"),
        [
            (401, "Unauthorized", Unauthenticated, "unauthenticated"),
            (403, "Forbidden", NotAllowed, "forbidden"),
            (404, "Not Found", NotFound, "unknown"),
        ],
    )
    def test_of_a_gateway_are_understood_too(self, status: int, message: str, kind: type[ApiError], code: str) -> None:
        server = FakeServer(httpx.Response(status, json={"message": message}))
        with pytest.raises(kind) as refused:
            server.client().get(ID)
        assert refused.value.code == code
        assert refused.value.next_step

    @pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), ok([]), ok({"order": {"id": "x"}})])
    def test_an_answer_of_something_else_is_unexpected(self, answer: httpx.Response) -> None:
        with pytest.raises(UnexpectedAnswer) as failure:
            FakeServer(answer).client().get(ID)
        assert failure.value.next_step


class TestAnswers:
    def test_an_order(self) -> None:
        server = FakeServer(ok({"success": True, "order": CONFIRMED}))
        order = server.client().get(ID)
        assert (order.status, order.version, order.venue) == (Status.CONFIRMED, 2, "raydium")
        assert (order.amount_in, order.amount_out, order.fee) == (Decimal("1.50"), Decimal("149.25"), Decimal("0.0045"))
        assert order.created_at == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
        assert [step.seq for step in order.events] == [1, 2]
        assert order.error is None

    def test_cancelling_answers_with_the_order(self) -> None:
        server = FakeServer(ok({"success": True, "order": CONFIRMED}))
        server.client().cancel(ID)
        assert (server.requests[0].method, server.requests[0].url.path) == ("DELETE", f"/api/orders/{ID}")

    def test_an_id_can_not_leave_its_place_in_the_path(self) -> None:
        server = FakeServer(problem(400, "invalid_order_id"))
        with pytest.raises(InvalidRequest):
            server.client().get("../metrics?x=1")
        assert server.requests[0].url.raw_path == b"/api/orders/..%2Fmetrics%3Fx%3D1"

    def test_a_list_goes_over_all_pages_but_only_as_far_as_it_is_read(self) -> None:
        pages = [ok({"orders": [CONFIRMED] * 2, "nextCursor": "c1"}), ok({"orders": [CONFIRMED]})]
        server = FakeServer(*pages)
        orders = server.client().list(status=Status.CONFIRMED, token_in="SOL", page_size=2)
        next(orders)
        assert len(server.requests) == 1
        assert len(list(orders)) == 2
        assert dict(server.requests[1].url.params) == {
            "status": "confirmed",
            "tokenIn": "SOL",
            "limit": "2",
            "cursor": "c1",
        }

    def test_a_history_has_the_failed_attempts(self) -> None:
        why = {"code": "quote_unavailable", "message": "No quote."}
        failure = {"seq": 3, "attempt": 1, "timestamp": "2026-03-01T12:00:03.000Z", "error": why}
        server = FakeServer(ok({"success": True, "order": CONFIRMED, "failures": [failure]}))
        history = server.client().history(ID)
        assert history.order.id == ID
        assert [(failure.attempt, failure.error["code"]) for failure in history.failures] == [(1, "quote_unavailable")]

    def test_metrics(self) -> None:
        queue = {"waiting": 1, "active": 2, "delayed": 0, "failed": 0}
        body = {"success": True, "queue": queue, "orders": {"total": 3}, "timestamp": "2026-03-01T12:00:00.000Z"}
        metrics = FakeServer(ok(body)).client().metrics()
        assert (metrics.queue["active"], metrics.orders["total"]) == (2, 3)

    def test_a_bad_health_is_an_answer_and_no_error(self) -> None:
        body = {"status": "unhealthy", "timestamp": "2026-03-01T12:00:00.000Z", "dependencies": {"queue": "unhealthy"}}
        server = FakeServer(ok(body, 503))
        health = server.client().health(deep=True)
        assert (health.status, health.dependencies) == ("unhealthy", {"queue": "unhealthy"})
        assert server.requests[0].url.path == "/health/deep"

    def test_no_health_at_all_is_an_error(self) -> None:
        with pytest.raises(Unavailable):
            FakeServer(*[problem(503, "service_unavailable") for _ in range(4)]).client().health()
