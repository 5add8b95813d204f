"""`Tape`: what was recorded, found again by what a client sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from threading import Lock
from typing import Final, Literal, TypeAlias

import msgspec

from dragoman.errors import ConfigurationError, Rejected
from dragoman.secret import Secret
from dragoman.testing.tape.exchange import Exchange, Recorded, Sent, body_fields, read_file, write_file
from dragoman.testing.tape.scrubbing import (
    canonical,
    clean_bytes,
    clean_headers,
    clean_target,
    readable,
    secrets_in,
)

Mode: TypeAlias = Literal["replay", "auto", "record"]
"""`replay`: nothing is ever sent. `auto`: what is not on the tape is sent and recorded. `record`: all of it, anew."""

_MODES: Final = ("replay", "auto", "record")
_LINES_OF_DIFFERENCE: Final = 30


class NotOnTape(Rejected):
    """A call was made that is not on the tape, and nothing may be sent."""


class Tape:
    """Recorded calls in a JSON file, played back in the order in which equal requests were made.

    Two requests are equal when provider, method, path, query and JSON body are, keys and headers aside. Each recording
    is played once; when all that are equal have been, the last one is played again.

        with Emulator(tape=Tape("tests/tapes/summary.json")) as emulator:
            ...  # with emulator.environment() set, any client's calls go through the tape

    Args:
        path: The file. It is written after each call that was recorded, with keys and cookies removed.
        mode: See `Mode`.
        upstreams: Where to send calls to a provider when not to its usual place, by the provider's name.
    """

    def __init__(self, path: str | Path, mode: Mode = "replay", *, upstreams: Mapping[str, str] | None = None) -> None:
        if mode not in _MODES:
            raise ConfigurationError(f"a tape's mode is one of {', '.join(_MODES)}, not {mode!r}")
        self.path = Path(path)
        self.mode: Mode = mode
        self.upstreams = dict(upstreams or {})
        self._lock = Lock()
        self._exchanges = [] if mode == "record" else list(read_file(self.path))
        self._played: dict[bytes, int] = {}
        if mode == "replay" and not self.path.is_file():
            raise ConfigurationError(f"there is no tape `{path}`: record one with Tape(..., mode='auto')")

    def __len__(self) -> int:
        return len(self._exchanges)

    def __repr__(self) -> str:
        return f"<Tape {self.path} {self.mode}, {len(self)} exchanges>"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        return tuple(self._exchanges)

    def play(self, sent: Sent) -> Recorded | None:
        """The next reply that was recorded for such a request; `None` when it is to be sent.

        Raises `NotOnTape` when there is none and nothing may be sent.
        """
        key = _key(sent)
        with self._lock:
            found = [exchange for exchange in self._exchanges if _key(exchange.request) == key]
            turn = self._played.get(key, 0)
            if found and (turn < len(found) or self.mode == "replay"):
                self._played[key] = turn + 1
                return found[min(turn, len(found) - 1)].response
        if self.mode == "replay":
            raise NotOnTape(self._what_differs(sent), http_status=400, code="not_on_tape")
        return None

    def record(self, sent: Sent, response: Recorded) -> None:
        """Keep an exchange, in the file too."""
        with self._lock:
            self._exchanges.append(Exchange(request=sent, response=response))
            key = _key(sent)
            self._played[key] = self._played.get(key, 0) + 1
            write_file(self.path, tuple(self._exchanges), today=datetime.now(UTC).date().isoformat())

    def _what_differs(self, sent: Sent) -> str:
        """For the message: what was asked, and how the likeliest recording differs."""
        start = f"{sent.method} {sent.target} to `{sent.provider}` is not on the tape `{self.path}`"
        near = [it.request for it in self._exchanges if it.request.target == sent.target]
        if not near:
            return f"{start}; it has no call to that path"
        ours, theirs = (
            _lines(sent),
            min((_lines(it) for it in near), key=lambda lines: len(set(lines) ^ set(_lines(sent)))),
        )
        difference = list(unified_diff(theirs, ours, "on the tape", "asked", lineterm="", n=1))[:_LINES_OF_DIFFERENCE]
        return "\n".join([f"{start}; the nearest recording differs:", *difference])


def sent_of(provider: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Sent:
    """A request as a tape keeps it."""
    secrets = tuple(secrets_in(target, headers))
    return Sent(provider=provider, method=method, target=clean_target(target), body=readable(body, secrets))


def recorded_of(status: int, headers: Mapping[str, str], content: bytes, secrets: Sequence[Secret]) -> Recorded:
    """A reply as a tape keeps it: without `secrets`, those that the request carried."""
    fields = body_fields(clean_bytes(content, secrets), headers.get("content-type", ""))
    return Recorded(status=status, headers=clean_headers(headers, secrets), **fields)


def _key(sent: Sent) -> bytes:
    return canonical([sent.provider, sent.method, sent.target, sent.body])


def _lines(sent: Sent) -> list[str]:
    return msgspec.json.format(canonical(sent.body), indent=1).decode().splitlines()
