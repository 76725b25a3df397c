"""docs/compatibility.md names the tests that there are, and its function for CloudFront has the proxy's rules."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sam_template import ROOT

from local.sockets import handshake_query

PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
TESTS = ROOT / "tests" / "integration" / "test_compatibility.py"
NODE = shutil.which("node")
PATHS = [
    "/ws?orderId=1&afterSeq=2",
    "/api/orders/execute?orderId=1",
    "/api/orders/execute/ws?orderId=1",
    "/api/orders/1/stream?afterSeq=2",
    "/api/orders/stream/all",
    "/api/orders/connect",
    "/api/orders/1",
    "/api/orders/execute/",
    "/",
]


def test_the_page_names_every_test_and_no_other() -> None:
    tree = ast.parse(TESTS.read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert set(re.findall(r"`(test_\w+)`", PAGE)) == {name for name in names if name.startswith("test_")}


@pytest.mark.skipif(NODE is None, reason="needs Node")
@pytest.mark.parametrize("address", PATHS)
def test_the_function_for_cloudfront_does_what_the_proxy_does(address: str) -> None:
    path, _, query = address.partition("?")
    given = dict(parse_qsl(query))
    told = handshake_query(path)
    request = _handled(path, given, {"upgrade": {"value": "websocket"}})
    if told is None:
        assert (request["uri"], request["origin"]) == (path, None)
    else:
        assert (request["uri"], request["origin"]) == ("/<stage>", "<id>.execute-api.<region>.amazonaws.com")
        assert {name: one["value"] for name, one in request["querystring"].items()} == given | told


@pytest.mark.skipif(NODE is None, reason="needs Node")
def test_the_function_for_cloudfront_leaves_requests_alone() -> None:
    request = _handled("/api/orders/execute", {}, {})
    assert (request["uri"], request["origin"]) == ("/api/orders/execute", None)


def _handled(path: str, query: dict[str, str], headers: dict[str, Any]) -> dict[str, Any]:
    """Run the page's function on a request."""
    (code,) = re.findall(r"```js\nimport cf from 'cloudfront';\n(.*?)```", PAGE, re.DOTALL)
    querystring = {name: {"value": value} for name, value in query.items()}
    event = {"request": {"uri": path, "querystring": querystring, "headers": headers}}
    script = f"""
        let origin = null;
        const cf = {{ updateRequestOrigin: (to) => {{ origin = to.domainName; }} }};
        {code}
        console.log(JSON.stringify({{ ...handler({json.dumps(event)}), origin }}));
    """
    assert NODE is not None
    run = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True, timeout=30)
    handled: dict[str, Any] = json.loads(run.stdout)
    return handled
