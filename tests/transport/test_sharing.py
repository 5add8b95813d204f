"""Threads, tasks, event loops and processes: who may share what, and who may let go of it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from dragoman.errors import ConnectionLost, Error, TimedOut
from dragoman.http import HttpRequest, Origin
from dragoman.transport import TransportOptions, open_async_transport, open_transport
from dragoman.transport import pool as pools

from .callers import Caller, make_caller, post
from .conftest import open_files, until
from .scripted import CLOSE, HOLD, READ, Await, ScriptedServer, Tell, answer, chunked

Serve = Callable[..., ScriptedServer]

MANY = 200


class Echo(asyncio.Protocol):
    """Answers each request with its body."""

    open: ClassVar[set[asyncio.Transport]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.held = transport, b""
        self.open.add(transport)

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n") + 4) > 3:
            length = int(self.held[:end].lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            if len(self.held) < end + length:
                return
            self.transport.write(answer(self.held[end : end + length]))
            self.held = self.held[end + length :]

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.discard(self.transport)


@pytest.fixture
def echo() -> Iterator[Origin]:
    """A server that echoes, in a thread of its own, for as long as it is asked."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Echo, "127.0.0.1", 0, backlog=512))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])

    async def stop() -> None:
        server.close()
        for transport in list(Echo.open):
            transport.abort()
        while Echo.open:  # noqa: ASYNC110  # in which the loop closes them
            await asyncio.sleep(0)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def numbered(origin: Origin, number: int) -> HttpRequest:
    return post(origin, body=b"%d" % number * (number % 50 + 1))


# ---------------------------------------------------------------------- threads


def test_two_hundred_threads_share_one_transport(echo: Origin) -> None:
    transport = open_transport()

    def work(number: int) -> bool:
        return all(
            transport.open(numbered(echo, turn)).read() == numbered(echo, turn).body
            for turn in range(number, number + 10)
        )

    with ThreadPoolExecutor(MANY) as threads:
        assert all(threads.map(work, range(MANY)))
    transport.close()


def test_threads_take_turns_on_few_connections(echo: Origin) -> None:
    transport = open_transport(TransportOptions(max_connections=3))
    most: list[int] = []

    def work(number: int) -> bool:
        reply = transport.open(numbered(echo, number))
        most.append(len(next(iter(transport._pools.values()))._all))
        return reply.read() == numbered(echo, number).body

    with ThreadPoolExecutor(50) as threads:
        assert all(threads.map(work, range(300)))
    assert max(most) <= 3
    transport.close()


def test_threads_are_served_in_the_order_they_came(serve: Serve) -> None:
    first = threading.Event()
    server = serve([READ, answer(b"hello")[:-1], Await(first), b"o", *[READ, answer()] * 5, HOLD])
    transport = open_transport(TransportOptions(max_connections=1))
    reply = transport.open(post(server.origin))
    pool = next(iter(transport._pools.values()))
    threads = []
    for number in range(5):
        thread = threading.Thread(target=lambda n=number: transport.open(post(server.origin, body=b"%d" % n)).read())
        thread.start()
        threads.append(thread)
        until(lambda n=number: len(pool._waiters) == n + 1)
    first.set()
    reply.read()
    for thread in threads:
        thread.join(10)
    assert [request.body for request in server.requests[1:]] == [b"0", b"1", b"2", b"3", b"4"]
    assert server.connections == 1
    transport.close()


@pytest.mark.parametrize("what", ["reply", "transport"])
@pytest.mark.parametrize("phase", ["head", "body"])
def test_another_thread_ends_a_call_that_waits(serve: Serve, what: str, phase: str) -> None:
    come = threading.Event()
    begin = [] if phase == "head" else [answer(b"hello")[:-1]]
    server = serve([READ, *begin, Tell(come), HOLD])
    transport = open_transport()
    errors: list[Exception] = []
    replies: list[object] = []

    def work() -> None:
        try:
            replies.append(transport.open(post(server.origin)))
            replies[0].read()
        except Error as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert come.wait(10)
    if phase == "body":
        until(lambda: bool(replies))
    if what == "reply" and phase == "body":
        replies[0].close()
    else:
        transport.close()
    thread.join(10)
    assert not thread.is_alive()
    assert [type(error) for error in errors] == [ConnectionLost]
    assert "ended from this side" in str(errors[0])
    transport.close()
    assert server.gone.wait(10)


def test_another_thread_ends_a_call_that_waits_its_turn(serve: Serve) -> None:
    server = serve([READ, answer(b"hello")[:-1], HOLD])
    transport = open_transport(TransportOptions(max_connections=1))
    reply = transport.open(post(server.origin))
    pool = next(iter(transport._pools.values()))
    errors: list[Exception] = []

    def work() -> None:
        try:
            transport.open(post(server.origin))
        except Error as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: len(pool._waiters) == 1)
    transport.close()
    thread.join(10)
    assert [type(error) for error in errors] == [ConnectionLost]
    reply.close()


def test_closing_from_many_threads_at_once(echo: Origin) -> None:
    """Calls, closings and droppings race; whatever happens, it is one of our errors, and nothing stays open."""
    before = open_files()

    def work(number: int) -> None:
        transport = open_transport()
        closer = threading.Timer(0.001 * (number % 7), transport.close)
        closer.start()
        try:
            for turn in range(20):
                assert transport.open(numbered(echo, turn)).read() == numbered(echo, turn).body
        except Error:
            pass
        closer.join()

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(work, range(60)))
    until(lambda: open_files() <= before)


def test_the_garbage_collector_may_drop_replies_at_any_moment(serve: Serve) -> None:
    """Also in the midst of what a pool does, in the thread that does it: nothing waits for itself, no turn is lost."""
    server = serve([READ, answer(b"hello")[:-1], HOLD])
    transport = open_transport(TransportOptions(max_connections=4))
    thresholds = gc.get_threshold()
    gc.set_threshold(3)  # after every third new object
    try:
        for _ in range(100):
            reply = transport.open(post(server.origin, limits={"connect": 5.0}))
            circle: list[object] = [reply]
            circle.append(circle)
            del reply, circle
    finally:
        gc.set_threshold(*thresholds)
    transport.close()


# ---------------------------------------------------------------------- tasks


def test_two_hundred_tasks_share_one_transport(echo: Origin) -> None:
    async def work(number: int) -> bool:
        for turn in range(number, number + 10):
            reply = await transport.open(numbered(echo, turn))
            assert await reply.read() == numbered(echo, turn).body
        return True

    async def main() -> None:
        assert all(await asyncio.gather(*map(work, range(MANY))))
        transport.close()

    transport = open_async_transport()
    asyncio.run(main())


def test_tasks_take_turns_on_few_connections(echo: Origin) -> None:
    transport = open_async_transport(TransportOptions(max_connections=3))

    async def work(number: int) -> None:
        reply = await transport.open(numbered(echo, number))
        assert len(next(iter(transport._pools.values()))._all) <= 3
        assert await reply.read() == numbered(echo, number).body

    async def main() -> None:
        await asyncio.gather(*map(work, range(MANY)))

    asyncio.run(main())
    transport.close()


@pytest.mark.parametrize("phase", ["head", "body", "stream", "turn", "connect"])
def test_a_cancelled_task_frees_what_it_held(serve: Serve, phase: str) -> None:
    come = threading.Event()
    begin = [] if phase == "head" else [chunked(b"data: 1\n\n")[:-5]]
    server = serve([READ, *begin, Tell(come), HOLD])
    transport = open_async_transport(TransportOptions(max_connections=1 if phase == "turn" else None))

    async def work() -> None:
        reply = await transport.open(post(server.origin))
        if phase == "body":
            await reply.read()
        async for _ in reply.frames("sse"):
            pass

    async def main() -> None:
        held = await transport.open(post(server.origin)) if phase == "turn" else None
        task = asyncio.create_task(work())
        if phase != "connect":
            assert await asyncio.to_thread(come.wait, 10)
        await asyncio.sleep(0.02 if phase != "connect" else 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(pool._waiters or pool._opening for pool in transport._pools.values())
        if held is not None:
            held.close()
        await asyncio.sleep(0)
        assert not any(pool._all for pool in transport._pools.values())

    asyncio.run(main())
    if phase != "connect":
        assert server.gone.wait(10)
    transport.close()


def test_a_turn_that_came_to_a_cancelled_task_is_passed_on(serve: Serve) -> None:
    server = serve([READ, answer(b"hello")[:-1], HOLD], [READ, answer(), HOLD])
    transport = open_async_transport(TransportOptions(max_connections=1))

    async def main() -> None:
        reply = await transport.open(post(server.origin))
        tasks = [asyncio.create_task(transport.open(post(server.origin))) for _ in range(2)]
        await asyncio.sleep(0)
        reply.close()  # the turn goes to the first task, which is cancelled before it can know
        tasks[0].cancel()
        second = await tasks[1]
        assert await second.read() == b"ok"
        assert tasks[0].cancelled()

    asyncio.run(main())
    transport.close()


@pytest.mark.parametrize("what", ["reply", "transport"])
@pytest.mark.parametrize("where", ["another thread", "the loop's thread"])
def test_ending_a_stream_that_waits_from_outside(serve: Serve, what: str, where: str) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD])
    transport = open_async_transport()

    async def main() -> None:
        reply = await transport.open(post(server.origin))
        stream = reply.frames("sse")
        assert await anext(stream) == [("", b"1")]
        waits = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        close = reply.close if what == "reply" else transport.close
        if where == "another thread":
            thread = threading.Thread(target=close)
            thread.start()
            thread.join(10)
        else:
            close()
        with pytest.raises(ConnectionLost, match="ended from this side"):
            await waits
        assert await asyncio.to_thread(server.gone.wait, 10)

    asyncio.run(main())
    transport.close()


def test_closing_a_transport_ends_the_making_of_connections(serve: Serve) -> None:
    server = serve([HOLD])
    transport = open_async_transport()

    async def main() -> None:
        request = post(Origin("https", "127.0.0.1", server.port), limits={"connect": 10.0})
        task = asyncio.create_task(transport.open(request))
        await asyncio.sleep(0.05)
        transport.close()
        with pytest.raises(ConnectionLost, match="its client was closed"):
            await task

    asyncio.run(main())


def test_closing_a_blocking_transport_ends_the_making_of_connections(serve: Serve) -> None:
    server = serve([HOLD])
    transport = open_transport()
    timer = threading.Timer(0.05, transport.close)
    timer.start()
    with pytest.raises(ConnectionLost, match="ended from this side"):
        transport.open(post(Origin("https", "127.0.0.1", server.port), limits={"connect": 10.0}))
    timer.join()


def test_nothing_blocks_the_loop_while_a_peer_is_slow(serve: Serve) -> None:
    server = serve([READ, HOLD])
    transport = open_async_transport()

    async def main() -> None:
        task = asyncio.create_task(transport.open(post(server.origin, limits={"first_byte": 0.3})))
        rounds = 0
        while not task.done():
            await asyncio.sleep(0.005)
            rounds += 1
        with pytest.raises(TimedOut):
            await task
        assert rounds > 5

    asyncio.run(main())
    transport.close()


# ---------------------------------------------------------------------- event loops


def test_one_transport_on_several_loops_in_turn(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = serve([*[READ, answer()] * 2, HOLD])
    transport = open_async_transport()
    of_others = dict(pools._pools)  # clients that a type of another test still holds, by its validator

    async def twice() -> None:
        for _ in range(2):
            assert await (await transport.open(post(server.origin))).read() == b"ok"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            asyncio.run(twice())
            gc.collect()
            assert pools._pools.items() <= of_others.items(), "a loop that has ended leaves nothing"
    assert server.connections == 3
    transport.close()
    assert caplog.records == []


def test_one_transport_on_several_loops_at_once(echo: Origin) -> None:
    transport = open_async_transport()

    async def work() -> None:
        for turn in range(20):
            assert await (await transport.open(numbered(echo, turn))).read() == numbered(echo, turn).body

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: asyncio.run(work()), range(16)))
    transport.close()


def test_a_loop_that_was_closed_without_a_word(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Not by `asyncio.run`: nobody told us. Its sockets are freed when the next loop comes, or the transport goes."""
    server = serve([READ, answer(), HOLD])
    transport = open_async_transport()

    async def once() -> None:
        assert await (await transport.open(post(server.origin))).read() == b"ok"

    before = open_files()
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(once())
        loop.close()
        until(lambda: open_files() <= before + 2)  # one connection, whose other end is here too
    transport.close()
    until(lambda: open_files() <= before)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # asyncio's own, for whoever closes a loop like that
        gc.collect()
    assert caplog.records == []


def test_a_reply_outlives_its_loop_in_silence(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = serve([READ, answer(b"hello")[:-1], HOLD])
    transport = open_async_transport()

    async def half() -> object:
        return await transport.open(post(server.origin))

    reply = asyncio.run(half())
    assert server.gone.wait(10), "the loop has ended, and with it the connection"
    reply.close()
    del reply
    transport.close()
    assert caplog.records == []


def test_a_transport_is_closed_after_its_loop(serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    transport = open_async_transport()

    async def once() -> None:
        await (await transport.open(post(server.origin))).read()

    asyncio.run(once())
    transport.close()
    transport.close()


# ---------------------------------------------------------------------- processes


def in_a_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked child, which must end well and soon."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(20)
            work()
            code = 0
        except BaseException:  # noqa: BLE001  # the parent reads the exit code
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.fixture
def forking() -> Iterator[None]:
    """Newer Pythons warn of a fork beside threads, such as those of the test's server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.usefixtures("forking")
def test_a_forked_child_opens_its_own_connections(serve: Serve, mode: str) -> None:
    server = serve([*[READ, answer(b"parent")] * 2, HOLD], [READ, answer(b"child"), HOLD])
    caller = make_caller(mode, TransportOptions())
    assert caller.call(post(server.origin)).body == b"parent"

    def work() -> None:
        child = caller if mode == "blocking" else make_caller(mode, TransportOptions())
        if mode != "blocking":
            child.transport = caller.transport
        assert child.call(post(server.origin)).body == b"child"

    in_a_child(work)
    assert caller.call(post(server.origin)).body == b"parent"
    assert server.connections == 2
    caller.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.usefixtures("forking")
def test_a_forked_child_leaves_a_running_stream_alone(serve: Serve) -> None:
    go = threading.Event()
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], Await(go), b"9\r\ndata: 2\n\n\r\n0\r\n\r\n", HOLD])
    transport = open_transport()
    stream = transport.open(post(server.origin)).frames("sse")
    assert next(stream) == [("", b"1")]

    def work() -> None:
        with pytest.raises(ConnectionLost):
            next(stream)
        transport.close()

    in_a_child(work)
    go.set()
    assert [frame for frames in stream for frame in frames] == [("", b"2")]
    transport.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.usefixtures("forking")
def test_a_fork_while_other_threads_are_at_work(echo: Origin) -> None:
    """Locks that other threads hold in that moment must not hold up the child."""
    transport = open_transport(TransportOptions(max_connections=4))
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            assert transport.open(numbered(echo, 7)).read() == numbered(echo, 7).body

    def child() -> None:
        for turn in range(5):
            assert transport.open(numbered(echo, turn)).read() == numbered(echo, turn).body

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            in_a_child(child)
    finally:
        over.set()
        for thread in threads:
            thread.join(10)
    transport.close()


def test_the_caller_fixture_sees_what_is_left(caller: Caller, serve: Serve) -> None:
    """The watch over open files and threads is itself watched: an open connection shows."""
    server = serve([READ, answer(), CLOSE])
    before = open_files()
    caller.call(post(server.origin))
    assert open_files() > before
