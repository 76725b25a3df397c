"""The fold: however messages come, each event is delivered once, in order, and without a gap."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orders_client import Event, Status
from orders_client.fold import Fold, OrderFeed, OrderMessage, RetryTimers

OPEN = [status for status in Status if not status.terminal]
ENDS = [status for status in Status if status.terminal]


def events(*statuses: Status) -> tuple[Event, ...]:
    return tuple(
        Event(seq, status, datetime(2026, 3, 1, tzinfo=UTC), {"step": seq}) for seq, status in enumerate(statuses, 1)
    )


LIFE = events(Status.PENDING, Status.ROUTING, Status.BUILDING, Status.SUBMITTED, Status.CONFIRMED)

lives = st.builds(lambda steps, end: events(Status.PENDING, *steps, *end), st.lists(st.sampled_from(OPEN), max_size=12),
                  st.lists(st.sampled_from(ENDS), max_size=1))  # fmt: skip


def update(life: tuple[Event, ...], seq: int, order_id: str = "o") -> OrderMessage:
    """What `status_update` says."""
    return OrderMessage(order_id, (life[seq - 1],), seq, life[seq - 1].status)


def snapshot(life: tuple[Event, ...], after: int = 0, upto: int | None = None, order_id: str = "o") -> OrderMessage:
    """What `snapshot` says when the order has `upto` events."""
    upto = len(life) if upto is None else upto
    return OrderMessage(order_id, life[after:upto], upto, life[upto - 1].status)


@st.composite
def messages(draw: st.DrawFn, life: tuple[Event, ...]) -> list[OrderMessage]:
    """Anything that a gateway may have sent of this life: in any order, any of it twice, any of it lost."""
    sent = []
    for _ in range(draw(st.integers(0, 25))):
        upto = draw(st.integers(1, len(life)))
        if draw(st.booleans()):
            sent.append(update(life, upto))
        else:
            whole = snapshot(life, draw(st.integers(0, upto)), upto)
            portion = (
                draw(st.lists(st.sampled_from(whole.events), unique_by=lambda event: event.seq)) if whole.events else ()
            )
            sent.append(OrderMessage("o", tuple(portion), whole.seq, whole.status))
    return sent


@given(st.data())
def test_any_interleaving_gives_a_gapless_history(data: st.DataObject) -> None:
    life = data.draw(lives)
    fold = Fold()
    fold.track("o")
    delivered: list[Event] = []
    highest = 0
    for news in data.draw(messages(life)):
        delivered += [delivery.event for delivery in fold.apply(news)]
        highest = max([highest, news.seq])
        feed = fold["o"]
        assert delivered == list(life[: len(delivered)]) == feed.events
        assert feed.has_gap == (highest > len(delivered))
        assert feed.terminal == (bool(delivered) and delivered[-1].status.terminal)
    delivered += [delivery.event for delivery in fold.apply(snapshot(life, after=len(delivered)))]
    assert delivered == list(life)
    assert not fold.gaps()
    assert fold["o"].status == life[-1].status


@given(st.data())
def test_resuming_gives_exactly_what_comes_after(data: st.DataObject) -> None:
    life = data.draw(lives)
    after = data.draw(st.integers(0, len(life)))
    feed = OrderFeed("o", after)
    delivered = [event for news in data.draw(messages(life)) for event in feed.apply(news)]
    delivered += feed.apply(snapshot(life, after=feed.last_seq))
    assert delivered == list(life[after:])
    assert feed.status == life[-1].status
    assert feed.terminal == life[-1].status.terminal


@given(st.permutations([(order, seq) for order in "abc" for seq in range(1, 6)]))
def test_orders_do_not_disturb_one_another(sent: list[tuple[str, int]]) -> None:
    fold = Fold()
    delivered = [delivery for order_id, seq in sent for delivery in fold.apply(update(LIFE, seq, order_id))]
    for order_id in "abc":
        assert [delivery.event for delivery in delivered if delivery.order_id == order_id] == list(LIFE)


def test_a_live_update_before_the_snapshot_waits_for_it() -> None:
    fold = Fold()
    assert fold.apply(update(LIFE, 3)) == []
    assert fold.gaps() == ["o"]
    assert [delivery.event.seq for delivery in fold.apply(snapshot(LIFE, upto=2))] == [1, 2, 3]
    assert fold.gaps() == []


def test_an_order_that_is_tracked_has_a_gap_until_it_is_heard_of() -> None:
    fold = Fold()
    fold.track("o", after_seq=2)
    assert fold.gaps() == ["o"]
    assert fold.apply(snapshot(LIFE, after=2, upto=2)) == []
    assert fold.gaps() == []
    assert fold["o"].status is Status.ROUTING


def test_after_a_cut_open_orders_are_in_doubt_and_ended_ones_are_not() -> None:
    fold = Fold()
    fold.apply(snapshot(LIFE, order_id="ended"))
    fold.apply(snapshot(LIFE, upto=2, order_id="open"))
    fold.mark_stale()
    assert fold.gaps() == ["open"]
    fold.apply(snapshot(LIFE, after=2, upto=2, order_id="open"))
    assert fold.gaps() == []


def test_only_so_many_ended_orders_are_remembered() -> None:
    fold = Fold(keep=2)
    for order_id in "abc":
        fold.apply(snapshot(LIFE, order_id=order_id))
    assert "a" not in fold
    assert "b" in fold
    assert {delivery.order_id for delivery in fold.delivered()} == {"b", "c"}


def test_an_order_at_rest_is_asked_for_no_more_and_goes_on_where_it_was() -> None:
    fold = Fold()
    fold.apply(update(LIFE, 1))
    fold.retire("o")
    fold.mark_stale()
    assert fold.gaps() == []
    fold.track("o", after_seq=4)
    assert [delivery.event.seq for delivery in fold.apply(snapshot(LIFE, after=1, upto=3))] == [2, 3]


def test_retries_back_off() -> None:
    timers: RetryTimers[str] = RetryTimers(first=1, longest=4)
    moments = [now / 2 for now in range(60) if timers.due(["o"], now / 2)]
    assert moments[0] == 1
    assert [after - before for before, after in pairwise(moments)] == [2, 4, 4, 4, 4, 4, 4]


def test_the_timer_of_what_came_meanwhile_is_dropped() -> None:
    timers: RetryTimers[str] = RetryTimers(first=1, longest=4)
    assert timers.due(["a", "b"], 0) == []
    assert timers.due(["b"], 1) == ["b"]
    assert timers.due(["a", "b"], 1.5) == []  # "a" is missing anew, and its timer begins anew
