"""The emulator: a provider on this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final, Self, Unpack

from dragoman.dialects.serving import serving_of
from dragoman.errors import ConfigurationError
from dragoman.providers import ProviderSpec, get_spec, provider_names
from dragoman.testing.emulator.bill import Bill
from dragoman.testing.emulator.connection import Connection
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.emulator.faults import Fault, Filter
from dragoman.testing.emulator.journal import SeenRequest
from dragoman.testing.emulator.routes import host_path
from dragoman.testing.emulator.script import Step
from dragoman.testing.emulator.service import Service
from dragoman.testing.emulator.settings import Settings, SettingsFields
from dragoman.testing.emulator.tape_proxy import address

_GRACE_SECONDS: Final = 1.0
"""How long answers on their way may still take when the emulator stops."""


class Emulator:
    """A provider for tests and demos: a real HTTP server that speaks every dialect and answers by rules or script.

        with Emulator() as emulator:
            llm = dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="any")
            emulator.script("Hello!", Fault(status=429))
            assert llm.generate("Hi").content == "Hello!"

    It listens on `host` and `port` (0: any free one), over TLS when given a server's `ssl_context`. Start it with
    `with` or `start()`; all methods may be called from any thread.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        **settings: Unpack[SettingsFields],
    ) -> None:
        self.host = host
        self.port = port
        self._ssl_context = ssl_context
        self._service = Service(Settings(**settings))
        self._memory = self._service.memory
        self._connections: set[Connection] = set()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._thread else "stopped"
        return f"<Emulator {state}, {self._memory.journal.count} requests>"

    # ------------------------------------------------------------------ where it is

    @property
    def url(self) -> str:
        """Scheme, host and port. Clients that want a version in their base URL need `/v1` after it."""
        return f"{'https' if self._ssl_context else 'http'}://{self.host}:{self.port}"

    @property
    def strict(self) -> bool:
        """Whether it refuses what the providers themselves refuse."""
        return self._service.settings.strict

    def environment(self) -> dict[str, str]:
        """The variables by which the official SDKs, and `dragoman`, find the emulator in place of the providers.

        With a tape that may record, the keys are left to you: the providers want real ones.
        """
        settings, variables = self._service.settings, dict[str, str]()
        replaying = settings.tape is None or settings.tape.mode == "replay"
        key = min(settings.keys) if settings.keys else "emulator"
        for spec in map(get_spec, provider_names()):
            if spec.engine is not None:
                continue  # nothing is sent
            variables[spec.base_url_variables[0]] = self._address(spec)
            if replaying and spec.auth.variables:
                variables[spec.auth.variables[0]] = key
            for setting in spec.settings:
                if setting.is_address and setting.env:
                    variables[setting.env[0]] = self._address(spec)
                elif setting.required and setting.env:
                    variables.setdefault(setting.env[0], "emulator")
        return variables

    def _address(self, spec: ProviderSpec) -> str:
        """Where a client of the provider is to look."""
        if self._service.settings.tape is not None:
            return address(self.url, spec)
        dialect = spec.dialect_for("")
        begin = f"/{dialect}" if serving_of(dialect).client else ""  # then the path has to say which dialect is meant
        if self.strict and not begin and customs_of(dialect).price_list not in ("", spec.prices):
            begin = host_path(spec.name)
        prefix = spec.default_prefix
        settled = isinstance(prefix, str) and "{" not in prefix  # one with settings in it the client puts there itself
        return f"{self.url}{begin}{prefix if settled else ''}"

    # ------------------------------------------------------------------ what it is to do

    def script(self, *steps: Step, model: str | None = None, path: str | None = None) -> None:
        """Answer the next calls (for `model`, to a path that ends in `path`) by these steps, each once, in order."""
        self._memory.script.add(steps, Filter(model=model, path=path))

    def fault(
        self,
        fault: Fault | None = None,
        *,
        times: int | None = 1,
        share: float = 1.0,
        model: str | None = None,
        path: str | None = None,
        **fields: Any,
    ) -> None:
        """Let the next `times` calls go wrong (`None`: all from now on), or only a `share` of those that come.

        Give a `Fault` or its fields: `emulator.fault(status=503, times=2)`. It strikes calls to a model; others only
        when `path` names them. The script is used as well, unless the fault takes the answer's place.
        """
        self._memory.faults.add(fault or Fault(**fields), Filter(model=model, path=path), times=times, share=share)

    def release(self) -> None:
        """Let an answer go on that waits, by the fault `hold_at_text`; when none does, the next that would."""
        self._memory.gate.release()

    def reset(self) -> None:
        """Forget requests, bill, script, faults and caches; the seed begins anew."""
        self._memory.reset()

    # ------------------------------------------------------------------ what it saw

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests it was sent, oldest first; those to the control surface are not among them."""
        return self._memory.journal.list()

    @property
    def bill(self) -> Bill:
        """What the calls used and cost. The line of an answer is there before the client has its last byte."""
        return self._memory.ledger.bill()

    def wait_for_requests(self, count: int, *, timeout_seconds: float = 5.0) -> list[SeenRequest]:
        """Wait until `count` requests have come. Raises `TimeoutError`."""
        self._wait(lambda: self._memory.journal.count >= count, timeout_seconds, f"{count} requests")
        return self.requests

    def wait_for_bill(self, count: int, *, timeout_seconds: float = 5.0) -> Bill:
        """Wait until `count` lines are on the bill: also of calls that the client has left. Raises `TimeoutError`."""
        self._wait(lambda: len(self._memory.ledger) >= count, timeout_seconds, f"{count} lines on the bill")
        return self.bill

    def _wait(self, arrived: Callable[[], bool], seconds: float, what: str) -> None:
        with self._memory.changed:
            if not self._memory.changed.wait_for(arrived, seconds):
                raise TimeoutError(f"waited {seconds} s for {what}; the state is {self._memory.shown()}")

    # ------------------------------------------------------------------ running

    def start(self) -> Self:
        """Listen, in a new thread. Raises `ConfigurationError` when the address cannot be had."""
        if self._thread is not None:
            raise ConfigurationError("this emulator is running already")
        ready, problems = Event(), list[Exception]()
        self._thread = Thread(target=self._run, args=(ready, problems), name="emulator", daemon=True)
        self._thread.start()
        ready.wait()
        if problems:
            self._thread.join()
            self._thread = None
            raise ConfigurationError(f"cannot listen on {self.host}:{self.port}: {problems[0]}") from problems[0]
        return self

    def stop(self) -> None:
        """Stop listening, let answers on their way end within a second, close every connection."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and raise what went wrong in a function of the script, unless something is being raised already."""
        self.stop()
        if kind is None and self._memory.mistakes:
            raise self._memory.mistakes.pop(0)

    def _run(self, ready: Event, problems: list[Exception]) -> None:
        """Whatever keeps it from listening is told to who waits for it: a port too high is no `OSError`."""
        try:
            asyncio.run(self._listen(ready))
        except Exception as error:
            if ready.is_set():
                raise
            problems.append(error)
            ready.set()

    async def _listen(self, ready: Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(
            self._connection, self.host, self.port, backlog=1024, ssl=self._ssl_context
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        await self._drain()

    def _connection(self) -> Connection:
        return Connection(self._service.handle, self._connections, self._service.settings.max_body_bytes)

    async def _drain(self) -> None:
        """Let answers on their way end, then break off what is left."""
        gone = [connection.gone for connection in self._connections]
        for connection in list(self._connections):
            connection.close()
        if gone:
            await asyncio.wait(gone, timeout=_GRACE_SECONDS)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.gather(*gone)
        self._service.close()
