"""The protocol of an order stream without its I/O: frames in, frames out. Nothing here waits or reads a clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

from orders_client.connection import Timing
from orders_client.errors import ApiError, NotAllowed, NotFound
from orders_client.fold import Fold, OrderFeed, OrderMessage, RetryTimers, Update
from orders_client.frames import Frame, answered_key_in, channel_key, error_in, order_key, order_message_in, target_of
from orders_client.pending import PendingResults
from orders_client.transport import Disconnected
from orders_client.wire import decoding

_TRANSIENT_CODES = frozenset({"service_unavailable", "not_connected", "gateway_error"})
"""Codes of errors that may pass: the request is sent again."""

logger = logging.getLogger("orders_client")


class StreamSession:
    """`Session` of an order stream: its subscriptions, its open requests, and what is known of each order.

    Subscriptions and open requests are sent again on each new connection. A request keeps its id, and an order its
    `clientOrderId`, so that sending twice does nothing twice.

    Args:
        user_id: whose the channel `user` is, where authentication is off.
        timing: the time-outs.
        keep: how many orders that have ended are remembered.
        deliver: called with each event, once and in order.
        on_token_expired: called when the engine ends the connection because its token has expired.
    """

    def __init__(
        self,
        user_id: str | None,
        timing: Timing,
        keep: int,
        deliver: Callable[[Update], None],
        on_token_expired: Callable[[], None] = lambda: None,
    ) -> None:
        self.fold = Fold(keep)
        self.pending_answers: PendingResults[Frame] = PendingResults()
        self.pending_ends: PendingResults[OrderFeed] = PendingResults()
        self._user = {"userId": user_id} if user_id else {}
        self._deliver = deliver
        self._on_token_expired = on_token_expired
        self._subscriptions: dict[str, None] = {}  # by key, in the order they were made
        self._requests: dict[str, Frame] = {}
        self._resend_timers: RetryTimers[str] = RetryTimers(timing.resend_after, timing.longest_retry_interval)
        self._gap_timers: RetryTimers[str] = RetryTimers(timing.gap_timeout, timing.longest_retry_interval)
        self._silence_timers: RetryTimers[tuple[str, int]] = RetryTimers(
            timing.silence_timeout, 10 * timing.silence_timeout
        )

    def subscribes_to(self, key: str) -> bool:
        """Whether this subscription was made and not ended."""
        return key in self._subscriptions

    def subscribe(self, key: str) -> Frame:
        """Add a subscription and return its frame."""
        self._subscriptions[key] = None
        return self._frame(key)

    def unsubscribe(self, key: str) -> Frame:
        """Remove a subscription and return the frame that ends it."""
        self._subscriptions.pop(key, None)
        self.fold.retire(target_of(key).get("orderId", ""))
        return {"action": "unsubscribe", **self._target(key)}

    def add_request(self, request: Frame) -> Frame:
        """Add a request, which has a `requestId`, and return its frame. It is sent again until it is removed."""
        self._requests[request["requestId"]] = request
        return request

    def remove_request(self, key: str) -> None:
        """Remove a request: nobody waits for its answer any more."""
        self._requests.pop(key, None)

    def on_connect(self) -> list[Frame]:
        """Subscribe again, to each order after the last event that is known of it, and repeat open requests."""
        self.fold.mark_stale()
        return [self._frame(key) for key in self._subscriptions | self._requests | dict.fromkeys(self.pending_answers)]

    def on_tick(self, now: float) -> list[Frame]:
        """Repeat requests whose answer is late, and ask for events that are missing, or may be."""
        late = self._resend_timers.due(self.pending_answers, now)
        missing = self._gap_timers.due(self.fold.gaps(), now)
        silent = [order_id for order_id, _ in self._silence_timers.due(self.fold.positions(), now)]
        return [self._frame(key) for key in late] + [self._catch_up(order_id) for order_id in missing + silent]

    def on_frame(self, frame: Frame) -> list[Frame]:
        """Handle a frame.

        Raises:
            UnexpectedAnswer: it can't be read.
            Disconnected: it tells that the token has expired.
            NotAllowed: it refuses a channel that was allowed before.
        """
        with decoding("a message of the stream"):
            message = order_message_in(frame)
            accepted: str | None = frame["orderId"] if frame.get("type") == "accepted" else None
        replies = self.apply(message) if message else []
        if accepted:
            replies += self._track_accepted(accepted)
        self._resolve(frame)
        return replies

    def apply(self, message: OrderMessage) -> list[Frame]:
        """Deliver what is new in a message about an order, wherever it comes from, and return the frames to send."""
        for update in self.fold.apply(message):
            self._deliver(update)
        return self._unsubscribe_if_terminal(message.order_id)

    def _track_accepted(self, order_id: str) -> list[Frame]:
        """Note the subscription that the gateway makes for the connection that places an order."""
        self.fold.track(order_id)
        self._subscriptions[order_key(order_id)] = None
        return self._unsubscribe_if_terminal(order_id)

    def _unsubscribe_if_terminal(self, order_id: str) -> list[Frame]:
        """End the subscription of an order that has ended: subscriptions are limited in number."""
        feed = self.fold[order_id]
        if not feed.terminal:
            return []
        self.pending_ends.resolve(order_id, feed)
        key = order_key(order_id)
        return [self.unsubscribe(key)] if key in self._subscriptions else []

    def _resolve(self, frame: Frame) -> None:
        key = answered_key_in(frame)
        error = error_in(frame)
        if error is None:
            if key is not None:
                self.pending_answers.resolve(key, frame)
        elif error.code == "token_expired":
            self._on_token_expired()
            raise Disconnected("the token has expired")
        elif error.code in _TRANSIENT_CODES or key is None:
            logger.warning("the stream reports: %s", error)
        elif key in self.pending_answers:
            self.pending_answers.fail(key, error)
        else:
            self._drop_refused(key, error)

    def _drop_refused(self, key: str, error: ApiError) -> None:
        """Drop a subscription that was refused when it was renewed, or an order whose gap can't be filled."""
        order_id = target_of(key).get("orderId")
        if order_id is not None and isinstance(error, NotFound | NotAllowed):
            self._subscriptions.pop(key, None)
            self.fold.forget(order_id)
            self.pending_ends.fail(order_id, error)
        elif key in self._subscriptions and isinstance(error, NotAllowed):
            raise error
        else:
            logger.warning("the stream refuses %s: %s", key, error)

    def _catch_up(self, order_id: str) -> Frame:
        """Return the frame that asks for missing events: the subscription once more, or `get_order` without one."""
        key = order_key(order_id)
        if key in self._subscriptions:
            return self._frame(key)
        return {"action": "get_order", "orderId": order_id, "requestId": key}

    def _frame(self, key: str) -> Frame:
        return self._requests.get(key) or {
            "action": "subscribe",
            "requestId": key,
            **self._target(key),
            **self._after_seq(key),
        }

    def _after_seq(self, key: str) -> Frame:
        order_id = target_of(key).get("orderId", "")
        return {"afterSeq": self.fold[order_id].last_seq} if order_id in self.fold else {}

    def _target(self, key: str) -> Frame:
        return target_of(key) | (self._user if key == channel_key("user") else {})
