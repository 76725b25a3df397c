"""The functions behind the HTTP API, called directly: who asks is whatever a gateway may hand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from order_engine.application.identity import Scope
from order_engine.contracts.problems import CONTENT_TYPE
from order_engine.contracts.routes import OPEN, ROUTES, Access
from order_engine.entrypoints import aws_ports
from tests.support.callers import over_http, user
from tests.support.engine import InMemoryPorts
from tests.support.events import ALICES_ORDER, event
from tests.support.functions import Deployment, FunctionPorts
from tests.support.orders import new_order
from tests.unit.functions.odd_identities import with_authorizer

BODY = '{"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}'
FILLED_IN = {"{orderId}": ALICES_ORDER, "{file}": "app.js"}
TIME = {"clock.now"}
"""All that a refusal needs of the world."""

ROWS: dict[tuple[str, str], tuple[str, int]] = {
    ("GET", "/"): ("orders_api", 200),
    ("GET", "/assets/{file}"): ("orders_api", 200),
    ("GET", "/health"): ("orders_api", 200),
    ("GET", "/health/deep"): ("orders_api", 200),
    ("GET", "/api/metrics"): ("orders_api", 200),
    ("POST", "/api/stream-tickets"): ("orders_api", 201),
    ("GET", "/api/orders"): ("read_history", 200),
    ("POST", "/api/orders"): ("orders_api", 201),
    ("POST", "/api/orders/execute"): ("orders_api", 201),
    ("GET", "/api/orders/{orderId}"): ("orders_api", 200),
    ("DELETE", "/api/orders/{orderId}"): ("orders_api", 200),
    ("GET", "/api/orders/{orderId}/history"): ("read_history", 200),
}
"""Which function each route goes to, and what somebody who may is answered."""


def needed(route: tuple[str, str]) -> Access:
    method, path = route
    return ROUTES[path][method]


PROTECTED = [route for route in ROWS if needed(route) is not OPEN]
OPENED = [route for route in ROWS if needed(route) is OPEN]


class Watched:
    """A port that notes which of its methods are called."""

    def __init__(self, name: str, port: object, called: set[str]) -> None:
        self._name, self._port, self._called = name, port, called

    def __getattr__(self, name: str) -> Any:
        self._called.add(f"{self._name}.{name}")
        return getattr(self._port, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__getattr__("__iter__")())

    def __len__(self) -> int:
        return int(self.__getattr__("__len__")())


class WatchedPorts(FunctionPorts):
    """The ports of a function, each of them watched."""

    called: set[str]

    def __getattr__(self, name: str) -> Any:
        return Watched(name, super().__getattr__(name), self.called)


class Door:
    """The functions behind the HTTP API; `called` are the methods of ports that the last request called.

    Args:
        mode: how callers are known.
    """

    def __init__(self, deployed: Deployment, mode: str) -> None:
        self.deployed = deployed
        self.called: set[str] = set()
        deployed.patch.setattr(aws_ports, "AwsPorts", self._ports)
        deployed.set(AUTH_MODE=mode)
        order = new_order(ALICES_ORDER, "alice")
        deployed.engine.orders.orders[ALICES_ORDER] = order
        deployed.ports.history.record([order])
        self.before = self.everything()

    def _ports(self, settings: Any) -> WatchedPorts:
        ports = WatchedPorts(settings, self.ports, self.deployed.replaced)
        vars(ports)["called"] = self.called
        return ports

    @property
    def ports(self) -> InMemoryPorts:
        return self.deployed.ports

    def everything(self) -> object:
        """Return all that is stored and queued, to be compared."""
        engine, ports = self.deployed.engine, self.ports
        stored = (dict(engine.orders.orders), dict(ports.history.orders), dict(ports.tickets.kept))
        return (*stored, len(engine.queue.messages), dict(engine.subscriptions.rows))

    def ask(
        self, method: str, path: str, authorizer: object, function: str = "orders_api", key: str = "$default"
    ) -> tuple[int, dict[str, str], Any]:
        """Make a request, whatever the gateway says of who makes it; return status, headers and body."""
        given = with_authorizer(
            event("http_place_order") | {"rawPath": path, "routeKey": key, "body": BODY}, authorizer
        )
        given["requestContext"]["http"] |= {"method": method, "path": path}
        given["queryStringParameters"] = {}
        self.called.clear()
        return self.deployed.http(given, function)

    def ask_route(self, route: tuple[str, str], authorizer: object) -> tuple[int, dict[str, str], Any]:
        method, path = route
        for name, value in FILLED_IN.items():
            path = path.replace(name, value)
        return self.ask(method, path, authorizer, ROWS[route][0], f"{method} {route[1]}")

    def assert_refused(self, answer: tuple[int, dict[str, str], Any], status: int, code: str) -> None:
        """Check a refusal, and that nothing was read for it, let alone changed."""
        assert (answer[0], answer[2]["code"], answer[2]["status"]) == (status, code, status)
        assert answer[1]["content-type"] == CONTENT_TYPE
        assert answer[1]["cache-control"] == "no-store"
        assert answer[1]["www-authenticate"].startswith("Bearer")
        assert ALICES_ORDER not in str(answer)
        assert self.called <= TIME
        assert self.everything() == self.before


def authorizer_of(*scopes: Scope, name: str = "alice") -> object:
    return over_http(user(name, *scopes), event("http_health"))["requestContext"]["authorizer"]
