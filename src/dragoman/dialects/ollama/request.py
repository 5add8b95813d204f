"""A request, both ways.

Encoding says `stream` always, for the server's own default is to stream. Labels (a schema's name, a tool's function)
are not sent and not reported. The server cuts a prompt that is longer than `options.num_ctx` without a word: callers
who send long ones pass it by `extra_body`.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire, merge_extra
from dragoman.dialects.checks import optional, rejected, required, wanted
from dragoman.dialects.losses import lose_extra, lose_settings
from dragoman.dialects.ollama.messages import decode_messages, encode_messages
from dragoman.dialects.ollama.tools import decode_tools, encode_tools
from dragoman.dialects.ollama.wire import NAME
from dragoman.messages import Extra, Loss, OutputFormat, ReasoningOptions, Request

_OPTIONS: Final[dict[str, tuple[str, type]]] = {
    "num_predict": ("max_tokens", int),
    "temperature": ("temperature", float),
    "top_p": ("top_p", float),
    "top_k": ("top_k", int),
    "seed": ("seed", int),
    "frequency_penalty": ("frequency_penalty", float),
    "presence_penalty": ("presence_penalty", float),
}
"""The settings in `options`, and the records' names for them."""

_TOP: Final[dict[str, type]] = {"logprobs": bool, "top_logprobs": int}
"""Settings that stand beside `options`, under the same name."""

_NO_PLACE: Final = ("user", "service_tier", "metadata", "n")

# ---------------------------------------------------------------------- encode


def encode_request(request: Request) -> Encoded:
    losses: list[Loss] = []
    wire: Wire = {"model": request.model, "messages": encode_messages(request.messages, losses)}
    wire["stream"] = request.stream
    encode_tools(request, wire, losses)
    if request.output_format is not None:
        _encode_format(request.output_format, wire, losses)
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, wire, losses)
    options = _encode_options(request)
    if options:
        wire["options"] = options
    for name in _TOP:
        value = getattr(request, name)
        if value is not None:
            wire[name] = value
    lose_settings(request, _NO_PLACE, losses)
    for extra in request.extra:
        merge_extra(wire, extra, NAME, "", losses)
    return Encoded(wire, tuple(losses))


def _encode_options(request: Request) -> Wire:
    pairs = ((name, getattr(request, field)) for name, (field, _) in _OPTIONS.items())
    options: Wire = {name: value for name, value in pairs if value is not None}
    if request.stop:
        options["stop"] = list(request.stop)
    return options


def _encode_format(form: OutputFormat, wire: Wire, losses: list[Loss]) -> None:
    if form.kind == "text":
        return
    wire["format"] = "json" if form.schema is None else dict(form.schema)
    if (form.schema is None) is (form.kind == "json_schema"):
        why = "a schema is always enforced here" if form.schema else "there is no schema: sent as any JSON"
        losses.append(Loss(effect="changed", where="output_format.kind", why=why))
    if form.description is not None:
        losses.append(Loss(effect="dropped", where="output_format.description", why="only the schema is sent"))
    if form.strict is False:
        losses.append(Loss(effect="changed", where="output_format.strict", why="a schema is always enforced here"))
    lose_extra(form.extra, "output_format", losses)


_EFFORTS: Final = {"minimal": "low", "xhigh": "high"}
"""Efforts that no model here has, and the nearest; which words there are is each model's own to say."""


def _encode_reasoning(options: ReasoningOptions, wire: Wire, losses: list[Loss]) -> None:
    """`think`: whether to, or how hard."""
    effort = options.effort
    if options.enabled is False or (options.enabled is None and effort == "none"):
        wire["think"] = False
        if effort not in (None, "none"):
            losses.append(Loss(effect="dropped", where="reasoning.effort", why="thinking is switched off"))
    elif effort not in (None, "none"):
        wire["think"] = _EFFORTS.get(effort, effort)
        if wire["think"] != effort:
            why = f"sent as `{wire['think']}`, the nearest there is"
            losses.append(Loss(effect="changed", where="reasoning.effort", why=why))
    elif options.enabled:
        wire["think"] = True
        if effort == "none":
            losses.append(Loss(effect="dropped", where="reasoning.effort", why="thinking is switched on"))
    if options.budget_tokens is not None:
        why = "how long to think is said by an effort, not by a number of tokens"
        losses.append(Loss(effect="dropped", where="reasoning.budget_tokens", why=why))
    lose_extra(options.extra, "reasoning", losses)


# ---------------------------------------------------------------------- decode

_KNOWN: Final = frozenset({*_TOP, "model", "messages", "stream", "tools", "format", "think", "options"})


def decode_request(wire: Wire, path: str = "") -> Request:  # noqa: ARG001  # the body says it all
    """Raises `Rejected`, naming the first field that is wrong."""
    fields: Wire = {name: optional(wire, name, kind) for name, kind in _TOP.items()}
    options: Wire = optional(wire, "options", dict) or {}
    for name, (field, kind) in _OPTIONS.items():
        fields[field] = optional(options, name, kind, "options.")
    stream = optional(wire, "stream", bool)
    return Request(
        model=required(wire, "model", str),
        messages=decode_messages(wire),
        tools=decode_tools(wire),
        output_format=_decode_format(wire.get("format")),
        reasoning=_decode_reasoning(wire.get("think")),
        stream=True if stream is None else stream,
        stop=_decode_stop(options.get("stop")),
        extra=_unknown(wire, options),
        **fields,
    )


def _decode_stop(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    texts: list[Any] = [value] if isinstance(value, str) else wanted(value, list, "options.stop")
    return tuple(wanted(text, str, f"options.stop[{number}]") for number, text in enumerate(texts))


def _decode_format(value: Any) -> OutputFormat | None:
    if value in (None, ""):
        return None
    if value == "json":
        return OutputFormat(kind="json_object")
    if not isinstance(value, dict):
        raise rejected("format", '"json" or a JSON schema is needed here')
    return OutputFormat(kind="json_schema", schema=cast("Wire", value))


def _decode_reasoning(value: Any) -> ReasoningOptions | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return ReasoningOptions(enabled=value)
    return ReasoningOptions(effort=wanted(value, str, "think"))


def _unknown(wire: Wire, options: Wire) -> tuple[Extra, ...]:
    """What has no canonical place, in its own place. A `null` says nothing."""
    rest = {name: value for name, value in wire.items() if name not in _KNOWN and value is not None}
    deeper = {name: value for name, value in options.items() if name not in _OPTIONS and name != "stop"}
    if deeper:
        rest["options"] = deeper
    return (Extra(fields=rest, dialect=NAME),) if rest else ()
