"""The order history on a real Postgres: what is recorded is what comes back, however often and in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, LiteralString

import psycopg
import pytest

from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.application.ports import OrderFilter, failed_attempts
from order_engine.contracts.events.encoding import event_data
from order_engine.domain.errors import QuoteUnavailable
from order_engine.domain.events import Confirmed, Fault, Status
from order_engine.domain.swaps import Landed
from tests.support.history import TABLES, counted, dump, recorded, without_zeros
from tests.support.orders import CANCELLED, CONFIRMED, FAILED, LIVES, REVERTED, START, after, images, new_order, terms

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.mode_independent

EVERYTHING = OrderFilter()


class TestRecording:
    @pytest.mark.parametrize("life", LIVES)
    def test_an_order_comes_back_equal_after_every_step(
        self, history: PostgresHistory, reader: PostgresHistoryReader, life: Sequence[Status]
    ) -> None:
        accepted = new_order(
            what=terms("1.50", min_amount_out="2.5"), client_order_id="mine-1", correlation_id="request-1"
        )
        for image in images(accepted, *life):
            history.record([image])
            trail = reader.trail(image.id)
            assert trail.order == image
            assert trail.failed_attempts == tuple(failed_attempts(image))
            assert reader.list_orders(EVERYTHING, 10).orders == (image,)

    def test_replaying_changes_nothing(self, history: PostgresHistory, psql: psycopg.Connection) -> None:
        batch = [after(new_order(), *life) for life in LIVES]
        counts = history.record(batch).orders
        before = dump(psql)
        assert history.record(batch).orders == counts
        assert dump(psql) == before

    def test_an_older_image_changes_nothing(self, history: PostgresHistory, psql: psycopg.Connection) -> None:
        *older, newest = images(new_order(), *REVERTED)
        counts = history.record([newest]).orders
        before = dump(psql)
        for image in reversed(older):
            assert history.record([image]).orders == counts
        assert dump(psql) == before

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE order_status_counts SET orders = 77",
            "DELETE FROM order_status_counts WHERE status <> 'failed'",
            "TRUNCATE order_status_counts",
        ],
    )
    def test_what_was_lost_is_there_again_after_recording_everything_and_recounting(
        self, history: PostgresHistory, psql: psycopg.Connection, damage: LiteralString
    ) -> None:
        newest = [after(new_order(), *life) for life in LIVES]
        history.record(newest)
        before = dump(psql)
        psql.execute("DELETE FROM orders WHERE status <> 'failed'")
        psql.execute("DELETE FROM order_events WHERE seq > 1")
        psql.execute(damage)
        history.record(newest)
        assert without_zeros(history.recount().orders) == counted(psql)
        assert dump(psql) == before

    def test_the_newest_image_of_a_batch_wins_wherever_it_stands(
        self, history: PostgresHistory, reader: PostgresHistoryReader
    ) -> None:
        first, *middle, newest = images(new_order(), *CONFIRMED)
        counts = history.record([first, newest, *middle]).orders
        assert without_zeros(counts) == {"confirmed": 1}
        assert recorded(reader) == {newest.id: newest}

    def test_counts_follow_what_really_changed(self, history: PostgresHistory, psql: psycopg.Connection) -> None:
        one, other = images(new_order(), *CONFIRMED), images(new_order(), *CANCELLED)
        assert without_zeros(history.record([one[0], other[0]]).orders) == {"pending": 2}
        assert without_zeros(history.record([one[2], other[1]]).orders) == {"building": 1, "routing": 1}
        assert without_zeros(history.record([one[2], one[1], other[2]]).orders) == {"building": 1, "cancelled": 1}
        assert without_zeros(history.record([]).orders) == counted(psql)

    def test_every_status_has_a_count_from_the_start(self, history: PostgresHistory) -> None:
        assert history.record([]).orders == dict.fromkeys(Status, 0)

    def test_a_batch_is_recorded_wholly_or_not_at_all(
        self, history: PostgresHistory, reader: PostgresHistoryReader, psql: psycopg.Connection
    ) -> None:
        before, good = dump(psql), after(new_order(), *CONFIRMED)
        with pytest.raises(psycopg.DataError):
            history.record([good, new_order("not-a-uuid")])
        assert dump(psql) == before
        assert without_zeros(history.record([good]).orders) == {"confirmed": 1}
        assert recorded(reader) == {good.id: good}

    def test_an_emptied_history_can_be_filled_again_from_the_orders_as_they_are(
        self, history: PostgresHistory, psql: psycopg.Connection
    ) -> None:
        lives = [images(new_order(), *life) for life in LIVES]
        for image in chain.from_iterable(lives):
            history.record([image])
        before, counts = dump(psql), history.record([]).orders
        psql.execute(f"TRUNCATE {', '.join(TABLES)}")
        rebuilt = history.record([life[-1] for life in lives]).orders
        assert rebuilt == without_zeros(counts)
        without_counts = TABLES[:-1]
        assert {name: dump(psql)[name] for name in without_counts} == {name: before[name] for name in without_counts}


class TestFailures:
    def test_each_failed_attempt_has_a_row(self, history: PostgresHistory, psql: psycopg.Connection) -> None:
        order = after(new_order(), *FAILED)
        history.record([order])
        query = "SELECT seq, attempt, code, message, occurred_at FROM order_failures ORDER BY seq"
        error = QuoteUnavailable("raydium: no quote this time; meteora: no quote this time")
        assert psql.execute(query).fetchall() == [
            (seq, attempt, error.code, str(error), order.events[seq - 1].timestamp)
            for attempt, seq in enumerate((3, 5, 7, 9), start=1)
        ]

    def test_an_order_without_a_failure_has_none(self, history: PostgresHistory, reader: PostgresHistoryReader) -> None:
        for life in (CONFIRMED, CANCELLED):
            order = after(new_order(), *life)
            history.record([order])
            assert reader.trail(order.id).failed_attempts == ()

    def test_a_failure_keeps_the_whole_error(self, history: PostgresHistory, reader: PostgresHistoryReader) -> None:
        fault = Fault("transaction_failed", "slippage", program="dlmm", program_code=6003)
        order = after(new_order(), Status.ROUTING).fail(fault, START)
        history.record([order])
        (failed,) = reader.trail(order.id).failed_attempts
        assert (failed.seq, failed.attempt, failed.fault) == (3, 1, fault)


class TestExactness:
    HOSTILE = "null \0, quote ' \" \\, line\nbreak, ünïcödé, 😀, half a surrogate \ud83d, %s {} $1"

    def test_event_data_comes_back_exactly(self, history: PostgresHistory, reader: PostgresHistoryReader) -> None:
        numbers = {"u64": 2**64 - 1, "beyond doubles": 2**53 + 1, "tenth": 0.1, "tiny": 1e-300, "text": "1.50"}
        pool = {"message": self.HOSTILE, self.HOSTILE: [None, True, [], {}], **numbers}
        order = after(new_order(), *CONFIRMED[:-1]).confirm(Landed(2**64 - 1, 1, "0.1", pool), START)
        history.record([order])
        read = reader.trail(order.id).order
        assert read == order
        assert isinstance(read.events[-1], Confirmed)
        assert list(read.events[-1].pool) == list(pool)

    def test_a_failure_comes_back_exactly(
        self, history: PostgresHistory, reader: PostgresHistoryReader, psql: psycopg.Connection
    ) -> None:
        fault = Fault("execution_failed", self.HOSTILE, self.HOSTILE, self.HOSTILE, self.HOSTILE, 2**64 - 1)
        order = after(new_order(), Status.ROUTING).fail(fault, START)
        history.record([order])
        trail = reader.trail(order.id)
        assert trail.order == order
        assert [failed.fault for failed in trail.failed_attempts] == [fault]
        row = psql.execute("SELECT message FROM order_failures").fetchone()
        assert row is not None
        assert "null \ufffd, quote" in row[0]

    def test_unicode_in_texts_comes_back(self, history: PostgresHistory, reader: PostgresHistoryReader) -> None:
        order = new_order(user_id="ünï 😀 '; DROP TABLE orders; --", client_order_id="\\0 \x01", correlation_id=" ")
        history.record([order])
        assert reader.trail(order.id).order == order

    def test_a_null_byte_does_not_stop_the_history(
        self, history: PostgresHistory, reader: PostgresHistoryReader
    ) -> None:
        order = new_order(client_order_id="a\0b")
        history.record([order])
        assert reader.trail(order.id).order.client_order_id == "a\ufffdb"

    def test_the_largest_amount_is_an_exact_number(
        self, history: PostgresHistory, reader: PostgresHistoryReader, psql: psycopg.Connection
    ) -> None:
        largest = new_order(what=terms("18446744073.709551615", min_amount_out="18446744073709.551615"))
        history.record([largest])
        assert reader.trail(largest.id).order == largest
        assert psql.execute("SELECT amount_in, min_amount_out FROM orders").fetchone() == (2**64 - 1, 2**64 - 1)

    def test_swaps_shows_confirmed_orders_in_whole_tokens(
        self, history: PostgresHistory, psql: psycopg.Connection
    ) -> None:
        confirmed, failed = after(new_order(), *CONFIRMED), after(new_order(), *FAILED)
        history.record([confirmed, failed])
        data: dict[str, Any] = {**event_data(confirmed.events[-1], confirmed.terms)}
        query = "SELECT order_id::text, amount_in::text, amount_out::text, venue, tx_hash FROM swaps"
        expected = (confirmed.id, "1.5", data["amountOut"], data["venue"], data["txHash"])
        assert psql.execute(query).fetchall() == [expected]
