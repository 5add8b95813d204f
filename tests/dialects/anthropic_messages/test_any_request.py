"""Nothing is lost in silence: whatever the canonical language can say is on the wire or among the losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given, settings

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.messages import (
    Extra,
    Message,
    OutputFormat,
    Request,
    Role,
    ToolResult,
    encode_json,
)
from dragoman.messages.media import Media

from .strategies import any_request

LABELS: dict[tuple[type, str], str] = {
    (Media, "name"): "a file's name is not shown to the model",
    (Media, "media_type"): "said by the URL or the file itself; with bytes it is sent",
    (ToolResult, "name"): "the id of the call says which tool it was",
    (OutputFormat, "name"): "other dialects need it to tell formats apart",
}
"""Fields that only label, and may be left out without a word."""

SAID_BY_SHAPE = {"role", "mode", "kind", "unit", "complete", "dialect", "arguments_json", "enabled"}
"""Fields that show in the shape of the wire rather than as a value in it; the tables test them one by one."""

BOOLEANS = {
    "stream": b'"stream":true',
    "is_error": b'"is_error":true',
    "strict": b'"strict":',
    "citations": b'"citations":{"enabled":',
    "parallel_tool_calls": b'"disable_parallel_tool_use":',
}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(any_request())
def test_all_that_is_said_is_sent_or_reported(request: Request) -> None:
    encoded = DIALECT.encode_request(request)
    body = encode_json(encoded.wire)
    reported = [loss.where for loss in encoded.losses]
    silent = [
        path
        for path, name, value in leaves(request, "")
        if not on_the_wire(name, value, body) and not any(covers(where, path) for where in reported)
    ]
    assert not silent


def leaves(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Every value that was set: where it is, the field it belongs to, and what it is."""
    if isinstance(value, Extra):
        base = path.rpartition(".")[0]
        base = "" if path.startswith("extra[") else base  # fields of the request itself
        yield from leaves(value.fields, base)
    elif isinstance(value, msgspec.Struct):
        for name, given in fields_set(value):
            if not is_label(value, name):
                yield from leaves(given, f"{path}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{number}]")
    elif value is not None and value != "":
        yield path, path.rpartition(".")[2], value


def fields_set(record: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    defaults = dict(zip(reversed(record.__struct_fields__), reversed(record.__struct_defaults__), strict=False))
    for name in record.__struct_fields__:
        given = getattr(record, name)
        if name not in defaults or given != defaults[name]:
            yield name, given


def is_label(record: msgspec.Struct, name: str) -> bool:
    return name in SAID_BY_SHAPE or any(isinstance(record, kind) and name == field for kind, field in LABELS)


def on_the_wire(name: str, value: Any, body: bytes) -> bool:
    if isinstance(value, bool):
        return BOOLEANS.get(name, b"\0") in body
    return encode_json(value).strip(b'"') in body or value in ("none", "text", "json_object", "json_schema")


def covers(where: str, path: str) -> bool:
    """Whether a loss at `where` speaks of `path`: of itself, or of the whole it is part of."""
    return path == where or path.startswith((f"{where}.", f"{where}["))


def test_the_check_can_fail() -> None:
    said = [path for path, _, _ in leaves(Request(model="m", seed=5, messages=(Message(Role.USER, "hi"),)), "")]
    assert said == ["model", "messages[0].content", "seed"]
    assert not on_the_wire("seed", 5, b'{"model":"m"}')
    assert not covers("seedling", "seed")
