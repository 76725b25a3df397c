"""How page and command line learn how to sign in, and whom the page may talk to for it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.events import event
from tests.support.functions import Deployment

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aBcDeFgHi"
PAGE = """<meta name="ws" content="{{WEBSOCKET_URL}}"><meta name="s" content='{{SIGN_IN}}'>"""
SCOPES = ["openid", "orders/read", "orders/write"]


def get(deployed: Deployment, path: str) -> tuple[int, dict[str, str], Any]:
    given = event("http_health") | {"rawPath": path, "routeKey": f"GET {path}"}
    given["requestContext"]["http"]["path"] = path
    return deployed.http(given)


def configuration(deployed: Deployment) -> Any:
    status, headers, body = get(deployed, "/assets/sign-in.json")
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "application/json", "no-store")
    assert headers["x-content-type-options"] == "nosniff"
    return body


@pytest.fixture
def page(deployed: Deployment, tmp_path: Path) -> Deployment:
    """Give functions with a page that holds nothing but what it is told."""
    (tmp_path / "index.html").write_text(
        '<meta name="ws" content="{{WEBSOCKET_URL}}"><meta name="s" content=\'{{SIGN_IN}}\'>'
    )
    deployed.set(DASHBOARD_FOLDER=str(tmp_path))
    return deployed


class Contents(HTMLParser):
    """The contents of a page's `meta` elements, by name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.others: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "meta":
            self.found[str(named["name"])] = str(named["content"])
        else:
            self.others.append(tag)


def test_where_authentication_is_off_only_that_is_told(deployed: Deployment) -> None:
    assert configuration(deployed) == {"mode": "none"}


@pytest.mark.parametrize("mode", ["cognito", "jwt"])
def test_all_that_is_needed_to_sign_in_is_told_to_anybody(deployed: Deployment, mode: str) -> None:
    deployed.set(AUTH_MODE=mode, TOKEN_ISSUER=ISSUER, SIGN_IN_AUTHORITY="http://localhost:3000/_cognito/pool")
    assert configuration(deployed) == {
        "mode": mode,
        "issuer": ISSUER,
        "authority": "http://localhost:3000/_cognito/pool",
        "clientId": "browser",
        "scopes": SCOPES,
    }


def test_where_there_is_no_client_for_people_none_is_named(deployed: Deployment) -> None:
    deployed.set(AUTH_MODE="jwt", BROWSER_CLIENT_ID="")
    assert "clientId" not in configuration(deployed)


def test_the_authority_is_the_issuer_unless_it_is_elsewhere(deployed: Deployment) -> None:
    deployed.set(AUTH_MODE="cognito", TOKEN_ISSUER=ISSUER, SIGN_IN_AUTHORITY="")
    assert configuration(deployed)["authority"] == ISSUER


def test_nobody_asks_for_an_administrators_scope(deployed: Deployment) -> None:
    for mode in ("cognito", "jwt"):
        deployed.set(AUTH_MODE=mode)
        assert "orders/admin" not in str(configuration(deployed))


@pytest.mark.parametrize("mode", ["none", "cognito", "jwt"])
def test_the_page_is_told_the_same(page: Deployment, mode: str) -> None:
    page.set(AUTH_MODE=mode, TOKEN_ISSUER=ISSUER)
    _, _, text = get(page, "/")
    contents = Contents(text)
    assert json.loads(contents.found["s"]) == configuration(page)
    assert contents.found["ws"] == "wss://ws.example.org/dev"


@pytest.mark.parametrize(
    "odd", ["'", '"', "'><script>alert(1)</script>", "&quot;", "{{WEBSOCKET_URL}}", "\\", "</meta>"]
)
def test_what_is_told_can_not_get_out_of_its_attribute(page: Deployment, odd: str) -> None:
    page.set(AUTH_MODE="jwt", TOKEN_ISSUER=f"https://issuer.example.org/{odd}", BROWSER_CLIENT_ID=odd)
    contents = Contents(get(page, "/")[2])
    assert (set(contents.found), contents.others) == ({"ws", "s"}, [])
    assert json.loads(contents.found["s"]) == configuration(page)


def test_the_dashboard_leaves_nothing_unfilled(deployed: Deployment) -> None:
    for mode in ("none", "cognito"):
        deployed.set(AUTH_MODE=mode)
        assert "{{" not in get(deployed, "/")[2]


# --- Whom the page may talk to ----------------------------------------------------------------------------------------


def connections(deployed: Deployment) -> list[str]:
    """Return what the page's policy lets it connect to."""
    policy = get(deployed, "/")[1]["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    (listed,) = (part.split()[1:] for part in policy.split(";") if part.split()[0] == "connect-src")
    return list(listed)


ORIGIN = "https://cognito-idp.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("settings", "origins"),
    [
        ({"AUTH_MODE": "none"}, []),
        ({"AUTH_MODE": "none", "SIGN_IN_AUTHORITY": "", "TOKEN_ISSUER": ""}, []),
        ({"AUTH_MODE": "none", "SIGN_IN_AUTHORITY": ISSUER, "SIGN_IN_ORIGINS": "https://a.example.org"}, []),
        ({"SIGN_IN_AUTHORITY": ISSUER}, [ORIGIN]),
        ({"SIGN_IN_AUTHORITY": "", "TOKEN_ISSUER": ISSUER}, [ORIGIN]),
        ({"SIGN_IN_AUTHORITY": ISSUER, "SIGN_IN_ORIGINS": ""}, [ORIGIN]),
        ({"SIGN_IN_AUTHORITY": "http://localhost:3000/_cognito/pool"}, ["http://localhost:3000"]),
        (
            {
                "SIGN_IN_AUTHORITY": ISSUER,
                "SIGN_IN_ORIGINS": "https://a.example.org https://b.example.org/oauth2/token",
            },
            [ORIGIN, "https://a.example.org", "https://b.example.org"],
        ),
        ({"SIGN_IN_AUTHORITY": ISSUER, "SIGN_IN_ORIGINS": f"{ISSUER} {ORIGIN}"}, [ORIGIN]),
        ({"AUTH_MODE": "jwt", "SIGN_IN_AUTHORITY": "https://login.example.org/"}, ["https://login.example.org"]),
    ],
)
def test_the_page_talks_to_the_engine_and_where_one_signs_in(
    deployed: Deployment, settings: dict[str, str], origins: list[str]
) -> None:
    deployed.set(**{"AUTH_MODE": "cognito"} | settings)
    assert connections(deployed) == ["'self'", "wss://ws.example.org", *origins]
