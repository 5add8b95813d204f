"""How to think and in what form to answer: `thinking`, `output_config`, and the older `output_format`."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from dragoman.dialects.anthropic_messages.checks import optional, required
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.base import Wire, unknown_fields, write_extra
from dragoman.dialects.losses import schema_in
from dragoman.messages import Extra, Loss, OutputFormat, ReasoningOptions

_TOP_LEVEL: Final = Extra(dialect=NAME)
"""On an output format: it stood at the top level, as `output_format`."""

_EFFORTS: Final = {"minimal": "low"}
"""Efforts this dialect calls otherwise. It has `low`, `medium`, `high`, `xhigh` and `max`."""


# ---------------------------------------------------------------------- canonical to wire


def encode_reasoning(options: ReasoningOptions, wire: Wire, losses: list[Loss]) -> None:
    """Write `thinking` and the effort in `output_config`."""
    thinking = _encode_thinking(options, losses)
    write_extra(thinking, options.extra, NAME, "reasoning", losses)
    if thinking:
        wire["thinking"] = thinking
    if options.effort is not None and options.effort != "none":
        effort = _EFFORTS.get(options.effort, options.effort)
        if effort != options.effort:
            losses.append(Loss(effect="changed", where="reasoning.effort", why=f"the least effort is `{effort}`"))
        wire["output_config"] = {"effort": effort}


def _encode_thinking(options: ReasoningOptions, losses: list[Loss]) -> Wire:
    if options.enabled is False or (options.enabled is None and options.effort == "none"):
        if options.budget_tokens is not None:
            losses.append(Loss(effect="dropped", where="reasoning.budget_tokens", why="thinking is switched off"))
        return {"type": "disabled"}
    if options.effort == "none":
        losses.append(Loss(effect="dropped", where="reasoning.effort", why="thinking is switched on"))
    if options.budget_tokens is not None:
        return {"type": "enabled", "budget_tokens": options.budget_tokens}
    return {"type": "adaptive"} if options.enabled else {}


def encode_format(form: OutputFormat, wire: Wire, losses: list[Loss]) -> None:
    """Write `output_config.format`. A format's name has no place here and needs none."""
    schema = schema_in(form, losses)
    if schema is None:
        return
    if form.description is not None:
        losses.append(Loss(effect="dropped", where="output_format.description", why="only the schema is sent"))
    if form.strict is False:
        losses.append(Loss(effect="changed", where="output_format.strict", why="a schema is always enforced here"))
    wanted: Wire = {"type": "json_schema", "schema": dict(schema)}
    write_extra(wanted, form.extra, NAME, "output_format", losses)
    if form.extra == _TOP_LEVEL:
        wire["output_format"] = wanted
    else:
        wire["output_config"] = {**wire.get("output_config", {}), "format": wanted}


# ---------------------------------------------------------------------- wire to canonical


def decode_reasoning(wire: Wire) -> ReasoningOptions | None:
    """Thinking and effort. Raises `Rejected`."""
    thinking = optional(wire, "thinking", dict)
    config: Wire = optional(wire, "output_config", dict) or {}
    effort = optional(config, "effort", str, "output_config.")
    if thinking is None:
        return None if effort is None else ReasoningOptions(effort=effort)
    kind: str = required(thinking, "type", str, "thinking.")
    budget = optional(thinking, "budget_tokens", int, "thinking.")
    if kind == "disabled":
        plain = ReasoningOptions(enabled=False)
    elif budget is None:
        plain = ReasoningOptions(enabled=True)
    else:
        plain = ReasoningOptions(budget_tokens=budget)
    said = _encode_thinking(plain, [])
    rest = {name: value for name, value in thinking.items() if name not in said or said[name] != value}
    return replace(plain, effort=effort, extra=_thinking_extra(rest))


def _thinking_extra(rest: Wire) -> Extra | None:
    """`rest`, of which a bare `enabled` (some servers have no budgets) says no more than the record does."""
    spelling = {"type": rest["type"]} if rest.get("type") == "enabled" else {}
    fields = {name: value for name, value in rest.items() if name not in spelling}
    return Extra(fields=fields, dialect=NAME, spelling=spelling) if rest else None


_FORMAT: Final = frozenset({"type", "schema"})


def decode_format(wire: Wire) -> OutputFormat | None:
    """The output format, from its place or the older one; `None` when there is none of a known kind.

    Raises `Rejected`.
    """
    config: Wire = optional(wire, "output_config", dict) or {}
    wanted = optional(config, "format", dict, "output_config.")
    if wanted is not None:
        return _decode_format(wanted, "output_config.format.")
    wanted = optional(wire, "output_format", dict)
    form = None if wanted is None else _decode_format(wanted, "output_format.")
    return None if form is None or form.extra else replace(form, extra=_TOP_LEVEL)


def _decode_format(wanted: Wire, where: str) -> OutputFormat | None:
    if required(wanted, "type", str, where) != "json_schema":
        return None
    schema = required(wanted, "schema", dict, where)
    return OutputFormat(kind="json_schema", schema=schema, extra=unknown_fields(wanted, _FORMAT, NAME))


def unknown_options(wire: Wire, form: OutputFormat | None) -> Wire:
    """What `decode_reasoning` and `decode_format` left of `output_config` and `output_format`."""
    older = form is not None and form.extra == _TOP_LEVEL
    known = {"effort"} if form is None or older else {"effort", "format"}
    config: Wire = wire.get("output_config") or {}
    rest = {"output_config": {name: value for name, value in config.items() if name not in known}}
    if not older:
        rest["output_format"] = wire.get("output_format") or {}
    return rest
