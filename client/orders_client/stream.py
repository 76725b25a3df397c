"""`OrderStream`: orders as they happen, each event once, in order, without a gap, whatever the connection does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self
from uuid import uuid4

from orders_client.auth.credentials import AccessToken, credentials_from
from orders_client.connection import Connection, Timing
from orders_client.errors import OrdersError, StreamClosed, Unavailable
from orders_client.fold import OrderFeed, OrderMessage, Update
from orders_client.frames import Frame, channel_key, order_key
from orders_client.models import Accepted, Order
from orders_client.order_body import Amount, order_body
from orders_client.session import StreamSession
from orders_client.stream_authorization import StreamAuthorization, Tickets, ticket_in
from orders_client.transport import Connect, websocket
from orders_client.wire import accepted_from, decoding, order_from

DEFAULT_WEBSOCKET_URL = "ws://localhost:3000/ws"

Channel = Literal["user", "all"]


class OrderStream:
    """The WebSocket API.

    >>> async with OrderStream("ws://localhost:3000/ws") as stream:    # doctest: +SKIP
    ...     accepted = await stream.place_order("SOL", "USDC", "1.5")
    ...     feed = await stream.wait_until_terminal(accepted.order_id, timeout=30)
    ...     [event.status.value for event in feed.events]
    ['pending', 'routing', 'building', 'submitted', 'confirmed']

    When the connection ends it opens another and resumes each order after the last event that it knows. A channel
    has no memory: orders that it told of are resumed too, but one that both began and ended while there was no
    connection stays unknown. `OrdersClient.list` returns those, and `adopt` delivers them.

    Iterating yields each event once, those of an order in order, beginning with all that is known by then. Any number
    of tasks may iterate and wait at the same time. Every method raises `OrdersError`: `ApiError` where the API
    refuses, `Unavailable` where it does not answer, `StreamClosed` once the stream is closed.

    Args:
        url: the stream's address. Of a query in it, as in `Accepted.websocket_url`, only the ticket is used. It opens
            the first connection only: to connect again the stream needs `token` or `tickets`.
        token: as with `OrdersClient`; each handshake carries it in its header. When it expires the stream renews it and
            goes on.
        tickets: returns a new ticket for each handshake, such as `OrdersClient.stream_ticket`, instead of the token.
        user_id: who orders, and whose channel `user` is; only where authentication is off.
        timing: the time-outs.
        keep: how many orders that have ended are remembered.
        connect: opens a connection, in tests for instance.
    """

    def __init__(
        self,
        url: str = DEFAULT_WEBSOCKET_URL,
        *,
        token: AccessToken = None,
        tickets: Tickets | None = None,
        user_id: str | None = None,
        timing: Timing | None = None,
        keep: int = 10_000,
        connect: Connect | None = None,
    ) -> None:
        self._timing = timing or Timing()
        self._user_id = user_id
        authorization = StreamAuthorization(credentials_from(token), tickets, ticket_in(url))
        self._session = StreamSession(user_id, self._timing, keep, self._deliver, authorization.expire)
        self._connection = Connection(connect or websocket(url, authorization), self._session, self._timing)
        self._readers: set[asyncio.Queue[Update | None]] = set()
        self._running: asyncio.Task[None] | None = None
        self._ended: OrdersError | None = None

    async def __aenter__(self) -> Self:
        await self._connection.open()
        self._running = asyncio.create_task(self._run())
        await asyncio.sleep(0)  # a task that is cancelled before it begins would leave the connection open
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection. Iterations end, and waiting calls raise `StreamClosed`."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    @property
    def connected(self) -> bool:
        """Whether there is a connection at the moment."""
        return self._connection.connected

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return self._connection.connections

    def feed(self, order_id: str) -> OrderFeed:
        """Return what is known of an order. Raises KeyError where nothing is."""
        return self._session.fold[order_id]

    async def __aiter__(self) -> AsyncIterator[Update]:
        reader: asyncio.Queue[Update | None] = asyncio.Queue()
        for past in self._session.fold.delivered():
            reader.put_nowait(past)
        self._readers.add(reader)
        if self._ended:
            reader.put_nowait(None)
        try:
            while (delivered := await reader.get()) is not None:
                yield delivered
        finally:
            self._readers.discard(reader)
        if self._ended and not isinstance(self._ended, StreamClosed):
            raise self._ended

    async def subscribe(self, order_id: str, *, after_seq: int = 0) -> OrderFeed:
        """Follow an order and return what is known of it, which grows.

        Args:
            order_id: the order.
            after_seq: events up to this one are known elsewhere and not wanted.

        Raises:
            NotFound: there is no such order.
        """
        known_before = order_id in self._session.fold
        feed = self._session.fold.track(order_id, after_seq)
        if not feed.terminal:
            try:
                await self._subscribe(order_key(order_id))
            except OrdersError:
                if not known_before:
                    self._session.fold.forget(order_id)
                raise
        return feed

    async def subscribe_channel(self, channel: Channel) -> None:
        """Follow the orders of the user, or all orders (that the user may see), from now on."""
        await self._subscribe(channel_key(channel))

    async def adopt(self, order: Order) -> None:
        """Deliver what is new in an order that was read elsewhere, such as over HTTP."""
        await self._connection.send(
            *self._session.apply(OrderMessage(order.id, order.events, order.version, order.status))
        )

    async def unsubscribe(self, order_id: str) -> None:
        """Stop following an order."""
        await self._connection.send(self._session.unsubscribe(order_key(order_id)))

    async def unsubscribe_channel(self, channel: Channel) -> None:
        """Stop following a channel."""
        await self._connection.send(self._session.unsubscribe(channel_key(channel)))

    async def place_order(
        self,
        token_in: str,
        token_out: str,
        amount_in: Amount,
        *,
        slippage: Amount | None = None,
        min_amount_out: Amount | None = None,
        client_order_id: str | None = None,
    ) -> Accepted:
        """Place a market order, as `OrdersClient.place` does, and follow it.

        Args:
            client_order_id: your own id; by default a new one, so that the order stays one order, however often it
                has to be sent.
        """
        order = order_body(
            token_in,
            token_out,
            amount_in,
            slippage=slippage,
            min_amount_out=min_amount_out,
            client_order_id=client_order_id or str(uuid4()),
            user_id=self._user_id,
        )
        answer = await self._request({"action": "execute_order", **order})
        with decoding("the answer to the order"):
            return accepted_from(answer, replayed=bool(answer.get("replayed")))

    async def get_order(self, order_id: str) -> Order:
        """Return the order as it is now. Raises `NotFound`."""
        return _order(await self._request({"action": "get_order", "orderId": order_id}))

    async def cancel_order(self, order_id: str) -> Order:
        """Cancel the order and return it. Raises `Conflict` where it is too late, and `NotFound`."""
        return _order(await self._request({"action": "cancel_order", "orderId": order_id}))

    async def wait_until_terminal(self, order_id: str, timeout: float | None = None) -> OrderFeed:
        """Wait until the order has ended and all its events are known; follow it if it is not followed yet.

        Args:
            order_id: the order.
            timeout: seconds; None waits for ever.

        Raises:
            TimeoutError: it has not ended in that time.
        """
        async with asyncio.timeout(timeout):
            if self._session.subscribes_to(channel_key("all")):
                feed = self._session.fold.track(order_id)
            elif self._session.subscribes_to(order_key(order_id)) or order_id in self._session.fold:
                feed = self._session.fold[order_id]
            else:
                feed = await self.subscribe(order_id)
            return feed if feed.terminal else await self._wait_for_end(order_id)

    async def _wait_for_end(self, order_id: str) -> OrderFeed:
        self._check_open()
        with self._session.pending_ends.expecting(order_id) as end:
            return await end

    async def _subscribe(self, key: str) -> None:
        try:
            await self._await_answer(key, self._session.subscribe(key))
        except OrdersError:
            self._session.unsubscribe(key)
            raise

    async def _request(self, request: Frame) -> Frame:
        key = str(uuid4())
        try:
            return await self._await_answer(key, self._session.add_request({**request, "requestId": key}))
        finally:
            self._session.remove_request(key)

    async def _await_answer(self, key: str, request: Frame) -> Frame:
        self._check_open()
        with self._session.pending_answers.expecting(key) as answer:
            await self._connection.send(request)
            try:
                async with asyncio.timeout(self._timing.request_timeout):
                    return await answer
            except TimeoutError as timeout:
                message = f"The stream has not answered for {self._timing.request_timeout:g} s."
                raise Unavailable(message, "Try again; the same order twice still is one order.") from timeout

    def _check_open(self) -> None:
        if self._ended:
            raise self._ended
        if self._running is None:
            raise StreamClosed("The stream is not open.", "Use it as `async with OrderStream(...) as stream:`.")

    async def _run(self) -> None:
        ended: OrdersError = StreamClosed("The stream was closed.")
        try:
            await self._connection.run()
        except* OrdersError as errors:
            ended = _innermost(errors)
        finally:
            self._ended = ended
            self._session.pending_answers.fail_all(ended)
            self._session.pending_ends.fail_all(ended)
            for reader in self._readers:
                reader.put_nowait(None)

    def _deliver(self, update: Update) -> None:
        for reader in self._readers:
            reader.put_nowait(update)


def _order(answer: Frame) -> Order:
    with decoding("the order"):
        return order_from(answer["order"])


def _innermost(errors: BaseExceptionGroup[OrdersError]) -> OrdersError:
    first = errors.exceptions[0]
    return _innermost(first) if isinstance(first, BaseExceptionGroup) else first
