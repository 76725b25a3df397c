"""The script of the recorded WebSocket session: what each client does, step by step, and up to where it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]


@dataclass(frozen=True)
class Connect:
    """Open a connection and read up to a frame of the type `last`; None where the server has nothing to say.

    Args:
        user: who connects, where authentication is on.
    """

    client: str
    query: str = ""
    last: str | None = None
    user: str = "recorder"


@dataclass(frozen=True)
class Send:
    """Send one frame and read up to a frame of the type `last`, or to an error; by default up to any answer.

    Args:
        frame: an object, or any text; ``<order 1>`` stands for the id of the first order.
        times: how often the text is repeated.
    """

    client: str
    frame: Frame | str
    last: str | None = None
    times: int = 1


@dataclass(frozen=True)
class Place:
    """Send `execute_order` and follow the order to its end, or, if it is not to be executed yet, to its snapshot."""

    client: str
    frame: Frame
    to_the_end: bool = True


@dataclass(frozen=True)
class Follow:
    """Read the status updates of an order to its end, without those of events that the client knows already."""

    client: str
    order: str


@dataclass(frozen=True)
class Close:
    """Close a connection, after a last ping has shown that nothing else was on its way."""

    client: str


@dataclass(frozen=True)
class Workers:
    """Start or stop the polling of the order queue."""

    run: bool


Step = Connect | Send | Place | Follow | Close | Workers

USER, OTHER_USER = Connect.user, "passer-by"
UNKNOWN_ORDER = "00000000-0000-4000-8000-000000000000"
SWAP = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5", "slippage": "0.01"}
FIRST = {"action": "execute_order", **SWAP, "clientOrderId": "first", "userId": USER}
SECOND = {
    "action": "execute_order",
    "tokenIn": "USDC",
    "tokenOut": "SOL",
    "amountIn": 250,
    "clientOrderId": "second",
    "userId": USER,
}
CANCELLED = {"action": "execute_order", **SWAP, "requestId": "place 5", "clientOrderId": "cancelled", "userId": USER}
OTHERS = {"action": "execute_order", "userId": OTHER_USER}
NO_POOL = {**OTHERS, "tokenIn": "RAY", "tokenOut": "JUP", "amountIn": "1", "requestId": "place 3"}
NEVER_MET = {**OTHERS, **SWAP, "minAmountOut": "1000000.00", "requestId": "place 4"}

PINGS: tuple[Step, ...] = (
    Connect("trader"),
    Send("trader", {"action": "ping"}),
    Send("trader", {"action": "ping", "requestId": "ping 1"}),
)
ONE_ORDER: tuple[Step, ...] = (
    Place("trader", {**FIRST, "requestId": "place 1"}),
    Send("trader", {**FIRST, "requestId": "place 1 again"}, last="snapshot"),  # its `accepted` is replayed
    Connect("phone"),
    Send("phone", FIRST, last="snapshot"),  # so is this one, for a connection that was not subscribed
    Send("trader", {**FIRST, "requestId": "conflict", "amountIn": "7"}),
    Send("trader", {"action": "get_order", "orderId": "<order 1>", "requestId": "get 1"}),
    Send("trader", {"action": "get_order", "orderId": UNKNOWN_ORDER}),
    Send("trader", {"action": "get_order", "orderId": "first"}),
    Send("trader", {"action": "cancel_order", "orderId": "<order 1>", "requestId": "too late"}),
    Send("trader", {"action": "cancel_order", "orderId": UNKNOWN_ORDER, "requestId": "unknown"}),
)
SUBSCRIPTIONS: tuple[Step, ...] = (
    Send("trader", {"action": "subscribe", "orderId": "<order 1>", "afterSeq": 3, "requestId": "s 1"}, last="snapshot"),
    Send("trader", {"action": "subscribe", "orderId": "<order 1>", "afterSeq": 5}, last="snapshot"),
    Send("trader", {"action": "unsubscribe", "orderId": "<order 1>", "requestId": "u 1"}),
    Send("trader", {"action": "unsubscribe", "orderId": "<order 1>"}),
    Send("trader", {"action": "subscribe", "channel": "user", "userId": USER, "requestId": "s 2"}, last="subscribed"),
    Send("trader", {"action": "subscribe", "channel": "all", "requestId": "s 3"}, last="subscribed"),
    Send("trader", {"action": "unsubscribe", "channel": "user", "userId": USER, "requestId": "u 2"}),
    Send("trader", {"action": "unsubscribe", "channel": "all"}),
    Send("trader", {"action": "subscribe", "orderId": UNKNOWN_ORDER, "requestId": "s 4"}),
    Send("trader", {"action": "subscribe", "orderId": "first", "requestId": "s 5"}),
    Send("trader", {"action": "subscribe", "orderId": "<order 1>", "channel": "all"}),
    Send("trader", {"action": "subscribe"}),
    Send("trader", {"action": "subscribe", "channel": "everything"}),
    Send("trader", {"action": "subscribe", "orderId": "<order 1>", "afterSeq": -1}),
    Send("trader", {"action": "unsubscribe", "orderId": "<order 1>", "channel": "user"}),
)
QUERIES: tuple[Step, ...] = (
    Connect("viewer", "orderId=<order 1>", last="snapshot"),
    Close("viewer"),
    Connect("viewer again", "orderId=<order 1>&afterSeq=4", last="snapshot"),
    Close("viewer again"),
    Connect("stranger", f"orderId={UNKNOWN_ORDER}", last="error"),
    Close("stranger"),
    Connect("refused", "orderId=first"),
    Connect("refused", "channel=everything"),
    Connect("refused", "orderId=<order 1>&channel=all"),
    Connect("refused", "channel=all&afterSeq=-1"),
    Connect("refused", "colour=red"),
)
WATCHED: tuple[Step, ...] = (
    Connect("watcher", "channel=all", last="subscribed"),
    Connect("own", f"channel=user&userId={USER}", last="subscribed"),
    Place("phone", SECOND),
    Follow("watcher", "<order 2>"),
    Follow("own", "<order 2>"),
    Send("phone", {"action": "get_order", "orderId": "<order 2>"}),
    Connect("passer-by", user=OTHER_USER),
    Place("passer-by", NO_POOL),
    Follow("watcher", "<order 3>"),
    Send("trader", {"action": "get_order", "orderId": "<order 3>"}),
    Place("passer-by", NEVER_MET),
    Follow("watcher", "<order 4>"),
    Close("own"),
)
CANCELLING: tuple[Step, ...] = (
    Workers(run=False),
    Place("phone", CANCELLED, to_the_end=False),
    Send("trader", {"action": "cancel_order", "orderId": "<order 5>", "requestId": "cancel 1"}),
    Send("trader", {"action": "cancel_order", "orderId": "<order 5>", "requestId": "cancel 2"}),
    Workers(run=True),
    Follow("watcher", "<order 5>"),
    Follow("phone", "<order 5>"),
    Close("watcher"),
    Close("phone"),
)
NOT_AN_ORDER: tuple[Step, ...] = (
    Send("trader", {"action": "execute_order"}),
    Send("trader", {"action": "execute_order", "tokenIn": "SOL", "requestId": "missing fields"}),
    Send("trader", {**FIRST, "colour": "red", "requestId": "unknown field"}),
    Send("trader", {**FIRST, "amountIn": "-1", "tokenOut": "DOGE", "requestId": "two faults"}),
    Send("trader", {**FIRST, "amountIn": "0"}),
    Send("trader", {**FIRST, "amountIn": "0.0000000001"}),
    Send("trader", {**FIRST, "amountIn": "18446744073.709551616"}),
    Send("trader", {**FIRST, "amountIn": "1,5"}),
    Send("trader", {**FIRST, "amountIn": "1e400"}),
    Send("trader", {**FIRST, "amountIn": True, "tokenIn": 7}),
    Send("trader", {**FIRST, "minAmountOut": "0.0000001"}),
    Send("trader", {**FIRST, "slippage": "0.51"}),
    Send("trader", {**FIRST, "slippageTolerance": "0.01"}),
    Send("trader", {**FIRST, "tokenOut": "sol"}),
    Send("trader", {**FIRST, "orderType": "limit"}),
    Send("trader", {**FIRST, "clientOrderId": "", "userId": "x" * 129}),
    Send("trader", {"action": "execute_order", "order": SWAP}),
)
NOT_A_FRAME: tuple[Step, ...] = (
    Send("trader", {}),
    Send("trader", {"action": "dance", "requestId": "unknown action"}),
    Send("trader", {"action": ["ping"]}),
    Send("trader", {"action": "ping", "colour": "red", "requestId": "unknown field"}),
    Send("trader", {"action": "ping", "requestId": "x" * 129}),
    Send("trader", {"action": "ping", "requestId": 7}),
    Send("trader", {"action": "ping", "requestId": "\n"}),
    Send("trader", {"action": "ping", **{f"field {number}": 1 for number in range(21)}}),
    Send("trader", "not JSON"),
    Send("trader", ""),
    Send("trader", "[]"),
    Send("trader", '{"action": NaN}'),
    Send("trader", '{"action": "ping", "action": "ping"}'),
    Send("trader", " ", times=64 * 1024 + 1),
    Close("trader"),
    Connect("shouter"),
    Send("shouter", " ", times=128 * 1024 + 1),
)
SCRIPT: tuple[Step, ...] = (
    *PINGS,
    *ONE_ORDER,
    *SUBSCRIPTIONS,
    *QUERIES,
    *WATCHED,
    *CANCELLING,
    *NOT_AN_ORDER,
    *NOT_A_FRAME,
)
"""The whole session."""
