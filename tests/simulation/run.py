"""One run: a storm, then calm, and then the reckoning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from order_engine.application.targets import ALL, user_target
from tests.simulation import actors, eavesdroppers, event_sources, invariants, knockers, strangers
from tests.simulation.identities import ADMINISTER, ADMINISTRATOR, USERS, Person
from tests.simulation.promises import Violation
from tests.simulation.scheduler import Stuck, Task
from tests.simulation.trace import Trace
from tests.simulation.watchers import Watcher
from tests.simulation.world import World

ORDERS = 28
ARRIVALS = 40
"""Seconds in which the orders are placed."""
LONGEST_OUTAGE = 60
"""Seconds for which Postgres is away, in some runs."""
LONGEST_NIGHT = 3_000
"""Seconds for which one service is away, in few, also after the storm: longer than the sweeper's pauses grow."""
AFTERMATH = 95
"""Seconds after the storm in which calls that were given up on, and lingering transactions, still take effect."""
AFTERWARDS = 3
"""Orders that are placed then."""
ENDED_IN_PEACE_WITHIN = 60
"""Seconds in which these have to have ended: before the sweeper finds one."""
ALL_ENDED_WITHIN = 1_200
"""Seconds after that, in which every order has to have ended: the sweeper's longest pause, and some tries."""
ALL_CLOSED_WITHIN = 2_400
"""The same where an order is cursed, and is hidden for three minutes after each function that died over it."""
GOODBYES = 5
"""Seconds until everybody's leaving has been noted."""
ALL_QUIET_WITHIN = 7_200
"""Seconds in which the last message must be dealt with, and every subscription confirmed."""


@dataclass(frozen=True)
class Report:
    """How a run went."""

    seed: int
    orders: int
    steps: int
    seconds: float
    violation: Violation | None
    trace: Trace
    strikes: Mapping[str, int]


def simulate(seed: int, traced: bool = False) -> Report:
    """Run one simulation; the same seed gives the same run."""
    world = World(seed, Trace(traced))
    violation = None
    try:
        world.scheduler.run(world.serve("conductor", lambda: _conduct(world)))
    except Violation as found:
        violation = found
    except Stuck as stuck:
        violation = Violation(2, f"the run does not end: {stuck}")
    finally:
        world.scheduler.close()
    if violation:
        world.note("!!!", str(violation))
    return Report(
        seed=seed,
        orders=len(world.orders.orders),
        steps=world.scheduler.steps,
        seconds=world.scheduler.now / 1000,
        violation=violation,
        trace=world.trace,
        strikes=world.chaos.strikes,
    )


def outcome(seed: int) -> tuple[int, int, str | None]:
    """Run one seed; return it, the number of orders, and what was violated."""
    report = simulate(seed)
    return seed, report.orders, str(report.violation) if report.violation else None


def _conduct(world: World) -> None:
    world.note("seed", world.seed, world.chaos.faults)
    event_sources.start(world)
    watchers: list[Watcher] = []
    night = _storm(world, watchers)
    _calm_down(world, night)
    if world.random.random() < 0.5:  # in the others, nothing that comes later makes up for what the storm has left
        _order_in_peace(world)
    _wait(world, ALL_CLOSED_WITHIN if world.cursed else ALL_ENDED_WITHIN, lambda: _open(world), 2)
    actors.redrive(world)
    _wait(world, ALL_QUIET_WITHIN, lambda: _unfinished(world), 9)
    _wait(world, ALL_QUIET_WITHIN, lambda: _unsettled(watchers), 6)
    for watcher in watchers:
        invariants.nothing_was_missed(world, watcher)
        watcher.leave()
    _wait(world, ALL_QUIET_WITHIN, lambda: _unsettled(watchers), 6)
    for watcher in watchers:
        invariants.knows_all(world, watcher)
        watcher.leave()
    world.scheduler.sleep(GOODBYES * 1000)
    invariants.check(world)


def _storm(world: World, watchers: list[Watcher]) -> Task:
    """Let everybody live, until all orders are placed and some more time has passed; return what lasts longer."""
    random = world.random
    storm = (ARRIVALS + int(random.random() * 120)) * 1000

    def arrival() -> int:
        return int(random.random() * ARRIVALS * 1000)

    def watch(person: Person, target: str | None, settled_down: bool = True, arrives: int = 0) -> None:
        watchers.append(Watcher(world, len(watchers), person, target, settled_down))
        world.serve(watchers[-1].name, partial(watchers[-1].run, arrives))

    for user in USERS:
        watch(Person(world, user), None, settled_down=False, arrives=arrival())
        watch(Person(world, user), user_target(user), random.random() < 0.5, arrives=arrival())
    watch(Person(world, ADMINISTRATOR, ADMINISTER), ALL, random.random() < 0.5, arrives=arrival())
    world.serve("operator", lambda: actors.operator(world))
    world.serve("intruder", lambda: actors.intruder(world))
    for stranger in (
        strangers.pry,
        strangers.pry,
        eavesdroppers.eavesdrop,
        eavesdroppers.overstay,
        eavesdroppers.outlast,
        knockers.knock,
    ):
        world.serve("stranger", partial(stranger, world))
    begins = int(random.random() * storm)
    world.serve("outage", lambda: actors.outage(world, "postgres", "postgres_down", begins, LONGEST_OUTAGE))
    gone, dusk = random.choice(["queue", "postgres", "counts"]), arrival()
    night = world.serve("outage", lambda: actors.outage(world, gone, "long_outage", dusk, LONGEST_NIGHT))
    shoppers = [actors.Shopper(world, number + 1, watch) for number in range(ORDERS + int(random.random() * 5))]
    tasks = [world.serve(shopper.user, partial(shopper.run, arrival())) for shopper in shoppers]
    world.scheduler.sleep(storm)
    for task in tasks:
        world.scheduler.join(task)
    return night


def _calm_down(world: World, night: Task) -> None:
    world.note("conductor", "calm")
    world.chaos.calm = True
    world.scheduler.join(night)
    world.scheduler.sleep(AFTERMATH * 1000)


def _order_in_peace(world: World) -> None:
    """While nothing goes wrong, orders end soon, without the sweeper or the closing of dead letters."""
    shoppers = [actors.Shopper(world, number, lambda *_: None) for number in range(1_000, 1_000 + AFTERWARDS)]
    placed = [order_id for shopper in shoppers if (order_id := shopper.place())]
    if not world.few_receives:
        _wait(world, ENDED_IN_PEACE_WITHIN, lambda: sorted({*placed} & {*_open(world)}), 2)


def _wait(world: World, seconds: int, what_is_left: Callable[[], list[str]], statement: int) -> None:
    """Wait until nothing is left. Raises `Violation` after so many seconds."""
    deadline = world.scheduler.now + seconds * 1000
    while left := what_is_left():
        if world.scheduler.now > deadline:
            raise Violation(statement, f"after {seconds} s there is left: {', '.join(left)}", left[0])
        world.scheduler.sleep(1_000)


def _open(world: World) -> list[str]:
    return [order.id for order in world.orders.orders.values() if not order.status.terminal]


def _unfinished(world: World) -> list[str]:
    messages = [message.body for message in world.queue.messages]
    records = [f"{stream.behind} records for {stream.name}" for stream in world.streams if stream.behind]
    return _open(world) + messages + records


def _unsettled(watchers: list[Watcher]) -> list[str]:
    return [watcher.name for watcher in watchers if not watcher.settled]
