"""The dashboard's static files, as `orders_api` serves them from the folder they lie in."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}


@cache
def index_page(folder: str, websocket_url: str, sign_in: str) -> str:
    """Return the page; it learns from us where the WebSocket is, which is another host on AWS, and how to sign in."""
    page = (Path(folder) / "index.html").read_text(encoding="utf-8")
    return page.replace("{{WEBSOCKET_URL}}", escape(websocket_url)).replace("{{SIGN_IN}}", escape(sign_in))


@cache
def etag(text: str) -> str:
    """Return the entity tag of a text, so that a browser that has it already is not sent it again."""
    return f'"{sha256(text.encode()).hexdigest()[:16]}"'


def asset(folder: str, name: str) -> tuple[str, str] | None:
    """Return a file's content type and text; None where the folder has no such file to be served."""
    return _assets(folder).get(name)


@cache
def _assets(folder: str) -> dict[str, tuple[str, str]]:
    """Read all files once. A name from outside is only looked up: it touches no disk, and is not remembered."""
    files = [path for path in Path(folder).iterdir() if path.suffix in CONTENT_TYPES]
    return {path.name: (CONTENT_TYPES[path.suffix], path.read_text(encoding="utf-8")) for path in files}


def content_security_policy(*others: str) -> str:
    """Return the policy of the page: nothing but our own files, our API, and the origins of these addresses."""
    origins = " ".join(dict.fromkeys("/".join(url.split("/")[:3]) for url in others if url))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {origins};"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
