"""`Tape`: what was recorded, found again by what a client sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final, Literal, TypeAlias

import msgspec

from dragoman.errors import ConfigurationError, Rejected
from dragoman.secret import Secret
from dragoman.testing.tape.exchange import Exchange, Recorded, Sent, body_fields, content_of, exchanges_in, write_whole
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


_writing: Final = Lock()
"""Held from looking at a file to writing it: two tapes may have the same one."""


class NotOnTape(Rejected):
    """A call was made that is not on the tape, and nothing may be sent."""


class Blank:
    """A place on a tape, kept for the reply to a request that is on its way."""

    def __init__(self, tape: Tape, sent: Sent, number: int) -> None:
        self._tape = tape
        self._sent = sent
        self._number = number

    def fill(self, response: Recorded) -> None:
        """Keep the reply, in the file too. Raises `ConfigurationError` when another tape has written the file."""
        self._tape.put(self._number, Exchange(request=self._sent, response=response))


class Tape:
    """Recorded calls in a JSON file, played back in the order in which equal requests were made.

    Two requests are equal when provider, base URL, method, path, query and JSON body are, keys and headers aside. The
    base URL is the one of `upstreams`, or of the provider's variables when the emulator is made, or the usual; where
    nothing names one, `replay` plays what was recorded at any. Each recording is played once; when all that are equal
    have been, the last one is played again. Any number of threads may record onto one tape, or play it; that two tapes
    record into one file is refused.

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
        self._places: dict[int, Exchange] = {}
        self._content = _read(self.path)
        if mode == "replay" and self._content is None:
            raise ConfigurationError(
                f"there is no tape `{path}`: record one with Tape(..., mode='auto'), or `pytest --dragoman-tapes=auto`"
            )
        recorded = () if self._content is None or mode == "record" else exchanges_in(self._content, self.path)
        self._places = dict(enumerate(recorded))
        self._next_place = count(len(recorded))
        self._played: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"<Tape {self.path} {self.mode}, {len(self)} exchanges>"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What is on it, in the order in which the requests were made."""
        return tuple(self._places.values())

    def play(self, sent: Sent) -> Recorded | Blank:
        """The next reply that was recorded for such a request, or a place for the one that is to be sent for.

        Raises `NotOnTape` when there is none and nothing may be sent.
        """
        key = _key(sent)
        with self._lock:
            found = [each for each in self.exchanges if _key(each.request) == key and self._is_there(each, sent)]
            turn = self._played.get(key, 0)
            if found and (turn < len(found) or self.mode == "replay"):
                self._played[key] = turn + 1
                return found[min(turn, len(found) - 1)].response
            if self.mode != "replay":
                return Blank(self, sent, next(self._next_place))
        raise NotOnTape(self._what_differs(sent), http_status=400, code="not_on_tape")

    def _is_there(self, exchange: Exchange, sent: Sent) -> bool:
        """Whether an exchange took place where the request is meant to go."""
        anywhere = self.mode == "replay" and sent.base_url is None
        return anywhere or exchange.request.base_url == sent.base_url

    def put(self, number: int, exchange: Exchange) -> None:
        """Keep an exchange at its place, in the file too."""
        key = _key(exchange.request)
        with self._lock:
            places = dict(sorted({**self._places, number: exchange}.items()))
            self._write(tuple(places.values()))
            self._places = places
            self._played[key] = self._played.get(key, 0) + 1

    def _write(self, exchanges: tuple[Exchange, ...]) -> None:
        content = content_of(exchanges, today=datetime.now(UTC).date().isoformat())
        with _writing:
            there = _read(self.path)
            if there is not None and there != self._content:
                raise ConfigurationError(f"another tape has recorded into `{self.path}`: give each a file of its own")
            write_whole(self.path, content)
        self._content = content

    def _what_differs(self, sent: Sent) -> str:
        """For the message: what was asked, and how the likeliest recording differs."""
        at = f" at {sent.base_url}" if sent.base_url else ""
        start = f"{sent.method} {sent.target} to `{sent.provider}`{at} is not on the tape `{self.path}`"
        if elsewhere := {_place(it) for it in self.exchanges if _key(it.request) == _key(sent)}:
            return f"{start}; it was recorded at {', '.join(sorted(elsewhere))}"
        near = [it.request for it in self.exchanges if it.request.target == sent.target]
        if not near:
            return f"{start}; it has no call to that path"
        ours, theirs = (
            _lines(sent),
            min((_lines(it) for it in near), key=lambda lines: len(set(lines) ^ set(_lines(sent)))),
        )
        difference = list(unified_diff(theirs, ours, "on the tape", "asked", lineterm="", n=1))[:_LINES_OF_DIFFERENCE]
        return "\n".join([f"{start}; the nearest recording differs:", *difference])


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


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


def _place(exchange: Exchange) -> str:
    return exchange.request.base_url or "the provider's usual place"


def _lines(sent: Sent) -> list[str]:
    return msgspec.json.format(canonical(sent.body), indent=1).decode().splitlines()
