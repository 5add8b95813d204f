"""Options of clients and calls as a document has them: keys become secrets, limits and transports records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from dragoman.http import Timeouts
from dragoman.routing.tables.fields import located, mapping_at, record_at
from dragoman.routing.tables.places import below
from dragoman.secret import Secret, is_telling
from dragoman.transport import TransportOptions


def options_at(place: str, given: Any) -> dict[str, Any]:
    """The same options as programs pass them. Which there are is known to who takes them."""
    return {name: _option(below(place, name), name, value) for name, value in mapping_at(place, given).items()}


def _option(place: str, name: str, value: Any) -> Any:
    read = _READERS.get(name)
    return value if read is None else read(place, value)


def _secret(_: str, given: Any) -> Any:
    return Secret(given) if isinstance(given, str) else given


def _timeout(place: str, given: Any) -> Any:
    """Seconds for the whole call, also as a text from the environment, or each limit by its name."""
    if isinstance(given, Mapping):
        return record_at(place, given, Timeouts)
    return record_at(place, {"total": given}, Timeouts).total


def _headers(place: str, given: Any) -> dict[str, Any]:
    headers = mapping_at(place, given)
    return {name: _secret(place, value) if is_telling(name) else value for name, value in headers.items()}


class _Transport(Struct, frozen=True, kw_only=True):
    """The settings of `TransportOptions` that can be written down."""

    proxy: str | None = None
    trust_env: bool = True
    verify: bool | str = True
    ca_file: str | None = None
    cert: str | tuple[str, ...] | None = None
    max_connections: int | None = None
    max_idle: int = 256
    keepalive_seconds: float = 60.0


def _transport(place: str, given: Any) -> TransportOptions:
    said = record_at(place, given, _Transport)
    with located(place):
        return TransportOptions(**asdict(said))


_READERS: Final[dict[str, Callable[[str, Any], Any]]] = {
    **dict.fromkeys(("api_key", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"), _secret),
    "timeout": _timeout,
    "headers": _headers,
    "transport": _transport,
}
