"""Commands that follow orders: place --watch, watch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from orders_client.api import DEFAULT_URL
from orders_client.cli.board import Display, display_for
from orders_client.cli.exits import exit_code_of
from orders_client.cli.output import print_json
from orders_client.cli.shared import Json, Setup, StreamUrl, Timeout, Token, Url, User, setup_of, stream_url
from orders_client.errors import NotAllowed, Unavailable
from orders_client.models import Accepted, Status
from orders_client.stream import OrderStream
from orders_client.stream_authorization import without_ticket


def parse_amount(text: str) -> Decimal:
    """Parse a decimal number exactly as it was typed."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no decimal number such as 1.5") from error


Amount = Annotated[Decimal, typer.Argument(metavar="AMOUNT", parser=parse_amount, help="How much of it, such as 1.5.")]
Fraction = Annotated[
    Decimal | None,
    typer.Option(
        metavar="FRACTION",
        parser=parse_amount,
        help="Tolerated loss against the quote: 0.01 is 1 %.",
        show_default="the engine's",
    ),
]
MinOut = Annotated[
    Decimal | None,
    typer.Option(
        "--min-out", metavar="AMOUNT", parser=parse_amount, help="The least that may come out.", show_default=False
    ),
]
TokenIn = Annotated[
    str, typer.Argument(metavar="FROM", help="Token to sell: symbol or mint address.", show_default=False)
]
TokenOut = Annotated[str, typer.Argument(metavar="TO", help="Token to buy.", show_default=False)]


def place(
    context: typer.Context,
    token_in: TokenIn,
    token_out: TokenOut,
    amount_in: Amount,
    slippage: Fraction = None,
    min_out: MinOut = None,
    client_order_id: Annotated[
        str | None, typer.Option(help="Your own id; the same again is the same order.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    timeout: Timeout = None,
    user: User = None,
    url: Url = DEFAULT_URL,
    ws_url: StreamUrl = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Place a market order: swap AMOUNT of FROM for TO at the better venue.

    However often the request has to be sent over a bad connection, it is one order.
    """
    setup = setup_of(context, as_json=as_json)
    credentials = setup.credentials(url, token)
    with setup.client(url, credentials) as client:
        accepted = client.place(
            token_in,
            token_out,
            amount_in,
            slippage=slippage,
            min_amount_out=min_out,
            client_order_id=client_order_id,
            user_id=user,
            ticket=False,  # the stream is opened with the token
        )
    _print_accepted(setup, accepted, watch=watch)
    if watch:
        stream = setup.stream(ws_url or accepted.websocket_url, credentials)
        _follow_to_the_end(setup, stream, [accepted.order_id], timeout)


def watch(
    context: typer.Context,
    order_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Orders to follow.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Follow everybody's orders (administrators).")] = False,
    timeout: Timeout = None,
    url: Url = DEFAULT_URL,
    ws_url: StreamUrl = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Follow orders to their end, or all orders until interrupted. Reconnects and catches up by itself."""
    if everything == bool(order_ids):
        raise typer.BadParameter("give either the ids of orders, or --all")
    setup = setup_of(context, as_json=as_json)
    stream = setup.stream(stream_url(url, ws_url), setup.credentials(url, token))
    _follow_to_the_end(setup, stream, [order_id.lower() for order_id in order_ids or ()], timeout)


def _print_accepted(setup: Setup, accepted: Accepted, *, watch: bool) -> None:
    if setup.as_json:
        print_json(setup.out, replace(accepted, websocket_url=without_ticket(accepted.websocket_url)))
        return
    again = " before; this is still that order" if accepted.replayed else ""
    setup.out.print(f"Accepted [bold]{accepted.order_id}[/]{again}", soft_wrap=True)
    if not watch:
        setup.err.print(f"[dim]Follow it: orders watch {accepted.order_id}[/]", soft_wrap=True)


def _follow_to_the_end(setup: Setup, stream: OrderStream, order_ids: Sequence[str], timeout: float | None) -> None:
    """Show orders until all of these have ended; without any, show all orders for ever."""
    statuses = asyncio.run(_follow_within(timeout, setup, stream, order_ids))
    raise typer.Exit(exit_code_of(statuses))


async def _follow_within(
    seconds: float | None, setup: Setup, stream: OrderStream, order_ids: Sequence[str]
) -> list[Status]:
    try:
        async with asyncio.timeout(seconds), stream:
            with display_for(setup.out, stream, as_json=setup.as_json) as display:
                return await follow(stream, display, order_ids)
    except TimeoutError as timeout:
        if not order_ids:
            return []
        step = f"Orders go on all the same. Look again: orders watch {' '.join(order_ids)}"
        raise Unavailable(f"Not ended after {seconds:g} s.", step) from timeout


async def follow(stream: OrderStream, display: Display, order_ids: Sequence[str]) -> list[Status]:
    """Show events until all of these orders have ended, and return how; without any, go on for ever."""
    if order_ids:
        await asyncio.gather(*map(stream.subscribe, dict.fromkeys(order_ids)))
    else:
        await _subscribe_to_all(stream)
    ends: dict[str, Status] = {}
    async for update in stream:
        display.show(update)
        if update.event.status.terminal:
            ends[update.order_id] = update.event.status
        if order_ids and ends.keys() >= set(order_ids):
            break
    return list(ends.values())


async def _subscribe_to_all(stream: OrderStream) -> None:
    try:
        await stream.subscribe_channel("all")
    except NotAllowed as refused:
        problem = replace(refused.problem, detail="Only an administrator may follow everybody's orders.")
        step = "Follow yours: orders watch ID... Or sign in as an administrator, who has the scope orders/admin."
        raise NotAllowed(problem, step) from refused
