"""Health, metrics, rate limits and the dashboard of the HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from order_engine.application.errors import DependencyUnavailable, RateLimited
from order_engine.application.ports import Allowance, Dependency, StatusCounts
from tests.support.events import event
from tests.support.functions import SETTINGS, Deployment


def get(path: str, **query: str) -> dict[str, Any]:
    given = event("http_health")
    given |= {"rawPath": path, "routeKey": f"GET {path}", "queryStringParameters": query}
    given["requestContext"]["http"]["path"] = path
    return given


def dependency(name: str, *, down: bool, vital: bool = True) -> Dependency:
    def check() -> None:
        if down:
            raise DependencyUnavailable("no answer")

    return Dependency(name, check, vital=vital)


def test_health_that_asks_nothing_is_good(deployed: Deployment) -> None:
    status, headers, body = deployed.http("http_health")
    assert (status, body) == (200, {"status": "healthy", "timestamp": "2026-01-01T00:00:00.000Z"})
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("orders", "history", "status", "health"),
    [
        (False, False, 200, "healthy"),
        (False, True, 200, "degraded"),
        (True, False, 503, "unhealthy"),
    ],
)
def test_deep_health_asks_everything(
    deployed: Deployment, orders: bool, history: bool, status: int, health: str
) -> None:
    dependencies = dependency("orders", down=orders), dependency("history", down=history, vital=False)
    deployed.replace("dependencies", dependencies)
    answered, _, body = deployed.http(get("/health", deep="1"))
    assert (answered, body["status"]) == (status, health)
    assert body["dependencies"].keys() == {"orders", "history"}


def test_metrics_tell_the_queue_and_the_orders(deployed: Deployment) -> None:
    deployed.ports.published_counts.publish(StatusCounts(1, {"confirmed": 3, "failed": 1}))
    deployed.http("http_place_order")
    status, _, body = deployed.http(get("/api/metrics"))
    assert (status, body["queue"]["waiting"]) == (200, 1)
    assert (body["orders"]["confirmed"], body["orders"]["total"]) == (3, 4)


def test_a_rate_limited_user_is_told_when_to_retry(deployed: Deployment) -> None:
    class Full:
        def admit(self, _user: str) -> Allowance:
            raise RateLimited(5, 42)

    deployed.replace("rate_limiter", Full())
    status, headers, body = deployed.http("http_place_order")
    assert (status, body["code"]) == (429, "rate_limited")
    assert (headers["retry-after"], headers["ratelimit"]) == ("42", '"orders";r=0;t=42')
    assert deployed.stored() == []


def test_an_accepted_order_tells_the_remaining_allowance(deployed: Deployment) -> None:
    class Room:
        def admit(self, _user: str) -> Allowance:
            return Allowance(5, 4, 42)

    deployed.replace("rate_limiter", Room())
    status, headers, _ = deployed.http("http_place_order")
    assert (status, headers["ratelimit"]) == (201, '"orders";r=4;t=42')
    assert headers["ratelimit-policy"] == '"orders";q=5;w=60'


def test_the_dashboard_knows_the_websocket_and_may_talk_to_nothing_else(deployed: Deployment) -> None:
    status, headers, page = deployed.http(get("/"))
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert SETTINGS["WEBSOCKET_URL"] in page
    assert "{{" not in page
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self' wss://ws.example.org;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("name", "kind"), [("app.js", "text/javascript"), ("base.css", "text/css")])
def test_the_dashboards_files_are_served(deployed: Deployment, name: str, kind: str) -> None:
    status, headers, text = deployed.http(get(f"/assets/{name}"))
    assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")
    assert headers["x-content-type-options"] == "nosniff"
    assert text


def test_the_dashboard_is_read_from_the_folder_that_is_set(deployed: Deployment, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>{{WEBSOCKET_URL}}</p>")
    (tmp_path / "app.js").write_text("export {};")
    deployed.set(DASHBOARD_FOLDER=str(tmp_path))
    assert deployed.http(get("/"))[2] == "<p>wss://ws.example.org/dev</p>"
    assert deployed.http(get("/assets/app.js"))[2] == "export {};"
    assert deployed.http(get("/assets/base.css"))[0] == 404


@pytest.mark.parametrize("name", ["nothing.js", "app.py", "..%2fapp.py", "index.html.bak", ".css", "x" * 300 + ".js"])
def test_no_other_file_is(deployed: Deployment, name: str) -> None:
    status, _, body = deployed.http(get(f"/assets/{name}"))
    assert (status, body["code"]) == (404, "not_found")
