"""One line for each call: JSON for machines, words for the person at a terminal. No prompt and no answer is in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from dragoman.gateway.operations.writer import LineWriter
from dragoman.gateway.record import CallRecord
from dragoman.messages import Usage

LogFormat: TypeAlias = Literal["auto", "json", "text", "off"]
"""`auto` is text where standard error is a terminal, and JSON elsewhere."""


class CallLog:
    """Writes a line for each call to a file, or to standard error."""

    def __init__(self, form: LogFormat = "auto", file: str | Path | None = None) -> None:
        self._sink = None if form == "off" else _open(file)
        self._writer = None if self._sink is None else LineWriter(self._sink, _line_function(form, self._sink))
        self.observe: Callable[[CallRecord], None] = _unheard if self._writer is None else self._writer.put

    @property
    def dropped(self) -> int:
        """Lines that could not be written."""
        return 0 if self._writer is None else self._writer.dropped

    def close(self) -> None:
        if self._writer is not None and self._sink is not None and self._writer.close():
            self._sink.close()


def _unheard(_: CallRecord) -> None:
    """Of a log that is off."""


def _open(file: str | Path | None) -> FileIO:
    """Unbuffered, and appended to. Standard error is taken by its number, so that closing this leaves it open."""
    if file is None:
        return FileIO(sys.__stderr__.fileno() if sys.__stderr__ else os.devnull, "w", closefd=sys.__stderr__ is None)
    return FileIO(str(file), "a")


def _line_function(form: LogFormat, sink: FileIO) -> Callable[[CallRecord], bytes]:
    if form == "auto":
        return text_line if sink.isatty() else json_line
    return text_line if form == "text" else json_line


class Line(Struct, kw_only=True, omit_defaults=True):
    """What the log says of a call. What is not known is left out."""

    time: datetime
    request_id: str
    surface: str
    action: str
    model: str
    stream: bool
    status: int
    outcome: str
    seconds: float
    provider: str = ""
    served: str = ""
    key: str | None = None
    tenant: str | None = None
    first_token_seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: str | None = None
    attempts: list[str] | None = None
    losses: list[str] | None = None


_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


def json_line(record: CallRecord) -> bytes:
    """A JSON object in one line."""
    line = line_of(record)
    try:
        return _encode(line) + b"\n"
    except UnicodeEncodeError:  # half a character, in a model's name that a caller made up
        line.model = line.model.encode(errors="backslashreplace").decode()
        return _encode(line) + b"\n"


def line_of(record: CallRecord) -> Line:
    usage, first = record.usage, record.first_token_seconds
    return Line(
        time=datetime.fromtimestamp(record.when, UTC),
        request_id=record.request_id,
        surface=record.surface,
        action=record.action,
        model=record.model,
        stream=record.stream,
        status=record.status,
        outcome=record.outcome,
        seconds=round(record.seconds, 6),
        provider=record.provider,
        served=record.served,
        key=record.key,
        tenant=record.tenant,
        first_token_seconds=None if first is None else round(first, 6),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_usd=None if record.cost is None else f"{record.cost:f}",
        attempts=[f"{attempt.target}: {attempt.outcome}" for attempt in record.attempts] or None,
        losses=[loss.where for loss in record.losses] or None,
    )


def text_line(record: CallRecord) -> bytes:
    """For people: `21:03:11 200 gpt-4o → openai/gpt-4o-2024-08-06 0.81s 42+64 tokens $0.00012 ok req_…`."""
    served = f"{record.provider}/{record.served or '?'}" if record.provider else ""
    facts = [
        datetime.fromtimestamp(record.when, UTC).strftime("%H:%M:%S"),
        str(record.status),
        f"{record.model} → {served}" if served else record.model,
        f"{record.seconds:.2f}s",
        _tokens(record.usage),
        "" if record.cost is None else f"${record.cost:f}",
        record.outcome,
        f"after {len(record.attempts)} tries" if len(record.attempts) > 1 else "",
        f"{len(record.losses)} losses" if record.losses else "",
        record.request_id,
    ]
    return (_harmless(" ".join(filter(None, facts))) + "\n").encode()


def _tokens(usage: Usage) -> str:
    if usage.input_tokens is None and usage.output_tokens is None:
        return ""
    return f"{usage.input_tokens or 0}+{usage.output_tokens or 0} tokens"


def _harmless(line: str) -> str:
    """Without what could steer a terminal or begin another line: callers make up the names of models."""
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
