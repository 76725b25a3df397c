"""The proxy passes on what it gets: requests, answers, frames and close codes as they are."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from local.proxy import MAX_BODY_BYTES, Proxy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Client = TestClient[web.Request, web.Application]

pytestmark = pytest.mark.mode_independent


@asynccontextmanager
async def proxy_to(handler: Handler) -> AsyncIterator[Client]:
    """Run a proxy in front of a gateway that answers with `handler`."""
    gateway = web.Application(client_max_size=2 * MAX_BODY_BYTES, handler_args={"auto_decompress": False})
    gateway.router.add_route("*", r"/{path:[\s\S]*}", handler)
    async with TestServer(gateway) as server:
        address = f"{server.host}:{server.port}"
        proxy = Proxy(f"http://{address}/http", f"ws://{address}/socket/dev", f"http://{address}/aws")
        async with TestClient(TestServer(proxy.application()), auto_decompress=False) as client:
            yield client


def test_a_request_arrives_as_it_was_sent() -> None:
    seen: list[web.Request] = []
    bodies: list[bytes] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        bodies.append(await request.read())
        return web.Response()

    async def run() -> None:
        headers = [("X-Twice", "one"), ("X-Twice", "two"), ("X-Forwarded-For", "203.0.113.7"), ("Connection", "close")]
        async with proxy_to(handler) as client:
            path = URL("/a%2Fb/%C3%A9%0A/..%2f?x=1&x=2&empty=&plus=a+b", encoded=True)
            await client.request("PROPFIND", path, data=b"\x00\xff", headers=headers)

    asyncio.run(run())
    assert seen[0].method == "PROPFIND"
    assert seen[0].raw_path == "/http/a%2Fb/%C3%A9%0A/..%2f?x=1&x=2&empty=&plus=a+b"
    assert seen[0].headers.getall("X-Twice") == ["one", "two"]
    assert seen[0].headers["X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert bodies == [b"\x00\xff"]


def test_a_compressed_body_is_not_unpacked() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.headers['Content-Encoding']} {await request.read()!r}")

    async def run() -> None:
        async with proxy_to(handler) as client:
            headers = {"Content-Encoding": "gzip"}
            answer = await client.post("/", data=io.BytesIO(b"not really gzip"), headers=headers)
            assert await answer.text() == "gzip b'not really gzip'"

    asyncio.run(run())


def test_an_answer_comes_back_as_it_was_given() -> None:
    async def handler(request: web.Request) -> web.Response:
        headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Location", "/there"), ("Content-Encoding", "gzip")]
        return web.Response(status=307, headers=headers, body=b"not really gzip")

    async def run() -> None:
        async with proxy_to(handler) as client:
            answer = await client.get("/", allow_redirects=False)
            assert answer.status == 307
            assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
            assert answer.headers["Location"] == "/there"
            assert await answer.read() == b"not really gzip"

    asyncio.run(run())


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 413)])
def test_a_body_may_be_as_large_as_on_aws(excess: int, status: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async def run() -> None:
        async with proxy_to(handler) as client:
            answer = await client.post("/", data=io.BytesIO(bytes(MAX_BODY_BYTES + excess)))
            assert answer.status == status
            assert excess or await answer.text() == str(MAX_BODY_BYTES)

    asyncio.run(run())


def test_without_a_gateway_it_says_so() -> None:
    async def run() -> None:
        proxy = Proxy("http://127.0.0.1:1", "ws://127.0.0.1:1", "http://127.0.0.1:1")
        async with TestClient(TestServer(proxy.application())) as client:
            assert (await client.get("/health")).status == 503
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/ws")
            assert refused.value.status == 503

    asyncio.run(run())


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/ws", ""),
        ("/ws?orderId=1&afterSeq=2", "orderId=1&afterSeq=2"),
        ("/api/orders/execute?orderId=1", "orderId=1"),
        ("/api/orders/execute/ws?orderId=1", "orderId=1"),
        ("/api/orders/connect", ""),
        ("/api/orders/1/stream?afterSeq=2", "afterSeq=2&orderId=1"),
        ("/api/orders/stream/all", "channel=all"),
    ],
)
def test_a_socket_is_served_at_every_address(address: str, query: str) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(request.raw_path)
        return socket

    async def run() -> None:
        async with proxy_to(handler) as client, client.ws_connect(address) as socket:
            assert await socket.receive_str() == f"/socket/dev{'?' * bool(query)}{query}"

    asyncio.run(run())


def test_another_address_has_no_socket() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=404, text=request.path)

    async def run() -> None:
        async with proxy_to(handler) as client:
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/api/orders/1")
            assert refused.value.status == 404

    asyncio.run(run())


def test_frames_go_both_ways_and_pings_reach_the_other_side() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False, protocols=["orders"])
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(message.data.upper())
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data[::-1])
            else:
                await socket.pong(message.data + b"!")
        return socket

    async def run() -> None:
        async with (
            proxy_to(handler) as client,
            client.ws_connect("/ws", protocols=["other", "orders"], autoping=False) as socket,
        ):
            assert socket.protocol == "orders"
            await socket.send_str("é" * 5)
            assert await socket.receive_str() == "É" * 5
            await socket.send_bytes(b"\x00\x01")
            assert await socket.receive_bytes() == b"\x01\x00"
            await socket.ping(b"?")
            message = await socket.receive()
            assert (message.type, message.data) == (WSMsgType.PONG, b"?!")

    asyncio.run(run())


@pytest.mark.parametrize("code", [1000, 1001, 4001])
def test_a_close_code_reaches_the_other_side(code: int) -> None:
    seen: asyncio.Queue[int | None] = asyncio.Queue()

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if await socket.receive_str() == "close":
            await socket.close(code=code, message=b"enough")
        else:
            seen.put_nowait((await socket.receive()).data)
        return socket

    async def run() -> None:
        async with proxy_to(handler) as client:
            async with client.ws_connect("/ws") as socket:
                await socket.send_str("close")
                message = await socket.receive()
                assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, code, "enough")
            async with client.ws_connect("/ws") as socket:
                await socket.send_str("I will")
                await socket.close(code=code)
            assert await asyncio.wait_for(seen.get(), 5) == code

    asyncio.run(run())


def test_a_client_that_vanishes_ends_the_other_side() -> None:
    ended = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        ended.set()
        return socket

    async def run() -> None:
        async with proxy_to(handler) as client:
            socket = await client.ws_connect("/ws")
            transport = socket.get_extra_info("transport") or socket._writer.transport
            transport.abort()
            await asyncio.wait_for(ended.wait(), 5)

    asyncio.run(run())


def test_a_refused_handshake_is_refused_with_the_same_status() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=401)

    async def run() -> None:
        async with proxy_to(handler) as client:
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/ws")
            assert refused.value.status == 401

    asyncio.run(run())


def test_a_handshake_arrives_with_its_token_and_is_refused_in_the_gateways_words() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer a.b.c"
        return web.json_response({"message": "Forbidden", "connectionId": "L0SM9cOFvHcCIhw="}, status=403)

    async def run() -> None:
        async with proxy_to(handler) as client:
            headers = {
                "Authorization": "Bearer a.b.c",
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
            }
            answer = await client.get("/ws?ticket=abc", headers=headers)
            assert (answer.status, answer.content_type) == (403, "application/json")
            assert await answer.json() == {"message": "Forbidden", "connectionId": "L0SM9cOFvHcCIhw="}

    asyncio.run(run())


def test_a_message_larger_than_on_aws_ends_the_connection() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(str(len(message.data)))
        return socket

    async def run() -> None:
        async with proxy_to(handler) as client, client.ws_connect("/ws") as socket:
            await socket.send_str("x" * 128 * 1024)
            assert await socket.receive_str() == str(128 * 1024)
            await socket.send_str("x" * (128 * 1024 + 1))
            message = await socket.receive()
            assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.MESSAGE_TOO_BIG)

    asyncio.run(run())
