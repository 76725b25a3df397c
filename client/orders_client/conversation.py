"""What a stream says and what it makes of the answers. Nothing here waits, sends or reads a clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

from orders_client.errors import ApiError, NotFound
from orders_client.fold import Fold, News, OrderFeed, Reminders, Update
from orders_client.frames import Frame, asked_in, channel_key, error_in, news_in, order_key, target_of
from orders_client.link import Timing
from orders_client.waiting import Waiters
from orders_client.wire import reading

_PASSING = frozenset({"service_unavailable", "not_connected", "gateway_error"})
"""Errors after which the same question, asked again, may well be answered."""

logger = logging.getLogger("orders_client")


class Conversation:
    """`Talk` of an order stream.

    What is subscribed to and what is not answered yet is said again on each new connection. A question carries the
    same id each time, and an order the same `clientOrderId`, so that asking twice does nothing twice.

    Args:
        user_id: whose the channel `user` is, where authentication is off.
        timing: how long to wait for what.
        keep: how many orders that have ended are remembered.
        deliver: takes each event.
    """

    def __init__(self, user_id: str | None, timing: Timing, keep: int, deliver: Callable[[Update], None]) -> None:
        self.fold = Fold(keep)
        self.answers: Waiters[Frame] = Waiters()
        self.ends: Waiters[OrderFeed] = Waiters()
        self._user = {"userId": user_id} if user_id else {}
        self._deliver = deliver
        self._subscriptions: dict[str, None] = {}  # by name, in the order they were made
        self._questions: dict[str, Frame] = {}
        self._late_answers: Reminders[str] = Reminders(timing.answer_patience, timing.longest_patience)
        self._late_events: Reminders[str] = Reminders(timing.gap_patience, timing.longest_patience)
        self._silent: Reminders[tuple[str, int]] = Reminders(timing.silence_patience, 10 * timing.silence_patience)

    def subscribes_to(self, key: str) -> bool:
        """Whether there is, or will be, such a subscription."""
        return key in self._subscriptions

    def subscribe(self, key: str) -> Frame:
        """Note a subscription and return the message that makes it; `subscribed` answers it."""
        self._subscriptions[key] = None
        return self._frame(key)

    def unsubscribe(self, key: str) -> Frame:
        """Forget a subscription and return the message that ends it."""
        self._subscriptions.pop(key, None)
        self.fold.rest(target_of(key).get("orderId", ""))
        return {"action": "unsubscribe", **self._target(key)}

    def ask(self, question: Frame) -> Frame:
        """Note a question, which has a `requestId`, and return it."""
        self._questions[question["requestId"]] = question
        return question

    def settle(self, key: str) -> None:
        """Forget a question: nobody waits for its answer any more."""
        self._questions.pop(key, None)

    def resume(self) -> list[Frame]:
        """Subscribe again, to each order after the last event that is known of it, and repeat open questions."""
        self.fold.doubt()
        return [self._frame(key) for key in self._subscriptions | self._questions | dict.fromkeys(self.answers)]

    def remind(self, now: float) -> list[Frame]:
        """Repeat questions that should have been answered, and ask for events that should have come, or may have."""
        late = self._late_answers.due(self.answers, now)
        missing = self._late_events.due(self.fold.gaps(), now)
        silent = [order_id for order_id, _ in self._silent.due(self.fold.positions(), now)]
        return [self._frame(key) for key in late] + [self._fill(order_id) for order_id in missing + silent]

    def take(self, frame: Frame) -> list[Frame]:
        """Take a message. Raises `UnexpectedAnswer` where it can't be read."""
        with reading("a message of the stream"):
            news = news_in(frame)
            accepted: str | None = frame["orderId"] if frame.get("type") == "accepted" else None
        replies = self.learn(news) if news else []
        if accepted:
            replies += self._follow(accepted)
        self._answer(frame)
        return replies

    def learn(self, news: News) -> list[Frame]:
        """Take in what is said of an order, wherever it was heard, and return what to say to that."""
        for update in self.fold.take(news):
            self._deliver(update)
        return self._leave(news.order_id)

    def _follow(self, order_id: str) -> list[Frame]:
        """The gateway subscribes whoever has an order accepted."""
        self.fold.track(order_id)
        self._subscriptions[order_key(order_id)] = None
        return self._leave(order_id)

    def _leave(self, order_id: str) -> list[Frame]:
        """An order that has ended has nothing more to say, and subscriptions are limited in number."""
        feed = self.fold[order_id]
        if not feed.terminal:
            return []
        self.ends.resolve(order_id, feed)
        key = order_key(order_id)
        return [self.unsubscribe(key)] if key in self._subscriptions else []

    def _answer(self, frame: Frame) -> None:
        key = asked_in(frame)
        error = error_in(frame)
        if error is None:
            if key is not None:
                self.answers.resolve(key, frame)
        elif error.code in _PASSING or key is None:
            logger.warning("the stream says: %s", error)
        elif key in self.answers:
            self.answers.fail(key, error)
        else:
            self._regret(key, error)

    def _regret(self, key: str, error: ApiError) -> None:
        """What was subscribed to, or asked for to fill a gap, is not to be had any more."""
        order_id = target_of(key).get("orderId")
        if order_id is not None and isinstance(error, NotFound):
            self._subscriptions.pop(key, None)
            self.fold.forget(order_id)
            self.ends.fail(order_id, error)
        else:
            logger.warning("the stream refuses %s: %s", key, error)

    def _fill(self, order_id: str) -> Frame:
        """Ask for what is missing of an order: by a new subscription where there is one already, else once."""
        key = order_key(order_id)
        if key in self._subscriptions:
            return self._frame(key)
        return {"action": "get_order", "orderId": order_id, "requestId": key}

    def _frame(self, key: str) -> Frame:
        return self._questions.get(key) or {
            "action": "subscribe",
            "requestId": key,
            **self._target(key),
            **self._after(key),
        }

    def _after(self, key: str) -> Frame:
        order_id = target_of(key).get("orderId", "")
        return {"afterSeq": self.fold[order_id].last_seq} if order_id in self.fold else {}

    def _target(self, key: str) -> Frame:
        return target_of(key) | (self._user if key == channel_key("user") else {})
