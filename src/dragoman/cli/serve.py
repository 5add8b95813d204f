"""`dragoman serve`: the gateway, until it is told to end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer

from dragoman.errors import ConfigurationError, MissingPackage
from dragoman.gateway.config import GatewayConfig, load_config
from dragoman.gateway.snapshot import Snapshot

_USUAL: Final = Path("dragoman.yaml")
"""The configuration that is taken where none is named and this one is there."""

_PROTOCOL: Final = "dragoman.gateway.protocol:LimitedProtocol"
_KEEP_ALIVE_SECONDS: Final = 75
_BACKSTOP_SECONDS: Final = 10
"""More than calls are given to end, after which uvicorn ends whatever is left."""


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Where to listen (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0 takes any free one (8000).")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", envvar="DRAGOMAN_CONFIG", help="A file in YAML, TOML or JSON (dragoman.yaml)."),
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes (1).")] = None,
) -> None:
    """One address for the clients of every provider.

    Without a configuration: for the keys it finds; without any, the emulator answers.
    """
    source = config or (_USUAL if _USUAL.is_file() else None)
    settings = load_config(source)
    host = settings.server.host if host is None else host
    port = settings.server.port if port is None else port
    _refuse_taken(host, port)
    with ExitStack() as stack:
        if source is None and not Snapshot(settings).models():
            stack.enter_context(_emulated())
        _run(settings, source, host=host, port=port, workers=workers or settings.server.workers)


_REFUSED: Final = {
    errno.EADDRINUSE: "another program listens there: choose another with --port (0 takes any free one)",
    errno.EACCES: "this needs rights that the process has not: choose one above 1023 with --port",
    errno.EADDRNOTAVAIL: "no interface of this machine has that address",
}

_PASSED_OVER: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def _refuse_taken(host: str, port: int) -> None:
    """Raise `ConfigurationError` where nobody can listen: uvicorn would tell the system's words, and no way out."""
    try:
        places = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no name"
        raise ConfigurationError(f"`{host}` is no address of this machine ({why}): see --host") from error
    for family, kind, protocol, _, place in places:
        try:
            _bind(family, kind, protocol, place)
        except OSError as error:
            if error.errno in _PASSED_OVER and len(places) > 1:  # of a name's several addresses, the server leaves it
                continue
            why = _REFUSED.get(error.errno or 0, error.strerror)
            raise ConfigurationError(f"cannot listen on {host}:{port}: {why}") from error


def _bind(family: int, kind: int, protocol: int, place: Any) -> None:
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(place)


@contextmanager
def _emulated() -> Generator[None, None, None]:
    """An emulator in place of all providers, for this process and those it starts."""
    from dragoman.testing import Emulator

    with Emulator() as emulator:
        os.environ.update(emulator.environment())
        _say("# No key of a provider is found: an emulator answers. It repeats what it hears, and costs nothing.\n")
        yield


def _run(settings: GatewayConfig, source: Path | None, *, host: str, port: int, workers: int) -> None:
    uvicorn = _uvicorn()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ended)  # uvicorn raises what it was ended by once more when all is over
    common: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "warning",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "ws": "none",
        "lifespan": "on",
        "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": int(settings.server.drain_seconds) + _BACKSTOP_SECONDS,
    }
    if workers == 1:
        _one(uvicorn, settings, source, common)
    else:
        _several(uvicorn, settings, source, common, workers)


def _one(uvicorn: Any, settings: GatewayConfig, source: Path | None, common: dict[str, Any]) -> None:
    from dragoman.gateway import create_app
    from dragoman.gateway.protocol import AnnouncingServer, limited
    from dragoman.gateway.worker import collect_seldom

    app = create_app(source, host=common["host"])
    protocol = limited(header_seconds=settings.server.header_seconds)
    config = uvicorn.Config(app, http=protocol, **common)
    server = AnnouncingServer(config, lambda host, port: _say(_greeting(settings, host, port)))
    collect_seldom()
    server.run()


def _several(uvicorn: Any, settings: GatewayConfig, source: Path | None, common: dict[str, Any], workers: int) -> None:
    """Processes that share the socket, the store and the metrics; each is started anew when it dies."""
    from uvicorn.supervisors import Multiprocess

    from dragoman.gateway.worker import FACTORY, Instructions

    with TemporaryDirectory(prefix="dragoman-metrics-") as folder:
        told = Instructions(
            config=None if source is None else str(source),
            host=common["host"],
            header_seconds=settings.server.header_seconds,
            metrics=folder,
        )
        told.leave(os.environ)
        config = uvicorn.Config(FACTORY, factory=True, http=_PROTOCOL, workers=workers, **common)
        with config.bind_socket() as place:
            place.listen(config.backlog)  # who comes before the first of them is ready waits, and is not turned away
            _say(_greeting(settings, *place.getsockname()[:2]))
            Multiprocess(config, sockets=[place]).run()


def _greeting(settings: GatewayConfig, host: str, port: int) -> str:
    """What a shell may read as it is: all but the variables are comments."""
    key = "a key of this gateway (dragoman keys create NAME)" if settings.keys.needed_on(host) else "any key will do"
    place = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return (
        f"# The gateway listens on {place} (see {place}/docs). To have your clients use it:\n\n"
        f"  export OPENAI_BASE_URL={place}/v1\n"
        f"  export ANTHROPIC_BASE_URL={place}\n"
        f"  export GOOGLE_GEMINI_BASE_URL={place}\n\n"
        f"# SDKs want a key as well, in OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY: {key}.\n\n"
    )


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _ended(number: int, frame: object) -> None:  # noqa: ARG001  # the form that `signal` wants
    """It was asked to end, and has."""
    raise SystemExit(0)


def _uvicorn() -> Any:
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingPackage("the gateway needs uvicorn: pip install 'dragoman[gateway]'") from error
    return uvicorn
