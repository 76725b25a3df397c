"""Every operation, asked of the functions: its answers are as described, and each that is described is given."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import Dependency
from order_engine.contracts.json_body import MAX_BODY_BYTES
from order_engine.contracts.problems import CONTENT_TYPE
from tests.support.documents import Schema, assert_answer, openapi
from tests.support.events import event
from tests.support.functions import Deployment, forget, load

BODY = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}
ONE_ORDER, TRAIL, FILE = "/api/orders/{orderId}", "/api/orders/{orderId}/history", "/assets/{file}"
UNKNOWN_ORDER = "01a1fc59-121a-7ddb-8732-cd9cdb1aed2f"
UNROUTABLE = "\0"
"""No route has it in a parameter."""
READS_HISTORY = {("GET", "/api/orders"), ("GET", TRAIL)}
"""What the template gives to `read_history` and not to `orders_api`."""

Told = tuple[int, str | None]
"""The status of an answer, and the code of a problem."""


class Broken:
    """A port whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        return self.fail

    def fail(self, *_arguments: Any, **_named: Any) -> NoReturn:
        raise self.error


TOKEN = {"sub": "alice", "token_use": "access", "exp": "4102444800", "scope": "openid"}
"""Claims of a good access token that permits nothing here."""
DOWN = Broken(DependencyUnavailable("DynamoDB"))


@dataclass
class Api:
    """The HTTP API on the functions in memory. Each answer is held against its description."""

    deployed: Deployment
    patch: pytest.MonkeyPatch
    told: dict[tuple[str, str], set[Told]] = field(default_factory=lambda: defaultdict(set))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        named: Mapping[str, str] | None = None,
        claims: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Make a request, note its answer and return it.

        Args:
            named: the parameters in the path.
            claims: of the access token, which the gateway has verified.
        """
        given, asked = event("http_health"), path.format_map(named or {})
        given["headers"] |= {"content-type": "application/json", **(headers or {})}
        given["rawPath"] = given["requestContext"]["http"]["path"] = asked
        given["requestContext"]["http"]["method"] = method
        given["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
        given["queryStringParameters"] = query or {}
        given["body"] = body if isinstance(body, str) else json.dumps(body)
        said = self.deployed.call(function_for(method, path), given)
        request = httpx.Request(method, f"http://localhost{quote(asked)}")
        answer = httpx.Response(said["statusCode"], headers=said["headers"], text=said["body"], request=request)
        assert_answer(answer)
        assert_no_other_headers(answer, operation(method, path))
        is_problem = answer.headers["content-type"] == CONTENT_TYPE
        self.told[method, path].add((answer.status_code, answer.json()["code"] if is_problem else None))
        return answer

    def place(self, **more: str) -> str:
        """Place an order and return its id."""
        order_id: str = self.ask("POST", "/api/orders", BODY | more).json()["orderId"]
        return order_id

    def ask_without_leave(self, method: str, path: str) -> None:
        """Make a request that is good, with authentication on: as nobody, and with tokens that do not permit it."""
        named = {"orderId": self.place(), "file": "app.js"}
        self.deployed.set(AUTH_MODE="cognito")
        for claims in (None, TOKEN | {"exp": "1"}, TOKEN):
            self.ask(method, path, BODY, named=named, claims=claims)
        if (403, "user_id_mismatch") in described_answers(operation(method, path)["responses"]):
            claims = TOKEN | {"scope": "orders/read orders/write"}
            self.ask(method, path, BODY | {"userId": "bob"}, query={"userId": "bob"}, claims=claims)
        self.deployed.set(AUTH_MODE="none")

    def ask_while_no_answer_can_be_made(self, method: str, path: str) -> None:
        """Make a request that is good, and that the function has a fault of its own with."""
        app, named = load(function_for(method, path)), {"orderId": self.place(), "file": "app.js"}
        record(self)
        with self.patch.context() as patch:
            for name in ("json_answer", "text_answer"):
                patch.setattr(app, name, Broken(RuntimeError("a fault")).fail, raising=False)
            self.ask(method, path, BODY, named=named)


def function_for(method: str, path: str) -> str:
    return "read_history" if (method, path) in READS_HISTORY else "orders_api"


def operation(method: str, path: str) -> Schema:
    """Return the description of an operation."""
    found: Schema = openapi()["paths"][path][method.lower()]
    return found


def assert_no_other_headers(answer: httpx.Response, described: Schema) -> None:
    """Fail if an answer has a header that is described for other answers only."""
    ours = {name for header in all_headers() for name in header}
    allowed = described["responses"][str(answer.status_code)].get("headers", {})
    assert {name for name in ours if name in answer.headers} <= allowed.keys()


def all_headers() -> Iterator[Schema]:
    for item in openapi()["paths"].values():
        for described in item.values():
            for response in described["responses"].values():
                yield response.get("headers", {})


def described_answers(responses: Schema) -> Iterator[Told]:
    """Yield the answers of our functions that are described."""
    for status, response in responses.items():
        content = response.get("content", {})
        for content_type, media in content.items():
            if content_type == CONTENT_TYPE:
                for code in media["schema"]["allOf"][1]["properties"]["code"]["enum"]:
                    yield int(status), code
            elif media["schema"] != {"$ref": "#/components/schemas/GatewayMessage"}:
                yield int(status), None
        if not content:
            yield int(status), None


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    yield Api(Deployment(monkeypatch), monkeypatch)
    forget()


def place(path: str) -> Callable[[Api], None]:
    def ask(api: Api) -> None:
        def post(body: object = BODY, **headers: str) -> None:
            api.ask("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

        for body in ("{", '{"amountIn": "1", "amountIn": "2"}', "[]", " " * (MAX_BODY_BYTES + 1), {"tokenIn": "DOGE"}):
            post(body)
        post(content_type="text/plain")
        post(idempotency_key="")
        for order in (BODY, BODY, BODY | {"amountIn": "2"}):
            post(order, idempotency_key="a")
        api.deployed.set(MAX_ORDERS_PER_MINUTE="1")
        for key in ("b", "c", "b"):
            post(idempotency_key=key)
        api.deployed.replace("orders", DOWN)
        post(idempotency_key="b")

    return ask


def list_orders(api: Api) -> None:
    api.ask("GET", "/api/orders")
    api.ask("GET", "/api/orders", query={"limit": "0"})
    api.deployed.replace("history_reader", DOWN)
    api.ask("GET", "/api/orders")


def one_order(method: str, path: str, port: str) -> Callable[[Api], None]:
    def ask(api: Api) -> None:
        order_id = api.place()
        record(api)
        for order in (order_id, UNKNOWN_ORDER, "42", UNROUTABLE):
            api.ask(method, path, named={"orderId": order})
        api.deployed.replace(port, DOWN)
        api.ask(method, path, named={"orderId": order_id})

    return ask


def record(api: Api) -> None:
    """Write all orders to the history."""
    api.deployed.ports.history.record(list(api.deployed.ports.orders.orders.values()))


def cancel_order(api: Api) -> None:
    order_id = api.place()
    api.deployed.engine.work()
    api.ask("DELETE", ONE_ORDER, named={"orderId": order_id})
    one_order("DELETE", ONE_ORDER, "orders")(api)


def metrics(api: Api) -> None:
    api.ask("GET", "/api/metrics")
    api.deployed.replace("published_counts", DOWN)
    api.ask("GET", "/api/metrics")


def health(api: Api) -> None:
    for dependencies in ((), (Dependency("history", DOWN.fail, vital=False),), (Dependency("orders", DOWN.fail),)):
        api.deployed.replace("dependencies", dependencies)
        for query in ({}, {"deep": "1"}):
            api.ask("GET", "/health", query=query)
    api.deployed.set(AUTH_MODE="cognito")
    api.ask("GET", "/health", query={"deep": "1"})
    api.deployed.set(AUTH_MODE="none", DEFAULT_SLIPPAGE="5", WEBSOCKET_URL="")
    assert "problems" not in api.ask("GET", "/health").json()
    assert len(api.ask("GET", "/health", query={"deep": "1"}).json()["problems"]) == 2


def deep_health(api: Api) -> None:
    for dependencies in ((), (Dependency("orders", DOWN.fail),)):
        api.deployed.replace("dependencies", dependencies)
        api.ask("GET", "/health/deep")


def ticket(api: Api) -> None:
    api.ask("POST", "/api/stream-tickets")
    api.deployed.replace("tickets", DOWN)
    api.ask("POST", "/api/stream-tickets")


def sign_in(api: Api) -> None:
    assert api.ask("GET", "/assets/sign-in.json").json() == {"mode": "none"}
    for mode in ("cognito", "jwt"):
        api.deployed.set(AUTH_MODE=mode)
        assert api.ask("GET", "/assets/sign-in.json").json()["mode"] == mode


def index_page(api: Api) -> None:
    entity_tag = api.ask("GET", "/").headers["etag"]
    api.ask("GET", "/", headers={"if-none-match": entity_tag})


def files(api: Api) -> None:
    for file in ("app.js", "unknown.js", UNROUTABLE):
        answer = api.ask("GET", FILE, named={"file": file})
        api.ask("GET", FILE, headers={"if-none-match": answer.headers.get("etag", "")}, named={"file": file})


ASKED: dict[tuple[str, str], Callable[[Api], None]] = {
    ("POST", "/api/orders/execute"): place("/api/orders/execute"),
    ("POST", "/api/orders"): place("/api/orders"),
    ("GET", "/api/orders"): list_orders,
    ("GET", ONE_ORDER): one_order("GET", ONE_ORDER, "orders"),
    ("DELETE", ONE_ORDER): cancel_order,
    ("GET", TRAIL): one_order("GET", TRAIL, "history_reader"),
    ("POST", "/api/stream-tickets"): ticket,
    ("GET", "/api/metrics"): metrics,
    ("GET", "/health/deep"): deep_health,
    ("GET", "/assets/sign-in.json"): sign_in,
    ("GET", "/health"): health,
    ("GET", "/"): index_page,
    ("GET", FILE): files,
}
"""Requests that have every answer of an operation as their result, but for faults of ours."""


def test_each_operation_is_asked() -> None:
    assert ASKED.keys() == {(method.upper(), path) for path, item in openapi()["paths"].items() for method in item}


@pytest.mark.parametrize(("method", "path"), ASKED)
def test_an_operation_gives_the_answers_that_are_described(api: Api, method: str, path: str) -> None:
    api.ask_without_leave(method, path)
    api.ask_while_no_answer_can_be_made(method, path)
    ASKED[method, path](api)
    assert api.told[method, path] == set(described_answers(operation(method, path)["responses"]))


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/orders"), ("DELETE", "/api/orders/execute")])
def test_another_method_is_told_which_there_are(api: Api, method: str, path: str) -> None:
    given = event("http_health")
    given["rawPath"] = given["requestContext"]["http"]["path"] = path
    given["requestContext"]["http"]["method"] = method
    status, headers, body = api.deployed.http(given)
    assert (status, body["code"]) == (405, "method_not_allowed")
    assert set(headers["allow"].split(", ")) == {name.upper() for name in openapi()["paths"][path]}
