"""Commands that make one HTTP request: get, cancel, list, history, metrics, health."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from orders_client.api import DEFAULT_URL
from orders_client.cli.exits import ExitCode
from orders_client.cli.output import health_table, history_card, metrics_table, order_card, orders_table, print_json
from orders_client.cli.shared import Json, OrderId, Token, Url, User, setup_of
from orders_client.models import Status


def get(
    context: typer.Context, order_id: OrderId, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False
) -> None:
    """Show an order as it is now."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        setup.show(client.get(order_id), order_card)


def cancel(
    context: typer.Context, order_id: OrderId, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False
) -> None:
    """Cancel an order, as long as it is pending or routing."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        setup.show(client.cancel(order_id), order_card)


def history(
    context: typer.Context, order_id: OrderId, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False
) -> None:
    """Show an order as it is stored in Postgres, with each failed attempt."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        setup.show(client.history(order_id), history_card)


def list_orders(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 20,
    status: Annotated[Status | None, typer.Option(help="Only orders in this state.", show_default=False)] = None,
    token_in: Annotated[str | None, typer.Option(help="Only orders that sell this token.", show_default=False)] = None,
    user: User = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List orders, newest first."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        pages = client.list(status=status, token_in=token_in, user_id=user, page_size=min(limit, 100))
        orders = list(islice(pages, limit))
    if as_json:
        for order in orders:
            print_json(setup.out, order)
    elif orders:
        setup.out.print(orders_table(orders, setup.out.width))
    else:
        setup.out.print("No such orders. Place one: orders place SOL USDC 1")


def metrics(context: typer.Context, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False) -> None:
    """Show the length of the queue and the number of orders by status."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        setup.show(client.metrics(), metrics_table)


def health(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Also ask each dependency.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show the engine's health; exits with 4 where it is unhealthy."""
    setup = setup_of(context, as_json=as_json)
    with setup.client(url, token) as client:
        reported = client.health(deep=deep)
    setup.show(reported, health_table)
    if reported.status == "unhealthy":
        raise typer.Exit(ExitCode.UNAVAILABLE)
