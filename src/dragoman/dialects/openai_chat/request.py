"""A request, both ways.

What is not written and not reported, because it says nothing to a model: `Tool.function`, labels of pictures and
sounds, and `include_usage` where nothing is streamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, cast

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.openai_chat.checks import checked
from dragoman.dialects.openai_chat.errors import rejected
from dragoman.dialects.openai_chat.losses import Losses, extra_of, is_ours, restore
from dragoman.dialects.openai_chat.messages import decode_messages, encode_messages
from dragoman.dialects.openai_chat.options import SCHEMA_TYPES, encode_effort, schema_fields
from dragoman.dialects.openai_chat.tools import decode_choice, decode_tools, decode_web_search, encode_tools
from dragoman.dialects.openai_chat.variant import OPENAI, WEB_SEARCH, Variant
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import Extra, JsonObject, OutputFormat, ReasoningOptions, Request

_PLAIN: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "max_completion_tokens": ("max_tokens", (int,)),
    "temperature": ("temperature", (int, float)),
    "top_p": ("top_p", (int, float)),
    "top_k": ("top_k", (int,)),
    "seed": ("seed", (int,)),
    "frequency_penalty": ("frequency_penalty", (int, float)),
    "presence_penalty": ("presence_penalty", (int, float)),
    "n": ("n", (int,)),
    "logprobs": ("logprobs", (bool,)),
    "top_logprobs": ("top_logprobs", (int,)),
    "parallel_tool_calls": ("parallel_tool_calls", (bool,)),
    "user": ("user", (str,)),
    "service_tier": ("service_tier", (str,)),
    "metadata": ("metadata", (dict,)),
}
"""Fields that are the same in both languages but for their name: the record's name, and the types of the wire."""

_FIELDS: Final = [(field, name) for name, (field, _) in _PLAIN.items() if field != "service_tier"]

# ---------------------------------------------------------------------- encode


def encode_request(request: Request, variant: Variant = OPENAI) -> Encoded:
    losses = Losses(variant)
    return Encoded(write_request(request, losses), tuple(losses.found))


def write_request(request: Request, losses: Losses) -> Wire:
    """The body, in the writing of `losses.variant`."""
    wire: Wire = {"model": request.model, "messages": encode_messages(request.messages, losses)}
    if request.tools or request.tool_choice is not None:
        encode_tools(request, wire, losses)
    for field, name in _FIELDS:
        value = getattr(request, field)
        if value is not None:
            wire[name] = value
    losses.variant.tiers.write(request.service_tier, wire, "service_tier", losses.found)
    if request.stop:
        wire["stop"] = list(request.stop)
    if request.output_format is not None:
        wire["response_format"] = _encode_format(request.output_format, losses)
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, wire, losses)
    if request.stream:
        wire["stream"] = True
        if request.include_usage is not False:
            wire["stream_options"] = {"include_usage": True}
    for extra in request.extra:
        restore(wire, extra, losses)
    return wire


def _encode_format(form: OutputFormat, losses: Losses) -> Wire:
    wire: Wire = {"type": form.kind}
    fields = {name: value for name in SCHEMA_TYPES if (value := getattr(form, name)) is not None}
    if form.kind == "json_schema":
        wire["json_schema"] = fields
    elif "schema" in fields and form.kind == "json_object":
        wire["schema"] = fields.pop("schema")  # Fireworks, llama.cpp
        _lose_all(fields, losses)
    else:
        _lose_all(fields, losses)
    restore(wire, form.extra, losses, "output_format")
    return wire


def _lose_all(fields: Wire, losses: Losses) -> None:
    for name in fields:
        losses.dropped(f"output_format.{name}", "only `json_schema` has it")


def _encode_reasoning(options: ReasoningOptions, wire: Wire, losses: Losses) -> None:
    """`reasoning_effort`, or OpenRouter's object for what came in one."""
    if options.extra is not None and "reasoning" in options.extra.spelling and is_ours(options.extra, losses):
        pairs = ((name, getattr(options, field)) for name, field in _REASONING.items())
        asked: Wire = {name: value for name, value in pairs if value is not None}
        wire["reasoning"] = {**asked, **options.extra.fields}
        return
    effort = encode_effort(options, losses)
    if effort is not None:
        wire["reasoning_effort"] = effort
    restore(wire, options.extra, losses, "reasoning")


_REASONING: Final = {"effort": "effort", "max_tokens": "budget_tokens", "enabled": "enabled"}
"""Names in OpenRouter's `reasoning`."""

# ---------------------------------------------------------------------- decode


def decode_request(wire: Wire, path: str = "") -> Request:
    """Raises `Rejected` for a body that is no request. Azure names the model in the path."""
    fields: Wire = {}
    rest: Wire = {}
    for name, value in wire.items():
        plain = _PLAIN.get(name)
        if plain is not None:
            if value is not None:
                fields[plain[0]] = value if type(value) in plain[1] else checked(value, plain[1], name)
        elif name not in _LATER:
            decode = _DECODE.get(name)
            if decode is None:
                rest[name] = value
            elif value is not None:
                decode(value, fields, rest)
    limit = wire.get("max_tokens")
    if limit is not None:  # the older name: where both are given, the newer one counts and this one goes back as it is
        where = rest if "max_tokens" in fields else fields
        where["max_tokens"] = limit if type(limit) is int else checked(limit, (int,), "max_tokens")
    if "stream" in wire or "stream_options" in wire:
        _decode_stream(wire, fields, rest)
    messages, model = wire.get("messages"), wire.get("model")
    if messages is None:
        raise rejected("messages", "a list of messages is needed here", code="missing_required_parameter")
    return Request(
        model=model if type(model) is str else _model(model, path),
        messages=decode_messages(messages),
        extra=(Extra(fields=rest, dialect=NAME),) if rest else (),
        **fields,
    )


def _model(model: Any, path: str) -> str:
    if model is None:
        found = re.search(r"/deployments/([^/?]+)/", path)
        model = found[1] if found else None
    if model is None:
        raise rejected("model", "the name of a model is needed here", code="missing_required_parameter")
    return checked(model, (str,), "model")


def _decode_tools(value: Any, fields: Wire, _: Wire) -> None:
    fields["tools"] = (*fields.get("tools", ()), *decode_tools(value, "tools"))


def _decode_functions(value: Any, fields: Wire, _: Wire) -> None:
    fields["tools"] = (*fields.get("tools", ()), *decode_tools(value, "functions"))


def _decode_web_search(value: Any, fields: Wire, rest: Wire) -> None:
    if isinstance(value, dict):
        fields["tools"] = (*fields.get("tools", ()), decode_web_search(cast("Wire", value)))
    else:
        rest[WEB_SEARCH] = value


def _decode_tool_choice(value: Any, fields: Wire, rest: Wire) -> None:
    choice = decode_choice(value)
    if choice is None:
        rest["tool_choice"] = value
    else:
        fields["tool_choice"] = choice


def _decode_function_call(value: Any, fields: Wire, rest: Wire) -> None:
    choice = decode_choice(value)
    if choice is None or "tool_choice" in fields:
        rest["function_call"] = value
    else:
        fields["tool_choice"] = choice


def _decode_stream(wire: Wire, fields: Wire, rest: Wire) -> None:
    """A stream that does not ask for usage wants none."""
    stream, options = wire.get("stream"), wire.get("stream_options")
    others = cast("Wire", checked(options, (dict,), "stream_options")) if options is not None else {}
    if stream is not None and checked(stream, (bool,), "stream"):
        fields["stream"] = True
        fields["include_usage"] = others.get("include_usage") is True
        others = {name: option for name, option in others.items() if name != "include_usage"}
    if others:
        rest["stream_options"] = others


def _decode_stop(value: Any, fields: Wire, _: Wire) -> None:
    texts = [value] if isinstance(value, str) else cast("list[Any]", checked(value, (list,), "stop"))
    fields["stop"] = tuple([checked(text, (str,), "stop") for text in texts])


def _decode_format(value: Any, fields: Wire, rest: Wire) -> None:
    form = cast("Wire", checked(value, (dict,), "response_format"))
    kind = form.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        rest["response_format"] = value
    elif kind == "json_schema":
        fields["output_format"] = _decode_schema(form)
    else:
        fields["output_format"] = _decode_plain_format(kind, form)


def _decode_plain_format(kind: Literal["text", "json_object"], form: Wire) -> OutputFormat:
    schema = form.get("schema") if kind == "json_object" and isinstance(form.get("schema"), dict) else None
    known = {"type"} if schema is None else {"type", "schema"}
    rest = {name: value for name, value in form.items() if name not in known}
    return OutputFormat(kind=kind, schema=schema, extra=extra_of(rest))


def _decode_schema(form: Wire) -> OutputFormat:
    where = "response_format.json_schema"
    inner = cast("Wire", checked(form.get("json_schema"), (dict,), where))
    known = schema_fields(inner, where)
    rest = {name: value for name, value in form.items() if name not in ("type", "json_schema")}
    deeper = {name: value for name, value in inner.items() if name not in SCHEMA_TYPES}
    if deeper:
        rest["json_schema"] = deeper
    return OutputFormat(kind="json_schema", extra=extra_of(rest), **known)


def _decode_effort(value: Any, fields: Wire, rest: Wire) -> None:
    """Some hosts take numbers: those are theirs alone."""
    if not isinstance(value, str) or "reasoning" in fields:
        rest["reasoning_effort"] = value
    else:
        fields["reasoning"] = ReasoningOptions(effort=value)


def _decode_reasoning(value: Any, fields: Wire, rest: Wire) -> None:
    options = cast("Wire", value) if isinstance(value, dict) else None
    known = None if options is None else _reasoning_fields(options)
    if options is None or known is None or "reasoning" in fields:
        rest["reasoning"] = value
        return
    others = {name: option for name, option in options.items() if name not in _REASONING}
    extra = Extra(fields=others, dialect=NAME, spelling={"reasoning": {}})
    fields["reasoning"] = ReasoningOptions(**known, extra=extra)


def _reasoning_fields(options: JsonObject) -> Wire | None:
    """What `reasoning` says in our words, or `None` when it says it in words we do not know."""
    known: Wire = {}
    for name, kind in (("effort", str), ("max_tokens", int), ("enabled", bool)):
        value = options.get(name)
        if value is not None and type(value) is not kind:
            return None
        known[_REASONING[name]] = value
    return known


_DECODE: Final[dict[str, Callable[[Any, Wire, Wire], None]]] = {
    "tools": _decode_tools,
    "functions": _decode_functions,
    WEB_SEARCH: _decode_web_search,
    "tool_choice": _decode_tool_choice,
    "function_call": _decode_function_call,
    "stop": _decode_stop,
    "response_format": _decode_format,
    "reasoning_effort": _decode_effort,
    "reasoning": _decode_reasoning,
}
_LATER: Final = frozenset({"model", "messages", "max_tokens", "stream", "stream_options"})
"""Fields that every request has, or that are read together with others, when all are there."""
