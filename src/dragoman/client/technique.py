"""Which technique a value is asked for by: the mode that was named, or what is right for the model."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from dragoman.calls import Target, thinking_of
from dragoman.catalog import default_technique, find_model
from dragoman.client.abilities import (
    MODES,
    NO_DEMANDS_WHILE_THINKING,
    WIRES,
    can_demand_call,
    has_json_mode,
    modes_of,
)
from dragoman.client.mode import Mode, checked, current
from dragoman.dialects import dialect_at, get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import Request
from dragoman.providers import ProviderSpec

_MODE_OF: Final = {technique: mode for mode, technique in MODES.items() if mode not in WIRES} | {
    "tools_offered": Mode.TOOLS
}

_OFFERED: Final = {
    "tools": "tools_offered",
    "tools_strict": "tools_strict_offered",
    "parallel_tools": "parallel_tools_offered",
}
"""What becomes of a technique where no call can be demanded."""


def in_wire_of(mode: Mode | None, target: Target) -> Target:
    """`target`, in the dialect that `mode` says, where it says one that the provider speaks."""
    wire, spec = WIRES.get(checked(mode).core) if mode else None, target.spec
    if wire is None or wire == target.dialect.name or wire not in _spoken(spec, target.model):
        return target
    dialect = dialect_at(wire, spec.takes)
    return replace(target, dialect=dialect, quirks=tuple(each for each in spec.quirks if each.dialect in (None, wire)))


def _spoken(spec: ProviderSpec, model: str) -> tuple[str, ...]:
    return (spec.dialect_for(model), *spec.also_speaks)


def technique_for(target: Target, request: Request, mode: Mode | None) -> str:
    """The name of the technique for `request`. Raises `ConfigurationError` for a mode that the provider has not."""
    spec, dialect = target.spec, target.dialect.name
    if mode is not None:
        mode = current(mode)
        _refuse_unsupported(spec, dialect, mode)
    forced = _can_force(spec, dialect, request)
    wanted = MODES[mode] if mode else default_technique(spec.catalog_list, request.model, forced=forced)
    technique = _said(wanted, spec, dialect, forced=forced)
    return "grammar" if technique == "json_schema" and spec.engine is not None else technique


def usual_mode(spec: ProviderSpec, dialect: str, model: str) -> Mode:
    """The mode that `model` is asked in when none is named."""
    forced = _can_force(spec, dialect, Request(model=model))
    mode = _MODE_OF[_said(default_technique(spec.catalog_list, model, forced=forced), spec, dialect, forced=forced)]
    return Mode.JSON if mode is Mode.MD_JSON and not _has_json_mode(spec, dialect) else mode


def _said(technique: str, spec: ProviderSpec, dialect: str, *, forced: bool) -> str:
    """`technique`, or what it becomes where it cannot be said."""
    if technique in _OFFERED and not forced:
        return _OFFERED[technique]
    if technique == "json_object" and not _has_json_mode(spec, dialect):
        return "json_text"
    return technique


def _has_json_mode(spec: ProviderSpec, dialect: str) -> bool:
    return "json_object" not in spec.lacks and has_json_mode(dialect)


def _can_force(spec: ProviderSpec, dialect: str, request: Request) -> bool:
    """Whether a call can be demanded: of the server, in the dialect, of the model, and in this request."""
    if "forced_tools" in spec.lacks or not can_demand_call(dialect):
        return False
    if dialect in NO_DEMANDS_WHILE_THINKING and _thinks(request, dialect):
        return False
    facts = find_model(spec.catalog_list, request.model)
    return facts is None or facts.forced_tools


def _thinks(request: Request, dialect: str) -> bool:
    options = thinking_of(request, get_dialect(dialect))
    return options is not None and options.enabled is not False and options.effort != "none"


def _refuse_unsupported(spec: ProviderSpec, dialect: str, mode: Mode) -> None:
    supported = modes_of((dialect,), spec.lacks)
    if mode not in supported:
        names = ", ".join(map(str, supported))
        raise ConfigurationError(f"Mode {mode} not supported by {spec.name}. Supported modes: {names}")
