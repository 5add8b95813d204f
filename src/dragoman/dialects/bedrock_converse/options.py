"""Settings with a place of their own on this wire: `inferenceConfig`, `outputConfig`, and the fields that go to the
model as they are (`additionalModelRequestFields`).

What those are called depends on who made the model, which its id tells (`us.anthropic.claude-…`). They are said in
Anthropic's words, as most callers mean them, but where the table here knows better.
"""

from __future__ import annotations

from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.dialects.anthropic_messages.name import NAME as ANTHROPIC
from dragoman.dialects.anthropic_messages.options import decode_reasoning, encode_reasoning
from dragoman.dialects.base import Wire, unknown_fields, write_extra
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.reading import field, maybe, optional, rejected, text, why_broken
from dragoman.dialects.broken import BROKEN
from dragoman.dialects.losses import schema_in
from dragoman.messages import Extra, Loss, OutputFormat, ReasoningOptions, Request, decode_json, encode_json

INFERENCE: Final[dict[str, tuple[str, type]]] = {
    "max_tokens": ("maxTokens", int),
    "temperature": ("temperature", float),
    "top_p": ("topP", float),
}
"""Fields of `inferenceConfig`, what they are called there, and of what kind they are."""

_STOP: Final = "stopSequences"
_FIELDS: Final = "additionalModelRequestFields"

_TOP_K: Final = {"amazon": ("inferenceConfig", "topK")}
"""By maker: where a model has `top_k` among its own fields, when not under that name (Nova: in the recordings)."""
_EFFORT: Final = {"openai": "reasoning_effort"}
"""By maker: the model's own field for the effort, where `outputConfig.effort` is not it."""


def _maker(model: str) -> str:
    """Who made the model, if its id says so: `anthropic` of `us.anthropic.claude-…`, also at the end of an ARN."""
    segments = model.rpartition("/")[2].split(".")
    return next((segment for segment in segments if segment in (*_TOP_K, *_EFFORT)), "")


def united(old: Wire, new: Wire) -> Wire:
    """Both, `new` where they differ, inside objects too."""
    both = {**old, **new}
    for name, value in old.items():
        if isinstance(value, dict) and isinstance(new.get(name), dict):
            both[name] = united(cast("Wire", value), new[name])
    return both


# ---------------------------------------------------------------------- canonical to wire


def encode_options(request: Request, wire: Wire, losses: list[Loss]) -> None:
    """Write `inferenceConfig`, `outputConfig` and the model's own fields."""
    config: Wire = {}
    for name, (ours, _) in INFERENCE.items():
        value = getattr(request, name)
        if value is not None:
            config[ours] = value
    if request.stop:
        config[_STOP] = list(request.stop)
    if config:
        wire["inferenceConfig"] = config
    fields: Wire = {}
    if request.top_k is not None:
        *groups, name = _TOP_K.get(_maker(request.model), ("top_k",))
        fields[groups[0] if groups else name] = {name: request.top_k} if groups else request.top_k
    if request.reasoning is not None:
        _encode_reasoning(request.reasoning, request.model, fields, wire, losses)
    if request.output_format is not None:
        _encode_format(request.output_format, wire, losses)
    if fields:
        wire[_FIELDS] = fields


def _encode_reasoning(options: ReasoningOptions, model: str, fields: Wire, wire: Wire, losses: list[Loss]) -> None:
    """How to think: Anthropic's `thinking` among the model's fields; the effort has a place of its own."""
    own = _EFFORT.get(_maker(model))
    if own is not None:
        lost = [name for name in ("budget_tokens", "enabled") if getattr(options, name) is not None]
        why = "this model is told an effort and nothing else"
        losses.extend(Loss(effect="dropped", where=f"reasoning.{name}", why=why) for name in lost)
        write_extra(fields, options.extra, NAME, "reasoning", losses)
        if options.effort is not None:
            fields[own] = options.effort
        return
    said: Wire = {}
    encode_reasoning(replace(options, extra=None), said, losses)
    if "thinking" in said:
        fields["thinking"] = said["thinking"]
    _encode_thinking_extra(options.extra, fields.get("thinking"), losses)
    if "output_config" in said:
        wire["outputConfig"] = said["output_config"]


def _encode_thinking_extra(extra: Extra | None, thinking: Wire | None, losses: list[Loss]) -> None:
    """Write what only Anthropic's models know of thinking, whoever it came from: they are asked in their own words."""
    if extra is None:
        return
    if thinking is not None:
        write_extra(thinking, extra, ANTHROPIC, "reasoning", losses)
    elif extra.fields:
        why = "there is nothing said of thinking that it could stand beside"
        losses.extend(Loss(effect="dropped", where=f"reasoning.{name}", why=why) for name in extra.fields)


def _encode_format(form: OutputFormat, wire: Wire, losses: list[Loss]) -> None:
    """Write `outputConfig.textFormat`, the schema in it as a string of JSON."""
    schema = schema_in(form, losses)
    if schema is None:
        return
    if form.strict is False:
        losses.append(Loss(effect="changed", where="output_format.strict", why="a schema is always enforced here"))
    wanted: Wire = {"schema": encode_json(schema).decode()}
    if form.name is not None:
        wanted["name"] = form.name
    if form.description is not None:
        wanted["description"] = form.description
    write_extra(wanted, form.extra, NAME, "output_format", losses)
    text_format = {"type": "json_schema", "structure": {"jsonSchema": wanted}}
    wire["outputConfig"] = {**wire.get("outputConfig", {}), "textFormat": text_format}


# ---------------------------------------------------------------------- wire to canonical


def decode_inference(wire: Wire) -> tuple[dict[str, Any], Wire]:
    """The settings in `inferenceConfig`, and what is left of it. Raises `Rejected`."""
    config: Wire = optional(wire, "inferenceConfig", dict) or {}
    fields = {name: optional(config, ours, kind, "inferenceConfig") for name, (ours, kind) in INFERENCE.items()}
    stop: list[Any] = optional(config, _STOP, list, "inferenceConfig") or []
    if not all(isinstance(word, str) for word in stop):
        raise rejected(f"inferenceConfig/{_STOP}", "expected type: string")
    known = {ours for ours, _ in INFERENCE.values()} | {_STOP}
    rest = {name: value for name, value in config.items() if name not in known}
    return {**fields, "stop": tuple(stop)}, rest


def decode_model_fields(wire: Wire, model: str) -> tuple[dict[str, Any], Wire]:
    """`top_k` and how to think, and what is left of the model's own fields. Raises `Rejected`."""
    rest = dict(optional(wire, _FIELDS, dict) or {})
    config: Wire = optional(wire, "outputConfig", dict) or {}
    effort = optional(config, "effort", str, "outputConfig")
    maker = _maker(model)
    found: dict[str, Any] = {"top_k": _taken(rest, _TOP_K.get(maker, ("top_k",)), int)}
    own = _EFFORT.get(maker)
    if own is not None:
        effort = effort or _taken(rest, (own,), str)
        return {**found, "reasoning": None if effort is None else ReasoningOptions(effort=effort)}, rest
    said = {"thinking": rest.pop("thinking", None), "output_config": {"effort": effort}}
    return {**found, "reasoning": decode_reasoning(said)}, rest


def _taken(fields: Wire, path: tuple[str, ...], kind: type) -> Any:
    """The value at `path`, taken out of `fields`; `None` when it is not there or of another kind."""
    *groups, name = path
    holder = fields
    for group in groups:
        inner: Any = holder.get(group)
        if not isinstance(inner, dict):
            return None
        holder[group] = holder = dict(cast("Wire", inner))
    if type(holder.get(name)) is not kind:
        return None
    value = holder.pop(name)
    if groups and not holder:
        del fields[groups[0]]
    return value


_FORMAT: Final = frozenset({"schema", "name", "description"})


def decode_format(wire: Wire) -> tuple[OutputFormat | None, Wire]:
    """The format that `outputConfig` asks for, and what is left of it beside the effort. Raises `Rejected`."""
    config: Wire = optional(wire, "outputConfig", dict) or {}
    wanted: Wire | None = optional(config, "textFormat", dict, "outputConfig")
    rest = {name: value for name, value in config.items() if name not in ("effort", "textFormat")}
    if wanted is None or wanted.get("type") != "json_schema":
        return None, rest if wanted is None else {**rest, "textFormat": wanted}
    try:
        return _decode_schema(field(field(wanted, "structure", dict), "jsonSchema", dict)), rest
    except BROKEN as error:
        raise rejected("outputConfig/textFormat", why_broken(error)) from error


def _decode_schema(wanted: Wire) -> OutputFormat:
    """The schema, and how it was spelled where that is not our way: a grammar is cached by its text."""
    written = text(wanted, "schema")
    schema: Any = decode_json(written)
    if not isinstance(schema, dict):
        raise TypeError("`schema` is no JSON text of an object")
    extra = unknown_fields(wanted, _FORMAT, NAME)
    if encode_json(schema).decode() != written:
        extra = Extra(fields={} if extra is None else extra.fields, dialect=NAME, spelling={"schema": written})
    return OutputFormat(
        kind="json_schema",
        schema=cast("Wire", schema),
        name=maybe(wanted, "name", str),
        description=maybe(wanted, "description", str),
        extra=extra,
    )
