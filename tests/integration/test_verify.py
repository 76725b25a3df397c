"""Receipts of the local cloud are right, as `orders verify` finds in its own process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from local.cloud import LocalCloud
from orders_client.cli.app import app
from tests.support.cloud import Message
from tests.support.identity import environment


@pytest.mark.parametrize(
    ("token_in", "token_out", "amount_in"),
    [
        ("SOL", "USDC", "0.000001"),
        ("SOL", "USDC", "1.50"),
        ("USDC", "SOL", "90000"),
        ("SOL", "BONK", "3.25"),
        ("RAY", "USDC", "700"),
    ],
)
def test_a_confirmed_order_has_a_receipt_that_is_right(
    cloud: LocalCloud,
    place: Callable[..., str],
    ended: Callable[[str], Message],
    token_in: str,
    token_out: str,
    amount_in: str,
) -> None:
    order_id = place(tokenIn=token_in, tokenOut=token_out, amountIn=amount_in)
    assert ended(order_id)["status"] == "confirmed"
    done = CliRunner().invoke(
        app, ["verify", order_id, "--json"], env={"ORDERS_URL": cloud.settings.url, **environment(cloud)}
    )
    assert done.exit_code == 0, done.stdout
    assert json.loads(done.stdout)["right"]
