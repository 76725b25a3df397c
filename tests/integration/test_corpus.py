"""The corpus of bad input: all of it is refused, nothing is stored or queued, and no function fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
import psycopg
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.cloud import LocalCloud
from order_engine.contracts.problems import CONTENT_TYPE
from tests.corpus.frames import QUERIES, frames
from tests.corpus.http import Request, requests
from tests.corpus.messages import LONGEST, messages
from tests.support.cloud import eventually
from tests.support.identity import authenticates, identity_headers
from tests.support.stored import queue_length, scan, stopped

C = TypeVar("C")
Check = Callable[[C], Awaitable[str | None]]
"""Says what is wrong with the answer to a case."""

AT_ONCE = 8
OURS = "X-Request-Id"
"""A header of all answers of our functions, and of no other."""
KEPT_BACK = {
    "headers: 300 of them",
    "headers: one of 70,000 letters",
    "headers: request id",
    "idempotency key: delete",
}
"""What the server in front of our functions does not pass on to them, and answers in its own words."""
NOT_LET_IN = {"headers: authorization"}
"""What the gateway refuses where callers are authenticated: another token than the tests' own."""
TABLES = ("OrdersTableName", "ChainTableName", "ConnectionsTableName", "CountersTableName", "TicketsTableName")
HISTORY = ("orders", "order_events", "order_failures", "order_status_counts")


@pytest.fixture(autouse=True)
def without_a_trace(cloud: LocalCloud) -> Iterator[None]:
    """Nothing is stored, and no function fails."""
    before = settled(cloud)
    read = cloud.settings.functions_log.stat().st_size
    yield
    eventually(lambda: stored(cloud), lambda now: now == before, seconds=10)  # the tests' own connections end
    assert [line for line in logged(cloud, read) if "Traceback (most recent call last)" in line] == []


def stored(cloud: LocalCloud) -> dict[str, list[str]]:
    """Return everything that is in the tables and in Postgres."""
    items = {table: sorted(map(repr, scan(cloud, table))) for table in TABLES}
    with psycopg.connect(cloud.settings.postgres_url) as connection:
        rows = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in HISTORY}
    return items | {f"Postgres {table}": sorted(map(repr, those)) for table, those in rows.items()}


def settled(cloud: LocalCloud) -> dict[str, list[str]]:
    """Return that once the streams have brought on what earlier tests left: the same for a second."""
    seen, since = stored(cloud), time.monotonic()

    def look() -> float:
        nonlocal seen, since
        if (now := stored(cloud)) != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since

    eventually(look, lambda calm: calm >= 1)
    return seen


def logged(cloud: LocalCloud, after: int) -> list[str]:
    """Return the lines that the functions have written after so many bytes of their log."""
    return cloud.settings.functions_log.read_bytes()[after:].decode().splitlines()


@pytest.fixture
def nothing_queued(cloud: LocalCloud) -> Iterator[None]:
    """The order queue stays empty, while nobody takes anything from it."""
    with stopped(cloud, "ProcessOrdersFunctionName"):
        yield
        assert queue_length(cloud, "OrdersQueueUrl") == 0


@pytest.mark.usefixtures("nothing_queued")
def test_requests_are_refused(cloud: LocalCloud) -> None:
    read = cloud.settings.functions_log.stat().st_size
    kept_back: set[str] = set()

    async def run() -> list[str]:
        url, identity = cloud.settings.url, identity_headers(cloud)
        async with httpx.AsyncClient(base_url=url, headers=identity, timeout=30) as client:
            return await wrong(requests(), lambda request: refused(client, request, kept_back))

    assert asyncio.run(run()) == []
    assert kept_back == KEPT_BACK | (NOT_LET_IN if authenticates(cloud) else set())
    reached = len(list(requests())) - len(kept_back)
    eventually(lambda: sum('"answered"' in line for line in logged(cloud, read)), lambda count: count == reached)


async def refused(client: httpx.AsyncClient, request: Request, kept_back: set[str]) -> str | None:
    """Send a request; it is noted if the server in front answered, and not our function."""
    url = client.base_url.copy_with(raw_path=request.path.encode())
    headers = [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
    answer = await client.request(request.method, url, headers=headers, content=request.body or None)
    is_ours = OURS in answer.headers
    if not is_ours:
        kept_back.add(request.name)
    is_problem = answer.headers["content-type"] == CONTENT_TYPE
    if 400 <= answer.status_code < 500 and is_problem == is_ours:
        return None
    return f"{request.name}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.usefixtures("nothing_queued")
def test_frames_are_answered_with_an_error(cloud: LocalCloud) -> None:
    cases = list(frames())
    shares = [cases[start::AT_ONCE] for start in range(AT_ONCE)]
    assert asyncio.run(wrong(shares, lambda share: all_answered(cloud, share))) == []


async def all_answered(cloud: LocalCloud, cases: Iterable[tuple[str, str | bytes]]) -> str | None:
    """Send frames one after the other; each has one answer, and the connection goes on."""
    connection = await opened(cloud)
    for name, content in cases:
        try:
            await connection.send(content)
            answer = await answer_to_last(connection)
        except ConnectionClosed:
            if not name.startswith("text: nested"):  # these break the emulator, which reads `action` before we do
                return f"{name}: closed"
            connection = await opened(cloud)
            continue
        if answer["type"] != "error" or answer["code"] == "internal_error":
            return f"{name}: {answer}"
    await connection.send('{"action": "ping"}')
    last = await answer_to_last(connection)
    await connection.close()
    return None if last["type"] == "pong" else f"one answer too many: {last}"


async def opened(cloud: LocalCloud, query: str = "") -> ClientConnection:
    return await connect(f"{cloud.settings.websocket_url}?{query}", additional_headers=identity_headers(cloud))


async def answer_to_last(connection: ClientConnection) -> dict[str, str]:
    async with asyncio.timeout(10):
        answer: dict[str, str] = json.loads(await connection.recv())
        return answer


def test_connections_are_refused(cloud: LocalCloud) -> None:
    async def not_opened(query: str) -> str | None:
        try:
            await (await opened(cloud, query)).close()
        except InvalidStatus as refusal:
            return None if refusal.response.status_code < 500 else f"{query}: {refusal}"
        return f"{query}: opened"

    eventually(lambda: scan(cloud, "ConnectionsTableName"), lambda rows: not rows)
    assert asyncio.run(wrong(QUERIES, not_opened)) == []
    assert scan(cloud, "ConnectionsTableName") == []


@pytest.mark.mode_independent
def test_messages_end_among_the_dead_letters_as_they_were_sent(cloud: LocalCloud) -> None:
    queue = cloud.session.client("sqs")
    letters = cloud.outputs["DeadLetterQueueUrl"]
    sent = [body for _, body in messages()]
    with given_up_after(cloud, receives=3):
        send(cloud, sent)
        eventually(lambda: queue_length(cloud, "DeadLetterQueueUrl"), lambda length: length == len(sent), seconds=90)
        assert queue_length(cloud, "OrdersQueueUrl") == 0
    found: dict[str, str] = {}

    def read() -> int:
        batch = queue.receive_message(QueueUrl=letters, MaxNumberOfMessages=10, VisibilityTimeout=60)
        found.update((letter["MessageId"], letter["Body"]) for letter in batch.get("Messages", ()))
        return len(found)

    eventually(read, lambda number: number == len(sent))
    assert sorted(found.values()) == sorted(sent)
    queue.purge_queue(QueueUrl=letters)


@contextmanager
def given_up_after(cloud: LocalCloud, receives: int) -> Iterator[None]:
    """Have messages become dead letters sooner than after the template's number of receives, which takes a minute."""
    queue, address = cloud.session.client("sqs"), cloud.outputs["OrdersQueueUrl"]
    (policy,) = queue.get_queue_attributes(QueueUrl=address, AttributeNames=["RedrivePolicy"])["Attributes"].values()
    sooner = json.dumps(json.loads(policy) | {"maxReceiveCount": receives})
    queue.set_queue_attributes(QueueUrl=address, Attributes={"RedrivePolicy": sooner})
    try:
        yield
    finally:
        queue.set_queue_attributes(QueueUrl=address, Attributes={"RedrivePolicy": policy})


def send(cloud: LocalCloud, bodies: Iterable[str]) -> None:
    queue = cloud.session.client("sqs")
    for batch in batches(bodies):
        entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(batch)]
        assert not queue.send_message_batch(QueueUrl=cloud.outputs["OrdersQueueUrl"], Entries=entries).get("Failed")


def batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Yield as many messages at a time as one request to SQS may hold."""
    batch: list[str] = []
    for body in bodies:
        if len(batch) == 10 or sum(len(one.encode()) for one in (*batch, body)) > LONGEST:
            yield batch
            batch = []
        batch.append(body)
    yield batch


async def wrong(cases: Iterable[C], check: Check[C]) -> list[str]:
    """Check all cases, some at a time; return what was wrong."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: C) -> str | None:
        async with gate:
            return await check(case)

    return [told for told in await asyncio.gather(*map(one, cases)) if told]
