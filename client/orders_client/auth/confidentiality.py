"""Which addresses passwords, tokens and tickets may be sent to: encrypted ones, and those on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from orders_client.errors import InsecureAddress

_ENCRYPTED = {"http": "https", "ws": "wss"}


def require_confidential(url: str) -> str:
    """Return an address on the way to which nobody can listen. Raises `InsecureAddress` for any other."""
    parts = urlsplit(url)
    if parts.scheme in _ENCRYPTED.values() or (parts.scheme in _ENCRYPTED and is_loopback(url)):
        return url
    raise _insecure(parts)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _insecure(parts: SplitResult) -> InsecureAddress:
    host = parts.netloc.rpartition("@")[2]
    address = parts._replace(netloc=host, query="", fragment="").geturl()
    plain = parts.scheme if parts.scheme in _ENCRYPTED else "http"
    encrypted = _ENCRYPTED[plain]
    return InsecureAddress(
        f"{address} is not {encrypted}: on the way there, others could read passwords and tokens.",
        f"Use {encrypted}://{host}; {plain}:// is for this machine only, such as {plain}://localhost:3000.",
    )
