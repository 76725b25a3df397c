"""`orders verify`: recompute a receipt."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from orders_client.api import DEFAULT_URL
from orders_client.cli.exits import ExitCode
from orders_client.cli.output import print_json, verification_table
from orders_client.cli.shared import Json, Setup, Token, Url, setup_of
from orders_client.errors import UnexpectedAnswer
from orders_client.models import Order
from orders_client.wire import decoding, order_from

Source = Annotated[
    str,
    typer.Argument(
        metavar="ID|FILE",
        help="The order's id, or a file with the order as JSON; - is standard input.",
        show_default=False,
    ),
]


def verify(
    context: typer.Context, source: Source, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False
) -> None:
    """Recompute a confirmed order's receipt here, and show whether it is right.

    The amounts are computed from the recorded state of the pool, the price and the limits from the amounts. Exits with
    1 where a field is wrong, and with 5 where the order is not confirmed, so that there is no receipt.
    """
    from orders_client.verify import verify_receipt  # noqa: PLC0415 - no other command needs the engine's own code

    setup = setup_of(context, as_json=as_json)
    verification = verify_receipt(_fetch(setup, source, url, token) if _is_id(source) else _read(source))
    if as_json:
        wrong = verification.wrong
        told = {"orderId": verification.order_id, "right": not wrong, "wrong": wrong, "checks": verification.checks}
        print_json(setup.out, told)
    else:
        setup.out.print(verification_table(verification))
    if verification.wrong:
        raise typer.Exit(ExitCode.NOT_CONFIRMED)


def _is_id(source: str) -> bool:
    try:
        UUID(source)
    except ValueError:
        return False
    return True


def _fetch(setup: Setup, order_id: str, url: str, token: str | None) -> Order:
    with setup.client(url, token) as client:
        return client.get(order_id)


def _read(source: str) -> Order:
    """Read an order as the API answers it, or as `orders get --json` prints it."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        body: Any = json.loads(text)
        with decoding("the order"):
            return order_from(body.get("order", body))
    except FileNotFoundError as error:
        raise typer.BadParameter(f"neither an order's id nor a file: {source}") from error
    except (OSError, ValueError, UnexpectedAnswer) as error:
        raise typer.BadParameter(f"no order as JSON: {error}") from error
