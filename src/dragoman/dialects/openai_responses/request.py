"""A request, both ways.

What is not written and not reported, because it says nothing to a model: `Tool.function`, labels of pictures and
sounds, and `include_usage` where nothing is streamed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.openai_chat.checks import checked
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.options import SCHEMA_TYPES, encode_effort, schema_fields
from dragoman.dialects.openai_responses.conversation import (
    INSTRUCTIONS,
    decode_input,
    decode_instructions,
    encode_conversation,
)
from dragoman.dialects.openai_responses.extras import extra_of, restore
from dragoman.dialects.openai_responses.tools import decode_choice, decode_tools, encode_choice, encode_tools
from dragoman.dialects.openai_responses.wire import LOGPROBS
from dragoman.dialects.service_tiers import OPENAI
from dragoman.messages import OutputFormat, ReasoningOptions, Request

_PLAIN: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "max_output_tokens": ("max_tokens", (int,)),
    "temperature": ("temperature", (int, float)),
    "top_p": ("top_p", (int, float)),
    "top_logprobs": ("top_logprobs", (int,)),
    "parallel_tool_calls": ("parallel_tool_calls", (bool,)),
    "user": ("user", (str,)),
    "service_tier": ("service_tier", (str,)),
    "metadata": ("metadata", (dict,)),
}
"""Fields that are the same in both languages but for their name: the record's name, and the types of the wire."""

_FIELDS: Final = [(field, name) for name, (field, _) in _PLAIN.items() if field != "service_tier"]

_NO_FIELD: Final = ("top_k", "seed", "frequency_penalty", "presence_penalty")
"""Settings that the Responses API does not have."""

# ---------------------------------------------------------------------- encode


def encode_request(request: Request) -> Encoded:
    losses = Losses()
    wire: Wire = {"model": request.model} if request.model else {}
    wire |= encode_conversation(request.messages, losses)
    if request.tools:
        wire["tools"] = encode_tools(request, losses)
    if request.tool_choice is not None:
        wire["tool_choice"] = encode_choice(request, request.tool_choice, losses)
    for field, name in _FIELDS:
        value = getattr(request, field)
        if value is not None:
            wire[name] = value
    OPENAI.write(request.service_tier, wire, "service_tier", losses.found)
    if request.output_format is not None:
        wire["text"] = {"format": _encode_format(request.output_format, losses)}
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, wire, losses)
    if request.stream:
        wire["stream"] = True
    for extra in request.extra:
        restore(wire, extra, losses)
    _encode_logprobs(request, wire)
    _lose_settings(request, losses)
    if not wire["input"] and "prompt" in wire:  # a stored prompt needs none
        del wire["input"]
    return Encoded(wire, tuple(losses.found))


def _encode_format(form: OutputFormat, losses: Losses) -> Wire:
    wire: Wire = {"type": form.kind}
    for name in SCHEMA_TYPES:
        value = getattr(form, name)
        if value is None:
            continue
        if form.kind == "json_schema":
            wire[name] = value
        else:
            losses.dropped(f"output_format.{name}", "only `json_schema` has it")
    restore(wire, form.extra, losses, "output_format")
    return wire


def _encode_reasoning(options: ReasoningOptions, wire: Wire, losses: Losses) -> None:
    effort = encode_effort(options, losses)
    asked: Wire = {} if effort is None else {"effort": effort}
    restore(asked, options.extra, losses, "reasoning")
    if asked:
        wire["reasoning"] = asked


def _encode_logprobs(request: Request, wire: Wire) -> None:
    """Among what else is to be included."""
    included = wire.get("include")
    if request.logprobs:
        wire["include"] = [*(cast("list[Any]", included) if isinstance(included, list) else ()), LOGPROBS]


def _lose_settings(request: Request, losses: Losses) -> None:
    for name in _NO_FIELD:
        if getattr(request, name) is not None:
            losses.dropped(name, "the Responses API has no such setting")
    if request.stop:
        losses.dropped("stop", "the Responses API takes no stop texts")
    if request.n not in (None, 1):
        losses.dropped("n", "the Responses API gives one answer")
    if request.include_usage is False:
        losses.dropped("include_usage", "usage is always reported")


# ---------------------------------------------------------------------- decode


def decode_request(wire: Wire) -> Request:
    """Raises `Rejected` for a body that is no request."""
    fields: Wire = {}
    rest: Wire = {}
    for name, value in wire.items():
        plain = _PLAIN.get(name)
        if plain is None:
            _decode_field(name, value, fields, rest)
        elif value is not None:
            fields[plain[0]] = checked(value, plain[1], name)
    _check_presence(wire)
    instructions: list[Any] = fields.pop(INSTRUCTIONS, [])
    messages = (*instructions, *fields.pop("input", ()))
    extra = extra_of(rest)
    model: str = fields.pop("model", "")
    return Request(model=model, messages=messages, extra=() if extra is None else (extra,), **fields)


def _check_presence(wire: Wire) -> None:
    if wire.get("prompt") is not None:
        return
    for name in ("model", "input"):
        if wire.get(name) is None:
            raise rejected(name, f"a request has `{name}`", code="missing_required_parameter")


def _decode_field(name: str, value: Any, fields: Wire, rest: Wire) -> None:
    decode = _DECODE.get(name)
    if decode is None:
        rest[name] = value
    elif value is not None:
        decode(value, fields, rest)


def _decode_model(value: Any, fields: Wire, _: Wire) -> None:
    fields["model"] = checked(value, (str,), "model")


def _decode_input(value: Any, fields: Wire, _: Wire) -> None:
    fields["input"] = decode_input(value)


def _decode_instructions(value: Any, fields: Wire, _: Wire) -> None:
    fields[INSTRUCTIONS] = [decode_instructions(checked(value, (str,), INSTRUCTIONS))]


def _decode_tools(value: Any, fields: Wire, _: Wire) -> None:
    fields["tools"] = decode_tools(value)


def _decode_tool_choice(value: Any, fields: Wire, rest: Wire) -> None:
    choice = decode_choice(value)
    if choice is None:
        rest["tool_choice"] = value
    else:
        fields["tool_choice"] = choice


def _decode_stream(value: Any, fields: Wire, _: Wire) -> None:
    fields["stream"] = checked(value, (bool,), "stream")


def _decode_include(value: Any, fields: Wire, rest: Wire) -> None:
    if not isinstance(value, list) or LOGPROBS not in value:
        rest["include"] = value
        return
    fields["logprobs"] = True
    others = [each for each in cast("list[Any]", value) if each != LOGPROBS]
    if others:
        rest["include"] = others


def _decode_text(value: Any, fields: Wire, rest: Wire) -> None:
    text = cast("Wire", checked(value, (dict,), "text"))
    others = {name: each for name, each in text.items() if name != "format"}
    form = text.get("format")
    known = None if form is None else _decode_format(cast("Wire", checked(form, (dict,), "text.format")))
    if known is not None:
        fields["output_format"] = known
    elif form is not None:
        others["format"] = form
    if others:
        rest["text"] = others


def _decode_format(form: Wire) -> OutputFormat | None:
    """`None` for a format that only the provider knows."""
    kind = form.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        return None
    known = schema_fields(form, "text.format") if kind == "json_schema" else {}
    names = {"type", *(SCHEMA_TYPES if kind == "json_schema" else ())}
    rest = {name: value for name, value in form.items() if name not in names}
    return OutputFormat(kind=kind, extra=extra_of(rest), **known)


_REASONING: Final = frozenset({"effort", "summary", "generate_summary"})
"""Wishes whose null says nothing: SDKs send it."""


def _decode_reasoning(value: Any, fields: Wire, rest: Wire) -> None:
    options = cast("Wire", checked(value, (dict,), "reasoning"))
    effort = options.get("effort")
    if effort is not None and not isinstance(effort, str):
        rest["reasoning"] = options
        return
    others = {name: option for name, option in options.items() if option is not None or name not in _REASONING}
    others.pop("effort", None)
    if others or effort is not None:
        fields["reasoning"] = ReasoningOptions(effort=effort, extra=extra_of(others))


_DECODE: Final[dict[str, Callable[[Any, Wire, Wire], None]]] = {
    "model": _decode_model,
    "input": _decode_input,
    INSTRUCTIONS: _decode_instructions,
    "tools": _decode_tools,
    "tool_choice": _decode_tool_choice,
    "stream": _decode_stream,
    "include": _decode_include,
    "text": _decode_text,
    "reasoning": _decode_reasoning,
}
