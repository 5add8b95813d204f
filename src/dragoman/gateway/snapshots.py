"""`Snapshots`: the configuration that holds now, and how another takes its place while calls are under way."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from dragoman.errors import ConfigurationError
from dragoman.gateway.config import GatewayConfig, load_config
from dragoman.gateway.snapshot import Snapshot
from dragoman.http import Timeouts

_logger: Final = logging.getLogger("dragoman.gateway")

Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | GatewayConfig | None
"""What `load_config` takes, or what it has given. Only a file can be read again."""

_SECONDS: Final = 1.0
"""Between two looks at the file."""


class Snapshots:
    """The snapshot that holds now. A new one takes its place at once and as a whole; one that cannot be does not.

    Attributes:
        current: The one that holds. A call takes it once, and goes on with it.
        error: Why the configuration that was read last does not hold; `None`: it does.
        loaded_at: When the one that holds was read, as a Unix time.
    """

    def __init__(self, source: Source = None, environment: Mapping[str, str] | None = None) -> None:
        """Raises `ConfigurationError` for a configuration that cannot be. `environment`: as in `load_config`."""
        self._source = source
        self._environment = environment
        self._read_of = self._met = self._stamp()
        self._listeners: list[Callable[[Snapshot], object]] = []
        self.current = Snapshot(self._config())
        self._started_with = self.current.config
        self.error: ConfigurationError | None = None
        self.loaded_at = time.time()

    @property
    def path(self) -> Path | None:
        """The file that is read; `None` where there is none."""
        return Path(self._source) if isinstance(self._source, str | os.PathLike) else None

    def on_reload(self, listener: Callable[[Snapshot], object]) -> None:
        """Have each new snapshot told to `listener`, once it holds."""
        self._listeners.append(listener)

    def reload(self) -> bool:
        """Read the configuration again. False: it cannot be; the old one goes on, and `error` says why."""
        return self._hold(self._read())

    def close(self) -> None:
        """Close all clients at once; calls under way end with an error."""
        self.current.close()

    # ------------------------------------------------------------------ the file changes

    @asynccontextmanager
    async def watching(self, seconds: float = _SECONDS) -> AsyncGenerator[None, None]:
        """Within it the file is read again when it has changed, and whenever the process gets SIGHUP.

        One that is being written is left alone until it has not changed for `seconds`.
        """
        asked = asyncio.Event()
        watch = asyncio.create_task(self._watch(seconds, asked))
        try:
            with _hangups(asked.set):
                yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    async def _watch(self, seconds: float, asked: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), seconds)
            if asked.is_set() or self.has_changed():
                asked.clear()
                self._hold(await asyncio.to_thread(self._read))  # a long file in YAML takes its time

    def has_changed(self) -> bool:
        """Whether the file is another than the one that was read, and the same as when this was asked last."""
        stamp, before = self._stamp(), self._met
        self._met = stamp
        return stamp == before and stamp != self._read_of

    def _stamp(self) -> object:
        """What changes when the file does; `None` where there is none."""
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError as error:
            return type(error)
        return found.st_mtime_ns, found.st_size, found.st_ino

    # ------------------------------------------------------------------ another takes its place

    def _read(self) -> Snapshot | ConfigurationError:
        """What is configured now, or why it cannot be."""
        self._read_of = self._stamp()
        try:
            return Snapshot(self._config(), self.current)
        except ConfigurationError as error:
            return error
        except Exception as error:  # whatever a file makes go wrong, the one that holds goes on
            _logger.exception("the configuration cannot be read")
            return ConfigurationError(f"it cannot be read: {type(error).__name__}: {error}")

    def _hold(self, found: Snapshot | ConfigurationError) -> bool:
        if isinstance(found, ConfigurationError):
            self.error = found
            _logger.error("the configuration stays as it was: %s", found)
            return False
        self.current, self.error, self.loaded_at = found, None, time.time()
        _logger.info("configuration %d holds now", found.generation)
        self._tell_what_waits(found.config)
        for listener in self._listeners:
            listener(found)
        return True

    def _tell_what_waits(self, config: GatewayConfig) -> None:
        now, then = _read_at_the_start(config), _read_at_the_start(self._started_with)
        waiting = [name for name in now if now[name] != then[name]]
        if waiting:
            _logger.warning("what has changed in %s holds when the gateway is started again", ", ".join(waiting))

    def _config(self) -> GatewayConfig:
        source = self._source
        return source if isinstance(source, GatewayConfig) else load_config(source, self._environment)

    def __repr__(self) -> str:
        return f"<Snapshots {self.current!r}{f' not {self.error}' if self.error else ''}>"


def _read_at_the_start(config: GatewayConfig) -> dict[str, object]:
    """By section, what is read when the gateway starts: what has changed there holds when it does so again."""
    server = replace(config.server, timeouts=Timeouts())  # those are the models'
    return {
        "server": server,
        "keys": config.keys,
        "log": config.log,
        "metrics": config.metrics,
        "tracing": config.tracing,
    }


@contextmanager
def _hangups(told: Callable[[], object]) -> Generator[None, None, None]:
    """Within it, SIGHUP is told to `told`, unless the program does something about it by itself."""
    if not _is_free("SIGHUP"):
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, told)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _is_free(name: str) -> bool:
    """Whether the signal is there, nobody handles it, and it can be handled: by the main thread alone."""
    number = getattr(signal, name, None)
    in_main_thread = threading.current_thread() is threading.main_thread()
    return number is not None and in_main_thread and signal.getsignal(number) is signal.SIG_DFL
