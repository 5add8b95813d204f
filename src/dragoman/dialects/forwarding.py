"""What has to be changed of a body that is passed on as its sender wrote it: a row for each dialect that is taken in.

Everything else of such a body stays as it came. A stream that says its usage only when asked is asked for it, for who
passes a request on wants to know what it cost; the frame that comes for that reason alone is not the sender's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, cast

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder, Encoder

from dragoman.http import Frame
from dragoman.messages import LLMResponse, encode_json

Body = dict[str, Raw]
"""A JSON object of which only the names are read; the values stay as they were written."""

fields_in: Final = Decoder(Body).decode
"""The fields of a JSON object, whose values are not looked at. Raises `ValueError` for what is none."""

write_body: Final = Encoder().encode
"""A body as bytes: its values are written already, and its names were read."""

_value: Final = Decoder().decode


class Forwarding(Struct, frozen=True, kw_only=True):
    """Where a dialect says what may have to be said anew.

    Attributes:
        model: The field that names the model; `None` where the path does.
        limits: The names that the limit on the answer has had, the newest first.
        inside: The names of the object that the limit is in; none where it is the body.
        usage_in: The object that says whether a stream tells its usage; `None` where every stream does.
        end: The frame that ends every stream.
    """

    model: str | None = "model"
    limits: tuple[str, ...]
    inside: tuple[str, ...] = ()
    usage_in: str | None = None
    end: Frame | None = None

    def limited(self, body: Body, limit: int) -> None:
        """Write `limit` where the sender wrote another, or none; never more than the sender allows."""
        fields, said = self._fields(body) if self.inside else body, False
        for name in self.limits:
            written = fields.get(name)
            there = None if written is None else _value(written)
            if there is not None:
                said = True
                if not isinstance(there, int | float) or there > limit:
                    fields[name] = raw(limit)
        if not said:
            fields[self.limits[0]] = raw(limit)
        if self.inside:
            body[self._object(body)] = raw(fields)

    def _fields(self, body: Body) -> Body:
        name = self._object(body)
        return fields_in(body[name]) if name in body else {}

    def _object(self, body: Body) -> str:
        """The name of the object that the limit is in."""
        return next((each for each in self.inside if each in body), self.inside[0])

    def tells_usage(self, body: Mapping[str, Raw]) -> bool:
        """Whether the sender of `body` is told what a stream has used."""
        name = self.usage_in
        if name is None:
            return True
        options = _value(body[name]) if name in body else None
        return isinstance(options, dict) and cast("dict[str, Any]", options).get(_INCLUDE) is True

    def ask_for_usage(self, body: Body) -> None:
        """Have a stream tell its usage. What else the sender wrote there stays."""
        name = self.usage_in
        if name is None:
            return
        there = body.get(name)
        options = {} if there is None or there == _NULL else fields_in(there)
        body[name] = raw({**options, _INCLUDE: True})


def raw(value: Any) -> Raw:
    """A value as it stands in a body."""
    return Raw(encode_json(value))


def only_tells_usage(data: bytes) -> bool:
    """Whether a frame of `openai_chat` is there for the usage alone: it has no choices. Azure's first has none either,
    and tells what its filter found.
    """
    if b'"choices":[]' not in data and b'"choices": []' not in data:
        return False
    try:
        frame = _FRAME.decode(data)
    except DecodeError:
        return False
    return frame.choices == [] and bool(frame.usage)


class _UsageFrame(Struct):
    choices: list[Raw] | None = None
    usage: dict[str, Raw] | None = None


_FRAME: Final = Decoder(_UsageFrame)
_INCLUDE: Final = "include_usage"
_NULL: Final = Raw(b"null")

_ROWS: Final[Mapping[str, Forwarding]] = {
    "anthropic_messages": Forwarding(limits=("max_tokens",)),
    "gemini": Forwarding(
        model=None,
        limits=("maxOutputTokens", "max_output_tokens"),
        inside=("generationConfig", "generation_config"),
    ),
    "openai_chat": Forwarding(
        limits=("max_completion_tokens", "max_tokens"),
        usage_in="stream_options",
        end=("", b"[DONE]"),
    ),
    "openai_responses": Forwarding(limits=("max_output_tokens",)),
}

forwarding_in: Final[Callable[[str], Forwarding | None]] = _ROWS.get
"""The row of a dialect; `None` for one whose bodies are not passed on as they are."""

forwarding_of: Final[Callable[[str], Forwarding]] = _ROWS.__getitem__
"""The row of a dialect that has one."""


def read_facts(dialect: str, body: bytes) -> LLMResponse | None:
    """What is read of an answer that is passed on: who made it, why it ended and what it used (`<dialect>/facts.py`).

    `None` for one that has to be read in whole.
    """
    decode, facts_in = _facts_of(dialect)
    try:
        str(body, "utf-8")  # texts that nobody looks at are not checked otherwise
        answer = decode(body)
    except ValueError:
        return None
    return facts_in(answer)


@cache
def _facts_of(dialect: str) -> tuple[Callable[[bytes], Any], Callable[[Any], LLMResponse | None]]:
    module = import_module(f"{__package__}.{dialect}.facts")
    return module.decode, module.facts_in
