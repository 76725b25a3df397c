"""The contracts of `PublishedCounts` and `RateLimiter`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from order_engine.application.errors import RateLimited
from order_engine.application.ports import Allowance, PublishedCounts, RateLimiter, StatusCounts
from order_engine.fakes.process import ManualClock
from tests.support.orders import START

NOW = 1_772_366_400_000_000
"""Microseconds."""
INTO_THE_MINUTE = START + timedelta(seconds=18)


class PublishedCountsContract:
    """Inherit this and give a fixture `counts` to which nothing was published yet."""

    def test_before_the_first_order_there_are_none(self, counts: PublishedCounts) -> None:
        assert counts.read() == {}

    def test_they_are_replaced_as_a_whole(self, counts: PublishedCounts) -> None:
        counts.publish(StatusCounts(NOW, {"pending": 3, "confirmed": 2**40}))
        counts.publish(StatusCounts(NOW + 1, {"confirmed": 2**40 + 3, "failed": 0}))
        assert counts.read() == {"confirmed": 2**40 + 3, "failed": 0}

    @pytest.mark.parametrize("moment", [NOW - 1, NOW, 1])
    def test_those_of_an_earlier_moment_come_too_late(self, counts: PublishedCounts, moment: int) -> None:
        counts.publish(StatusCounts(NOW, {"confirmed": 4}))
        counts.publish(StatusCounts(moment, {"confirmed": 3, "failed": 1}))
        assert counts.read() == {"confirmed": 4}


NewLimiter = Callable[[ManualClock, int], RateLimiter]
"""Gives a limiter with this clock and limit; all of them count together."""


class RateLimiterContract:
    """Inherit this and give a fixture `new_limiter`."""

    @pytest.fixture
    def user(self) -> str:
        return f"ünï#{uuid4()}"

    @pytest.fixture
    def limiter(self, new_limiter: NewLimiter) -> RateLimiter:
        return new_limiter(ManualClock(INTO_THE_MINUTE), 5)

    def test_as_many_as_allowed_and_not_one_more(self, limiter: RateLimiter, user: str) -> None:
        assert [limiter.admit(user) for _ in range(5)] == [Allowance(5, left, 42) for left in (4, 3, 2, 1, 0)]
        with pytest.raises(RateLimited) as refused:
            limiter.admit(user)
        assert (refused.value.limit, refused.value.retry_after) == (5, 42)

    def test_another_user_is_not_affected(self, limiter: RateLimiter, user: str) -> None:
        for _ in range(5):
            limiter.admit(user)
        assert limiter.admit(f"{user}#") == Allowance(5, 4, 42)

    def test_the_next_minute_starts_at_zero(self, new_limiter: NewLimiter, user: str) -> None:
        clock = ManualClock(INTO_THE_MINUTE)
        limiter = new_limiter(clock, 1)
        limiter.admit(user)
        clock.sleep(41.999)
        with pytest.raises(RateLimited) as refused:
            limiter.admit(user)
        assert refused.value.retry_after == 1
        clock.sleep(0.001)
        assert limiter.admit(user) == Allowance(1, 0, 60)

    def test_refused_orders_do_not_count(self, new_limiter: NewLimiter, limiter: RateLimiter, user: str) -> None:
        for _ in range(5):
            limiter.admit(user)
        for _ in range(3):
            with pytest.raises(RateLimited):
                limiter.admit(user)
        assert new_limiter(ManualClock(INTO_THE_MINUTE), 6).admit(user) == Allowance(6, 0, 42)


class RateLimiterRaceContract(RateLimiterContract):
    """The same for what can be called by many at once, which moto can't."""

    def test_of_many_at_once_exactly_the_allowed_number_gets_through(self, limiter: RateLimiter, user: str) -> None:
        def admitted(_: int) -> bool:
            try:
                limiter.admit(user)
            except RateLimited:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(admitted, range(20))) == 5
