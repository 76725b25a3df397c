"""Rate limits, fair queueing between users, and CORS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.cloud import LocalCloud
from tests.support.cloud import ORDER
from tests.support.stored import peek, stopped

Socket = Callable[..., Any]
AsUser = Callable[[str], dict[str, str]]
Place = Callable[[str], httpx.Response]

LIMIT = 5
ORIGIN = "https://desk.example"


@pytest.fixture(scope="class")
def walled(cloud: LocalCloud, api: httpx.Client) -> Iterator[httpx.Client]:
    """Give the API of a cloud with a rate limit and an origin of its own."""
    with cloud.parameters(MaxOrdersPerMinute=str(LIMIT), CorsAllowOrigin=ORIGIN):
        yield api


@pytest.fixture
def place(api: httpx.Client, as_user: AsUser) -> Place:
    """Give what places an order of a user, and returns the answer."""
    return lambda user: api.post("/api/orders/execute", json=ORDER | {"userId": user}, headers=as_user(user))


def spent(place: Place) -> tuple[str, list[httpx.Response], httpx.Response]:
    """Use up a new user's minute: return the user, the answers, and the refusal. A minute may end meanwhile."""
    for _ in range(2):
        user = f"hasty-{uuid4()}"
        answers = [place(user) for _ in range(LIMIT)]
        if (refusal := place(user)).status_code != 201:
            return user, answers, refusal
    raise AssertionError("Nothing is refused.")


class TestWalled:
    def test_who_places_too_many_orders_is_told_when_to_go_on(self, walled: httpx.Client, place: Place) -> None:
        user, answers, refusal = spent(place)
        assert [answer.status_code for answer in answers] == [201] * LIMIT
        remaining = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
        assert remaining == [f"r={left}" for left in (4, 3, 2, 1, 0)]
        assert {answer.headers["RateLimit-Policy"] for answer in [*answers, refusal]} == {f'"orders";q={LIMIT};w=60'}
        assert (refusal.status_code, refusal.json()["code"]) == (429, "rate_limited")
        assert refusal.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refusal.headers["Retry-After"]) <= 60
        assert refusal.headers["RateLimit"] == f'"orders";r=0;t={refusal.headers["Retry-After"]}'
        assert walled.get("/api/orders", params={"userId": user}).status_code == 200

    @pytest.mark.usefixtures("walled")
    def test_others_are_not_affected(self, place: Place) -> None:
        spent(place)
        assert place(f"patient-{uuid4()}").status_code == 201

    @pytest.mark.usefixtures("walled")
    def test_orders_over_a_socket_count_too(self, place: Place, socket: Socket) -> None:
        user, _, _ = spent(place)
        with socket(user_id=user) as connection:
            connection.send(json.dumps({"action": "execute_order", **ORDER, "userId": user}))
            answer = json.loads(connection.recv(timeout=10))
        assert (answer["type"], answer["code"]) == ("error", "rate_limited")

    def test_pages_of_the_one_origin_may_call_the_api(self, walled: httpx.Client) -> None:
        ours = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        preflight = walled.options("/api/orders/execute", headers=ours)
        assert preflight.status_code in (200, 204)
        assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "DELETE" in preflight.headers["Access-Control-Allow-Methods"]
        assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"].lower()
        answer = walled.get("/health", headers={"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "x-request-id" in answer.headers["Access-Control-Expose-Headers"].lower()

    def test_pages_of_others_may_not(self, walled: httpx.Client) -> None:
        answer = walled.get("/health", headers={"Origin": "https://elsewhere.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_by_default_every_page_may(api: httpx.Client) -> None:
    answer = api.get("/health", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_users_messages_are_one_group_in_the_queue(cloud: LocalCloud, place: Place) -> None:
    with stopped(cloud, "ProcessOrdersFunctionName"):
        owners = {place(user).json()["orderId"]: user for user in ("alice", "bob", "alice")}
        messages = peek(cloud, "OrdersQueueUrl")
    groups = [(owners[json.loads(m["Body"])["orderId"]], m["Attributes"]["MessageGroupId"]) for m in messages]
    assert len(groups) == 3
    assert len({group for user, group in groups if user == "alice"}) == 1
    assert len({group for _, group in groups}) == 2
