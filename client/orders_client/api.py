"""`OrdersClient`: the HTTP API as methods."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from orders_client.auth.credentials import AccessToken, BearerAuth, credentials_from
from orders_client.models import Accepted, Health, History, Metrics, Order, Status, StreamTicket
from orders_client.order_body import Amount, order_body
from orders_client.retries import Retries, json_of, send_with_retries
from orders_client.wire import (
    accepted_from,
    decoding,
    health_from,
    history_from,
    metrics_from,
    order_from,
    stream_ticket_from,
)

DEFAULT_URL = "http://localhost:3000"


class OrdersClient:
    """The HTTP API. Safe to be used by several threads.

    >>> with OrdersClient("http://localhost:3000") as orders:        # doctest: +SKIP
    ...     accepted = orders.place("SOL", "USDC", "1.5", slippage="0.01")
    ...     orders.get(accepted.order_id).status
    <Status.PENDING: 'pending'>

    Args:
        url: the engine's address.
        token: the access token, where authentication is on: as text, as a function that returns the current one, or as
            `Credentials`, which are renewed when the engine refuses their token.
        retries: how often and how long to retry.
        timeout: seconds that one attempt may take.
        transport: carries the requests, in tests for instance.

    Every method raises `ApiError` where the API refuses (`Unauthenticated` where there is no valid access token,
    `NotAllowed` where it does not reach this far), `Unavailable` where no retry gets an answer,
    `UnexpectedAnswer` where the answer is not one of an order engine, and `InsecureAddress` where others could read the
    token on its way: it is sent by https only, or to this machine.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: AccessToken = None,
        retries: Retries | None = None,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        credentials = credentials_from(token)
        auth = BearerAuth(credentials) if credentials else None
        self._http = httpx.Client(base_url=url, auth=auth, timeout=timeout, transport=transport)
        self._retries = retries or Retries()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def place(
        self,
        token_in: str,
        token_out: str,
        amount_in: Amount,
        *,
        slippage: Amount | None = None,
        min_amount_out: Amount | None = None,
        client_order_id: str | None = None,
        user_id: str | None = None,
        idempotency_key: str | None = None,
        ticket: bool = True,
    ) -> Accepted:
        """Place a market order. However often the request has to be sent, it is one order.

        Args:
            token_in: symbol or mint address, as `token_out`.
            amount_in: whole tokens. Amounts are Decimal, text or int, never float.
            slippage: tolerated loss against the quote, a fraction; the engine's default where None.
            min_amount_out: an absolute lower limit of the amount out.
            client_order_id: your own id; it serves as idempotency key too.
            user_id: whose order it is, only where authentication is off.
            idempotency_key: by default a new one for each call. Give your own to be able to repeat the call.
            ticket: whether the answer's address shall carry a ticket; without one, the engine has less to do.
        """
        body = order_body(
            token_in,
            token_out,
            amount_in,
            slippage=slippage,
            min_amount_out=min_amount_out,
            client_order_id=client_order_id,
            user_id=user_id,
        )
        key = idempotency_key or (None if client_order_id else str(uuid.uuid4()))
        headers = ({"Idempotency-Key": key} if key else {}) | ({} if ticket else {"Prefer": "return=minimal"})
        answer = self._send("POST", "/api/orders/execute", json=body, headers=headers)
        with decoding("the answer to the order"):
            return accepted_from(json_of(answer), replayed=answer.headers.get("idempotent-replayed") == "true")

    def get(self, order_id: str) -> Order:
        """Return the order as it is now. Raises `NotFound`."""
        body = self._json("GET", _path(order_id))
        with decoding("the order"):
            return order_from(body["order"])

    def cancel(self, order_id: str) -> Order:
        """Cancel the order and return it. Raises `Conflict` where it is too late, and `NotFound`."""
        body = self._json("DELETE", _path(order_id))
        with decoding("the cancelled order"):
            return order_from(body["order"])

    def list(
        self,
        *,
        status: Status | None = None,
        token_in: str | None = None,
        user_id: str | None = None,
        page_size: int = 50,
    ) -> Iterator[Order]:
        """Yield orders, newest first; the next page is fetched when it is needed.

        Args:
            status: only orders in this state.
            token_in: only orders that sell this token, by symbol or mint address.
            user_id: only this user's, where authentication is off.
            page_size: how many are fetched at once, up to 100.
        """
        query = {"status": status, "tokenIn": token_in, "userId": user_id, "limit": page_size, "cursor": None}
        while True:
            body = self._json("GET", "/api/orders", params={k: v for k, v in query.items() if v is not None})
            with decoding("the list of orders"):
                orders = [order_from(view) for view in body["orders"]]
            yield from orders
            query["cursor"] = body.get("nextCursor")
            if query["cursor"] is None:
                return

    def history(self, order_id: str) -> History:
        """Return the order as it is stored in Postgres, with each failed attempt. Raises `NotFound`."""
        body = self._json("GET", f"{_path(order_id)}/history")
        with decoding("the order's history"):
            return history_from(body)

    def metrics(self) -> Metrics:
        """Return how many messages are in the queue by state, and how many orders there are by status."""
        body = self._json("GET", "/api/metrics")
        with decoding("the metrics"):
            return metrics_from(body)

    def health(self, *, deep: bool = False) -> Health:
        """Return the health that the engine reports, also where it is unhealthy.

        Args:
            deep: also ask each dependency, which administrators may.
        """
        request = self._http.build_request("GET", "/health/deep" if deep else "/health")
        answer = send_with_retries(self._http, self._retries, request, accept=_is_health_report)
        with decoding("the health"):
            return health_from(json_of(answer))

    def stream_ticket(self) -> StreamTicket:
        """Return a ticket for one connection of the stream, as yourself, within seconds."""
        body = self._json("POST", "/api/stream-tickets")
        with decoding("the ticket"):
            return stream_ticket_from(body)

    def _json(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        return json_of(self._send(method, path, **content))

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        return send_with_retries(self._http, self._retries, self._http.build_request(method, path, **content))


def _path(order_id: str) -> str:
    return f"/api/orders/{quote(order_id, safe='')}"


def _is_health_report(answer: httpx.Response) -> bool:
    """Whether an answer reports health: `status` is a word there, and a number in a problem detail."""
    try:
        return isinstance(answer.json()["status"], str)
    except (ValueError, KeyError, TypeError):
        return False
