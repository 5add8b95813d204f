"""A request, both ways.

Labels (a schema's name, a tool's function) are not sent and not reported.
"""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects.base import Encoded, Wire, merge_extra, unknown_fields
from dragoman.dialects.checks import optional, required, wanted
from dragoman.dialects.cohere_v2.messages import Conversation, decode_conversation
from dragoman.dialects.cohere_v2.tools import decode_choice, decode_tools, encode_tools
from dragoman.dialects.cohere_v2.wire import NAME, ChatRequest, ResponseFormat, Thinking
from dragoman.dialects.losses import lose_settings
from dragoman.messages import Extra, Loss, OutputFormat, ReasoningOptions, Request

_PLAIN: Final[dict[str, tuple[str, type]]] = {
    "max_tokens": ("max_tokens", int),
    "temperature": ("temperature", float),
    "p": ("top_p", float),
    "k": ("top_k", int),
    "seed": ("seed", int),
    "frequency_penalty": ("frequency_penalty", float),
    "presence_penalty": ("presence_penalty", float),
    "logprobs": ("logprobs", bool),
}
"""Fields that are the same in both languages but for their name: the record's name, and the type on the wire."""

_NO_PLACE: Final = ("top_logprobs", "user", "service_tier", "metadata", "n")

# ---------------------------------------------------------------------- encode


def encode_request(request: Request) -> Encoded:
    losses: list[Loss] = []
    conversation = Conversation(request.messages, losses)
    wire: Wire = {"model": request.model, "messages": conversation.turns}
    if conversation.documents:
        wire["documents"] = conversation.documents
    encode_tools(request, wire, losses)
    for name, (field, _) in _PLAIN.items():
        value = getattr(request, field)
        if value is not None:
            wire[name] = value
    if request.stop:
        wire["stop_sequences"] = list(request.stop)
    if request.output_format is not None:
        wire["response_format"] = _encode_format(request.output_format, losses)
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, wire, losses)
    if request.stream:
        wire["stream"] = True
    lose_settings(request, _NO_PLACE, losses)
    for extra in request.extra:
        merge_extra(wire, extra, NAME, "", losses)
    return Encoded(wire, tuple(losses))


def _encode_format(form: OutputFormat, losses: list[Loss]) -> Wire:
    wire: Wire = {"type": "text" if form.kind == "text" else "json_object"}
    if form.kind != "text":
        _encode_schema(form, wire, losses)
    if form.strict is False:
        losses.append(Loss(effect="changed", where="output_format.strict", why="a schema is always enforced here"))
    if form.description is not None:
        losses.append(Loss(effect="dropped", where="output_format.description", why="only the schema is sent"))
    merge_extra(wire, form.extra, NAME, "output_format", losses)
    return wire


def _encode_schema(form: OutputFormat, wire: Wire, losses: list[Loss]) -> None:
    if form.schema is not None:
        wire["json_schema"] = dict(form.schema)
    if (form.schema is None) is (form.kind == "json_schema"):
        why = "a schema is always enforced here" if form.schema else "there is no schema: sent as any JSON"
        losses.append(Loss(effect="changed", where="output_format.kind", why=why))


def _encode_reasoning(options: ReasoningOptions, wire: Wire, losses: list[Loss]) -> None:
    """`thinking`: whether to, and for how many tokens. Models that can think do so unless they are told not to."""
    thinking: Wire = {}
    off = options.enabled is False or (options.enabled is None and options.effort == "none")
    if off:
        thinking["type"] = "disabled"
    elif options.enabled or options.budget_tokens is not None:
        thinking["type"] = "enabled"
    if options.budget_tokens is not None:
        if off:
            losses.append(Loss(effect="dropped", where="reasoning.budget_tokens", why="thinking is switched off"))
        else:
            thinking["token_budget"] = options.budget_tokens
    if options.effort is not None and not (off and options.effort == "none"):
        why = "how long to think is said by a number of tokens, not by an effort"
        losses.append(Loss(effect="dropped", where="reasoning.effort", why=why))
    merge_extra(thinking, options.extra, NAME, "reasoning", losses)
    if thinking:
        wire["thinking"] = thinking


# ---------------------------------------------------------------------- decode

_KNOWN: Final = frozenset(ChatRequest.__annotations__)


def decode_request(wire: Wire, path: str = "") -> Request:  # noqa: ARG001  # the body says it all
    """Raises `Rejected`, naming the first field that is wrong."""
    fields: Wire = {field: optional(wire, name, kind) for name, (field, kind) in _PLAIN.items()}
    choice, tools = decode_choice(wire), decode_tools(wire)
    texts: list[Any] = optional(wire, "stop_sequences", list) or []
    return Request(
        model=required(wire, "model", str),
        messages=decode_conversation(wire),
        tools=tools,
        tool_choice=choice,
        output_format=_decode_format(wire),
        reasoning=_decode_reasoning(wire),
        stop=tuple(wanted(text, str, f"stop_sequences[{number}]") for number, text in enumerate(texts)),
        stream=bool(optional(wire, "stream", bool)),
        extra=_unknown(wire, known_choice=choice is not None, has_tools=bool(tools)),
        **fields,
    )


_FORMAT: Final = frozenset(ResponseFormat.__annotations__)
_THINKING: Final = frozenset(Thinking.__annotations__)


def _decode_format(wire: Wire) -> OutputFormat | None:
    form = optional(wire, "response_format", dict)
    if form is None or required(form, "type", str, "response_format.") not in ("text", "json_object"):
        return None
    extra = unknown_fields(form, _FORMAT, NAME)
    if form["type"] == "text":
        return OutputFormat(kind="text", extra=extra)
    schema = optional(form, "json_schema", dict, "response_format.")
    return OutputFormat(kind="json_object" if schema is None else "json_schema", schema=schema, extra=extra)


def _decode_reasoning(wire: Wire) -> ReasoningOptions | None:
    thinking = optional(wire, "thinking", dict)
    if thinking is None:
        return None
    off = required(thinking, "type", str, "thinking.") == "disabled"
    budget = None if off else optional(thinking, "token_budget", int, "thinking.")
    enabled = False if off else True if budget is None else None
    return ReasoningOptions(enabled=enabled, budget_tokens=budget, extra=unknown_fields(thinking, _THINKING, NAME))


def _unknown(wire: Wire, *, known_choice: bool, has_tools: bool) -> tuple[Extra, ...]:
    """What has no canonical place. A `null` says nothing."""
    rest = {name: value for name, value in wire.items() if name not in _KNOWN and value is not None}
    if wire.get("tool_choice") is not None and not known_choice:
        rest["tool_choice"] = wire["tool_choice"]
    if wire.get("strict_tools") is not None and not (has_tools and wire["strict_tools"]):
        rest["strict_tools"] = wire["strict_tools"]
    form: Wire = wire.get("response_format") or {}
    if form and form["type"] not in ("text", "json_object"):
        rest["response_format"] = form
    return (Extra(fields=rest, dialect=NAME),) if rest else ()
