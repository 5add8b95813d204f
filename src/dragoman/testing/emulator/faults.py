"""Faults on demand: what can go wrong with an answer, where and when.

Positions inside a body count its pieces: the frames of a stream, or 1 for a whole body. Negative ones count from the
end: `end_after=-1` leaves out the last frame, the end marker. Positions in bytes count all that goes over the wire,
from the first byte of the head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any, Final, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from dragoman.errors import ConfigurationError, ProviderError, class_of_status

HEADER: Final = "x-emulator-fault"
"""The request header that asks for a fault: `status=429;retry-after=1`. Values may be percent-encoded."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that goes wrong. What is not set goes well.

    Attributes:
        status: Answer with this HTTP status and, from 400 on, an error in the caller's dialect. With `error_after`:
            what the error inside the stream is about.
        message: The words of the error.
        code: Its code, in dialects that have one.
        retry_after: The `retry-after` header: seconds, or a date.
        headers: Further headers of the reply; they replace its own.
        body: The body in place of the right one: broken JSON, HTML, or nothing at all.
        error_after: After so many frames, at the latest before those that end it, the stream says that it has failed.
        end_after: After so many frames the body ends, in good order as HTTP goes.
        frame: A frame put into the stream as it is, such as `data: {oops` and a blank line.
        frame_after: Where it is put.
        repeat_ids: Give every answer the same id, and all its tool calls one.
        repeat_frame: Send the frame of this number twice.
        head_delay_seconds: The wait before the head.
        first_delay_seconds: The wait between the head and the body.
        event_delay_seconds: The wait between two pieces.
        drip_bytes: Send so many bytes at a time.
        drip_seconds: The wait between them.
        stall_after: After so many pieces nothing more comes, and the connection stays open.
        stall_at_byte: The same, by bytes: 0 never answers.
        hold_at_text: After the piece of a stream by which the answer has said this, nothing more comes until
            `emulator.release()`.
        cut_after: After so many pieces the connection ends.
        cut_at_byte: The same, by bytes.
        reset: End the connection with a reset instead of an orderly close.
        framing: How the length of the body is told: `chunked`, `length` (a `content-length`) or `close` (by the end
            of the connection).
    """

    status: int | None = None
    message: str | None = None
    code: str | None = None
    retry_after: float | str | None = None
    headers: dict[str, str] = {}
    body: str | None = None
    error_after: int | None = None
    end_after: int | None = None
    frame: str | None = None
    frame_after: int = 0
    repeat_ids: bool = False
    repeat_frame: int | None = None
    head_delay_seconds: float = 0.0
    first_delay_seconds: float = 0.0
    event_delay_seconds: float = 0.0
    drip_bytes: int | None = None
    drip_seconds: float = 0.0
    stall_after: int | None = None
    stall_at_byte: int | None = None
    hold_at_text: str | None = None
    cut_after: int | None = None
    cut_at_byte: int | None = None
    reset: bool = False
    framing: Literal["chunked", "length", "close"] | None = None

    @property
    def replaces_answer(self) -> bool:
        """Whether no model is asked."""
        return self.body is not None or (self.status is not None and self.error_after is None)

    def error(self) -> ProviderError:
        """The error it is about; an internal one when it does not say."""
        status = self.status or 500
        message = self.message or f"{_phrase(status)} (a fault that was asked for)"
        return class_of_status(status)(message, http_status=status, code=self.code)

    def joined(self, other: Fault) -> Fault:
        """Both at once; what both set is as in `other`."""
        return msgspec.convert({**msgspec.to_builtins(self), **msgspec.to_builtins(other)}, Fault)


NO_FAULT: Final = Fault()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 529 and other inventions
        return f"Status {status}"


def position(after: int, count: int) -> int:
    """A position among `count` pieces: negative ones count from the end, none lies outside."""
    return max(0, min(after if after >= 0 else count + after, count))


def parse_fault(text: str) -> Fault:
    """The fault in a header's value. Raises `ConfigurationError` for what is none."""
    pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
    fields = {name.strip().replace("-", "_"): unquote(value.strip()) for name, _, value in pairs}
    return fault_from(fields)


def fault_from(fields: dict[str, Any]) -> Fault:
    """A fault from JSON or from a header. Raises `ConfigurationError` naming the field that is wrong."""
    try:
        return msgspec.convert(fields, Fault, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"not a fault: {error}") from None


class Filter(Struct, frozen=True, kw_only=True):
    """Which calls something is for: those for `model`, those whose path ends in `path`."""

    model: str | None = None
    path: str | None = None

    def lets_through(self, model: str | None, path: str) -> bool:
        return (self.model is None or self.model == model) and (self.path is None or path.endswith(self.path))


class _Standing(Struct, kw_only=True):
    """A fault that waits for calls. `times` is how many are left for it, `None` without end."""

    fault: Fault
    where: Filter
    times: int | None
    share: float


class Faults:
    """The faults that wait for calls."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self.chance = chance
        self._lock = Lock()
        self._standing: list[_Standing] = []

    def add(self, fault: Fault, where: Filter, *, times: int | None, share: float) -> None:
        with self._lock:
            self._standing.append(_Standing(fault=fault, where=where, times=times, share=share))

    def next(self, model: str | None, path: str, *, only_by_path: bool = False) -> Fault:
        """The fault for a call, or `NO_FAULT`. `only_by_path` leaves out those that name no path."""
        with self._lock:
            for standing in self._standing:
                if only_by_path and standing.where.path is None:
                    continue
                if standing.where.lets_through(model, path) and self._strikes(standing):
                    return standing.fault
        return NO_FAULT

    def _strikes(self, standing: _Standing) -> bool:
        if standing.share < 1 and self.chance() >= standing.share:
            return False
        if standing.times is not None:
            standing.times -= 1
            if not standing.times:
                self._standing.remove(standing)
        return True

    def clear(self) -> None:
        with self._lock:
            self._standing.clear()

    def list(self) -> Sequence[dict[str, Any]]:
        """What waits, for people to read."""
        with self._lock:
            return [msgspec.to_builtins(standing) for standing in self._standing]
