"""What can go wrong, each with its own probability."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import accumulate
from random import Random


class Fault(StrEnum):
    """What can happen to one call of a port."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused"
    """Throttled or unreachable: an error, and nothing happened."""
    REPLY_LOST = "reply lost"
    """A time-out after the commit: an error, and yet it happened."""
    LATE = "happens later"
    """A time-out before the commit: an error, and some time later it happens all the same."""
    REPEATED = "repeated"
    """The SDK repeats a call whose first answer got lost."""


@dataclass(frozen=True)
class Faults:
    """The probabilities of one run, from 0 to 1; those of ports are for each call.

    Args:
        slow: a port call takes seconds instead of milliseconds, now and then so many that the function is killed.
        queue_duplicate, queue_delay: for each message.
        throttled: a batch is received, and no function can be run.
        ack_lost: a finished message is not deleted.
        stream_redelivered: a batch that was processed comes again, cut differently.
        records_expire: stream records are given up on after seconds instead of minutes.
        index_stale: an order is missing in what the sweeper reads, or there without need.
        schedule_late, schedule_twice: of the sweeper and of the closing of dead letters.
        rate_limited: a user has placed too many orders.
        answer_lost: a client does not get the answer to its request.
        client_leaves: at each thing that a WebSocket client does.
        disconnect_unnoticed: `$disconnect` never comes.
        frames_throttled: a frame to a WebSocket client is refused.
        mempool_lost, mempool_slow: a sent transaction vanishes, or gets to the chain later.
        quote, simulation, execution: the venues' own failure rates.
        postgres_down: a window of up to a minute, once in the run.
        long_outage: of the queue, Postgres or the counts, for up to most of an hour.
        function_timeout: an invocation gets so little time that it is killed.
        skew: clocks are off by up to 5 s.
        few_receives: dead letters come after few receives.
        cursed: an order whose every processing kills the function; only where dead letters come after few receives.
        connect_slow: `$connect` returns well after it has written the subscription.
        authorizer_twice: the gateway asks its authorizer again, and the first is still at it.
        short_tokens: a token ends within the minute.
    """

    crash_before: float = 0.0
    crash_after: float = 0.0
    refused: float = 0.0
    reply_lost: float = 0.0
    late: float = 0.0
    repeated: float = 0.0
    slow: float = 0.0
    queue_duplicate: float = 0.0
    queue_delay: float = 0.0
    throttled: float = 0.0
    ack_lost: float = 0.0
    stream_redelivered: float = 0.0
    records_expire: float = 0.0
    index_stale: float = 0.0
    schedule_late: float = 0.0
    schedule_twice: float = 0.0
    rate_limited: float = 0.0
    answer_lost: float = 0.0
    client_leaves: float = 0.0
    disconnect_unnoticed: float = 0.0
    frames_throttled: float = 0.0
    mempool_lost: float = 0.0
    mempool_slow: float = 0.0
    quote: float = 0.0
    simulation: float = 0.0
    execution: float = 0.0
    postgres_down: float = 0.0
    long_outage: float = 0.0
    function_timeout: float = 0.0
    skew: float = 0.0
    few_receives: float = 0.0
    cursed: float = 0.0
    connect_slow: float = 0.0
    authorizer_twice: float = 0.0
    short_tokens: float = 0.0


MOST = Faults(
    crash_before=0.02,
    crash_after=0.02,
    refused=0.03,
    reply_lost=0.03,
    late=0.03,
    repeated=0.05,
    slow=0.1,
    queue_duplicate=0.5,
    queue_delay=0.5,
    throttled=0.2,
    ack_lost=0.2,
    stream_redelivered=0.3,
    records_expire=0.5,
    index_stale=0.5,
    schedule_late=0.5,
    schedule_twice=0.5,
    rate_limited=0.3,
    answer_lost=0.2,
    client_leaves=0.15,
    disconnect_unnoticed=0.5,
    frames_throttled=0.15,
    mempool_lost=1.0,
    mempool_slow=0.3,
    quote=0.4,
    simulation=0.4,
    execution=0.4,
    postgres_down=1.0,
    long_outage=0.3,
    function_timeout=0.1,
    skew=1.0,
    few_receives=1.0,
    cursed=0.1,
    connect_slow=1.0,
    authorizer_twice=0.3,
    short_tokens=1.0,
)
"""The highest probabilities that a run may draw."""

PORT_FAULTS = tuple((fault.name.lower(), fault) for fault in Fault)


class Chaos:
    """Decides what goes wrong. While `calm`, nothing does.

    Every run switches each kind of fault off or draws its probability: runs with few kinds of faults get further into
    the rare ones than runs in which everything fails.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.calm = False
        self.faults = Faults(**{field.name: self._probability(getattr(MOST, field.name)) for field in fields(Faults)})
        self.strikes: Counter[str] = Counter()
        """How often each fault has happened."""
        self._bounds = list(accumulate(getattr(self.faults, name) for name, _ in PORT_FAULTS))

    def _probability(self, most: float) -> float:
        return most * self.random.random() if self.random.random() < 0.5 else 0.0

    def happens(self, fault: str, share: float = 1.0) -> bool:
        """Decide on one fault: a field of `Faults`, whose probability may be taken in part."""
        probability: float = share * getattr(self.faults, fault)
        struck = not self.calm and probability > 0 and self.random.random() < probability
        self.strikes[fault] += struck
        return struck

    def on_call(self) -> Fault | None:
        """Decide what happens to one call of a port."""
        if self.calm:
            return None
        chosen = bisect_right(self._bounds, self.random.random())
        if chosen == len(PORT_FAULTS):
            return None
        name, fault = PORT_FAULTS[chosen]
        self.strikes[name] += 1
        return fault

    def latency(self) -> int:
        """Return how many milliseconds one way of a call takes."""
        if self.happens("slow"):
            return int(self.random.random() * (5_000 if self.random.random() < 0.9 else 40_000))
        return int(self.random.random() * 10)

    def up_to(self, seconds: float) -> int:
        """Return a time span in milliseconds."""
        return int(self.random.random() * seconds * 1000)
