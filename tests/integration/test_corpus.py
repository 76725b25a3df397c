"""The corpus of bad input: all of it is refused, nothing is stored or queued, and no function fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.cloud import LocalCloud
from tests.corpus.frames import QUERIES, frames
from tests.corpus.http import Request, requests
from tests.corpus.messages import messages
from tests.support.cloud import eventually
from tests.support.stored import queue_length, scan, stopped

C = TypeVar("C")
Check = Callable[[C], Awaitable[str | None]]
"""Says what is wrong with the answer to a case."""

AT_ONCE = 8
SERVERS_OWN = {400, 413, 414, 431}
"""What the server before our functions answers in its own words, to what it does not pass on."""


@pytest.fixture(autouse=True)
def without_a_trace(cloud: LocalCloud) -> Iterator[None]:
    """Nothing is stored, and no function fails."""
    log = cloud.settings.functions_log
    read = log.stat().st_size
    before = scan(cloud, "OrdersTableName"), scan(cloud, "ChainTableName")
    yield
    assert (scan(cloud, "OrdersTableName"), scan(cloud, "ChainTableName")) == before
    failures = [line for line in log.read_bytes()[read:].decode().splitlines() if '"exception' in line]
    assert failures == []


@pytest.fixture
def nothing_queued(cloud: LocalCloud) -> Iterator[None]:
    """The order queue stays empty, while nobody takes anything from it."""
    with stopped(cloud, "ProcessOrdersFunctionName"):
        yield
        assert queue_length(cloud, "OrdersQueueUrl") == 0


@pytest.mark.usefixtures("nothing_queued")
def test_requests_are_refused(cloud: LocalCloud) -> None:
    async def run() -> list[str]:
        async with httpx.AsyncClient(base_url=cloud.settings.url, timeout=30) as client:
            return await wrong(requests(), lambda request: refused(client, request))

    assert asyncio.run(run()) == []


async def refused(client: httpx.AsyncClient, request: Request) -> str | None:
    url = client.base_url.copy_with(raw_path=request.path.encode())
    headers = [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
    answer = await client.request(request.method, url, headers=headers, content=request.body or None)
    status = answer.status_code
    is_problem = answer.headers["content-type"] == "application/problem+json"
    if status in SERVERS_OWN or (is_problem and 400 <= status < 500):
        return None
    return f"{request.name}: {status} {answer.text[:200]}"


@pytest.mark.usefixtures("nothing_queued")
def test_frames_are_answered_with_an_error(cloud: LocalCloud) -> None:
    cases = list(frames())
    shares = [cases[start::AT_ONCE] for start in range(AT_ONCE)]
    assert asyncio.run(wrong(shares, lambda share: all_answered(cloud.settings.websocket_url, share))) == []


async def all_answered(url: str, cases: Iterable[tuple[str, str | bytes]]) -> str | None:
    """Send frames one after the other; each has one answer, and the connection goes on."""
    connection = await connect(url)
    for name, content in cases:
        try:
            await connection.send(content)
            answer = await answer_to_last(connection)
        except ConnectionClosed:
            if not name.startswith("text: nested"):  # those break the emulator, which reads `action` before we do
                return f"{name}: closed"
            connection = await connect(url)
            continue
        if answer["type"] != "error" or answer["code"] == "internal_error":
            return f"{name}: {answer}"
    await connection.send('{"action": "ping"}')
    last = await answer_to_last(connection)
    await connection.close()
    return None if last["type"] == "pong" else f"one answer too many: {last}"


async def answer_to_last(connection: ClientConnection) -> dict[str, str]:
    async with asyncio.timeout(10):
        answer: dict[str, str] = json.loads(await connection.recv())
        return answer


def test_connections_are_refused(cloud: LocalCloud) -> None:
    async def not_opened(query: str) -> str | None:
        try:
            await (await connect(f"{cloud.settings.websocket_url}?{query}")).close()
        except InvalidStatus as refusal:
            return None if refusal.response.status_code < 500 else f"{query}: {refusal}"
        return f"{query}: opened"

    eventually(lambda: scan(cloud, "ConnectionsTableName"), lambda rows: not rows)
    assert asyncio.run(wrong(QUERIES, not_opened)) == []
    assert scan(cloud, "ConnectionsTableName") == []


def test_messages_end_among_the_dead_letters_as_they_were_sent(cloud: LocalCloud) -> None:
    queue = cloud.session.client("sqs")
    letters = cloud.outputs["DeadLetterQueueUrl"]
    sent = [body for _, body in messages()]
    for start in range(0, len(sent), 10):
        entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(sent[start : start + 10])]
        assert not queue.send_message_batch(QueueUrl=cloud.outputs["OrdersQueueUrl"], Entries=entries).get("Failed")
    eventually(lambda: queue_length(cloud, "DeadLetterQueueUrl"), lambda length: length == len(sent), seconds=60)
    found: dict[str, str] = {}

    def read() -> int:
        batch = queue.receive_message(QueueUrl=letters, MaxNumberOfMessages=10, VisibilityTimeout=60)
        found.update((letter["MessageId"], letter["Body"]) for letter in batch.get("Messages", ()))
        return len(found)

    eventually(read, lambda number: number == len(sent))
    assert sorted(found.values()) == sorted(sent)
    queue.purge_queue(QueueUrl=letters)


async def wrong(cases: Iterable[C], check: Check[C]) -> list[str]:
    """Check all cases, some at a time; return what was wrong."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: C) -> str | None:
        async with gate:
            return await check(case)

    return [told for told in await asyncio.gather(*map(one, cases)) if told]


def test_the_corpus_is_large() -> None:
    assert len([*requests(), *frames(), *messages()]) > 700
