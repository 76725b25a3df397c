"""HTTP requests to be refused: bodies, media types, headers, paths, queries and methods."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.corpus.json_texts import BYTES, GOOD, TEXTS
from tests.corpus.orders import ORDERS

ID = "01a1fc59-121a-7ddb-8732-cd9cdb1aed2f"
"""No order has it."""

_JSON = (("Content-Type", "application/json"),)
_GOOD = json.dumps(GOOD).encode()
_BAD = b'{"tokenIn": "DOGE"}'


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    name: str
    method: str = "POST"
    path: str = "/api/orders/execute"
    headers: tuple[tuple[str, str], ...] = _JSON
    body: bytes = field(default=b"", repr=False)


def requests() -> Iterator[Request]:
    """Yield all requests; each has to be answered with a 4xx."""
    for name, text in TEXTS.items():
        yield Request(f"body: {name}", body=text.encode())
    for name, body in BYTES.items():
        yield Request(f"body: {name}", body=body)
    for name, order in ORDERS.items():
        yield Request(f"order: {name}", body=json.dumps(order).encode())
    for name, headers in _WRONG_MEDIA.items():
        yield Request(f"media: {name}", headers=headers, body=_GOOD)
    for name, (encoding, body) in _COMPRESSED.items():
        yield Request(f"encoding: {name}", headers=(*_JSON, ("Content-Encoding", encoding)), body=body)
    for name, extra in _HEADERS.items():
        yield Request(f"headers: {name}", headers=(*_JSON, *extra), body=_BAD)
    for name, key in _KEYS.items():
        yield Request(f"idempotency key: {name}", headers=(*_JSON, ("Idempotency-Key", key)), body=_GOOD)
    for method in ("GET", "DELETE"):
        for order_id in _IDS:
            yield Request(f"{method} {order_id[:40]}", method, f"/api/orders/{order_id}", ())
    for order_id in _IDS[:8]:
        yield Request(f"history of {order_id[:40]}", "GET", f"/api/orders/{order_id}/history", ())
    for query in _QUERIES:
        yield Request(f"list {query[:60]}", "GET", f"/api/orders?{query}", ())
    for method, path in _ROUTES:
        yield Request(f"{method} {path[:60]}", method, path, _JSON, _GOOD if method not in ("GET", "HEAD") else b"")


_WRONG_MEDIA = {
    name: (("Content-Type", name),)
    for name in (
        "text/plain",
        "text/json",
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/jsonx",
        "application/json-patch",
        "application/json, text/plain",
        "application",
        "json",
        "*/*",
        ";",
        "application/json" + "x" * 4_000,
    )
}

_COMPRESSED = {
    "gzip": ("gzip", gzip.compress(_GOOD, mtime=0)),
    "gzip bomb": ("gzip", gzip.compress(bytes(50_000_000), mtime=0)),
    "gzip twice": ("gzip, gzip", gzip.compress(gzip.compress(_GOOD, mtime=0), mtime=0)),
    "gzip, said only": ("gzip", _GOOD),
    "deflate": ("deflate", zlib.compress(_GOOD)),
    "br": ("br", _GOOD),
    "zstd": ("zstd", _GOOD),
    "unknown": ("rot13", _GOOD),
    "capitals": ("GZIP", gzip.compress(_GOOD, mtime=0)),
}

_HEADERS = {
    "100 of them": tuple((f"X-Flood-{number}", "x" * 20) for number in range(100)),
    "300 of them": tuple((f"X-Flood-{number}", "x" * 20) for number in range(300)),
    "the same 100 times": (("X-Flood", "x" * 20),) * 100,
    "one of 7,000 letters": (("X-Large", "x" * 7_000),),
    "one of 70,000 letters": (("X-Large", "x" * 70_000),),
    "cookies": (("Cookie", "; ".join(f"c{number}={number}" for number in range(500))),),
    "broken cookie": (("Cookie", '="; =;;= \\"'),),
    "Latin-1": (("X-Name", "J\xfcrgen"),),
    "origin": (("Origin", "null"),),
    "range": (("Range", "bytes=0-,0-,0-"),),
    "accept": (("Accept", "application/xml"),),
    "other host": (("X-Forwarded-Host", "example.com"), ("X-Forwarded-For", "' OR 1=1")),
    "method override": (("X-HTTP-Method-Override", "DELETE"),),
    "request id": (("X-Request-Id", "\x7f" * 300),),
    "authorization": (("Authorization", "Bearer " + "x" * 3_000),),
    "trace": (("X-Amzn-Trace-Id", "Root=1-zzz;;;=="),),
    "prototype": (("__proto__", "1"), ("constructor", "1")),
}

_KEYS = {
    "empty": "",
    "129 characters": "x" * 129,
    "5,000 characters": "x" * 5_000,
    "Latin-1": "Schl\xfcssel",
    "tab": "a\tb",
    "delete": "a\x7fb",
}

_IDS = (
    "nonsense",
    "0",
    "-1",
    "null",
    ID[:-1],
    ID + "0",
    "%7B" + ID + "%7D",
    "urn:uuid:" + ID,
    ID.replace("-", ""),
    ID.replace("a", "%C3%A4"),
    ID + "%00",
    "%00",
    "%0a",
    "%20",
    "%25",
    "%252e%252e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%C0%AF",
    "%FF%FE",
    "%F0%9F%9A%80",
    "%ED%A0%80",
    "%E2%80%AE",
    "'%20OR%20'1'='1",
    "1;DROP%20TABLE%20orders",
    "$%7Bjndi:ldap:%2F%2F127.0.0.1%2Fa%7D",
    "%3Cscript%3E",
    "*",
    "%",
    "%zz",
    "a" * 4_000,
    "%41" * 1_000,
)

_QUERIES = (
    *(f"limit={value}" for value in ("", "0", "-1", "101", "1e1", "1.5", "abc", "9" * 30, "%00", "%EF%BC%91", "NaN")),
    *(f"status={value}" for value in ("", "unknown", "PENDING", "%00", "pending,failed", "%F0%9F%9A%80", "p" * 3_000)),
    *(f"tokenIn={value}" for value in ("", "DOGE", "%00", "%ED%A0%80", "'--", "S" * 3_000)),
    *(f"userId={value}" for value in ("", "%00", "%0A", "%C3%BC", "x" * 129)),
    *(f"cursor={value}" for value in ("", "x", "%00", "A" * 31, "A" * 33, "=" * 32, "A" * 3_000, "%C3%A9" * 32)),
    *(
        f"cursor={urlsafe_b64encode(since.to_bytes(8, 'big', signed=True) + bytes(16)).decode()}"
        for since in (2**63 - 1, -(2**63), 10**16)
    ),
    "unknown=1",
    "Limit=1",
    "limit",
    "limit=1&limit=2",
    "limit[]=1",
    "limit[$gt]=1",
    "__proto__=1",
    "offset=0",
    "&".join(f"q{number}=1" for number in range(300)),
)

_ROUTES = (
    *((method, "/api/orders/execute") for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND")),
    *((method, "/api/orders") for method in ("PUT", "PATCH", "DELETE", "HEAD")),
    *((method, f"/api/orders/{ID}") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    ("POST", f"/api/orders/{ID}/history"),
    ("GET", f"/api/orders/{ID}/history"),
    ("POST", "/api/metrics"),
    *((method, "/api/stream-tickets") for method in ("GET", "PUT", "DELETE")),
    ("POST", "/health/deep"),
    ("DELETE", "/health"),
    ("POST", "/"),
    *(
        ("GET", path)
        for path in (
            "/api",
            "/api/",
            "/api/order",
            "/api//orders//execute",
            "/API/ORDERS",
            "/api/orders/",
            "/api/orders/execute/",
            "/api/orders/execute/more",
            "/api/stream-tickets/",
            "/api/stream-tickets/more",
            "/health/deep/",
            f"/api/orders/{ID}/",
            f"/api/orders/{ID}/events",
            "/assets/",
            "/assets/..%2fapp.py",
            "/assets/%2e%2e%2fapp.py",
            "/assets/app.py",
            "/assets/.env",
            "/assets/app.js%00.html",
            "/assets/" + "a" * 2_000,
            "/.git/config",
            "/wp-login.php",
            "/index.html",
            "/%F0%9F%9A%80",
            "/favicon.ico",
            "/robots.txt",
            "/" + "a/" * 1_000,
        )
    ),
)
