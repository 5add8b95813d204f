"""From checked options to the canonical request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from dragoman.client.options import REQUEST_FIELDS
from dragoman.errors import ConfigurationError
from dragoman.messages import (
    AnyTool,
    Extra,
    JsonObject,
    Loss,
    Message,
    OutputFormat,
    ReasoningOptions,
    Request,
    Role,
    Tool,
    ToolChoice,
)


def request_of(model: str, messages: tuple[Message, ...], tools: tuple[AnyTool, ...], options: Any) -> Request:
    """The canonical request for a call with checked `options`."""
    fields = {name: options[name] for name in REQUEST_FIELDS & options.keys()}
    if "stop" in options:
        stop = options["stop"]
        fields["stop"] = (stop,) if isinstance(stop, str) else tuple(stop or ())
    if "tool_choice" in options:
        fields["tool_choice"] = choice = tool_choice_of(options["tool_choice"])
        _check_chosen(choice, tools, options.get("extra_body") or {})
    if "output_format" in options:
        fields["output_format"] = output_format_of(options["output_format"])
    if "reasoning_effort" in options or "reasoning_budget" in options:
        effort, budget = options.get("reasoning_effort"), options.get("reasoning_budget")
        fields["reasoning"] = ReasoningOptions(effort=effort, budget_tokens=budget)
    if options.get("extra_body"):
        fields["extra"] = (Extra(fields=options["extra_body"]),)
    return Request(model=model, messages=messages, tools=tools, **fields)


def tool_choice_of(choice: ToolChoice | str | Mapping[str, Any] | None) -> ToolChoice | None:
    """`"auto"`, `"required"` (also `"any"`), `"none"`, a tool's name, or a dict in OpenAI's or Anthropic's form."""
    match choice:
        case None | ToolChoice():
            return choice
        case "auto" | "required" | "none":
            return ToolChoice(mode=choice)
        case "any":
            return ToolChoice(mode="required")
        case str():
            return ToolChoice(mode="required", names=(choice,))
        case {"type": "function", "function": {"name": str(name)}} | {"type": "tool", "name": str(name)}:
            return ToolChoice(mode="required", names=(name,))
        case {"type": "auto" | "any" | "none" as mode}:
            return tool_choice_of(mode)
        case _:
            raise ConfigurationError("tool_choice is 'auto', 'required', 'none', a tool's name or a ToolChoice")


def _check_chosen(choice: ToolChoice | None, tools: tuple[AnyTool, ...], extra_body: JsonObject) -> None:
    """Raise `ConfigurationError` for a chosen tool that is not there, where every tool's name is known."""
    if choice is None or "tools" in extra_body or any(not isinstance(tool, Tool) for tool in tools):
        return
    given = [tool.name for tool in tools if isinstance(tool, Tool)]
    unknown = next((name for name in choice.names if name not in given), None)
    if unknown is not None:
        there = f"tools has {', '.join(f'`{name}`' for name in given)}" if given else "no tools are given"
        raise ConfigurationError(f"tool_choice names `{unknown}`, and {there}")


def output_format_of(wanted: OutputFormat | JsonObject | str | None) -> OutputFormat | None:
    """`"json"`, `"text"`, a JSON Schema, or an `OutputFormat` as it is."""
    if wanted is None or isinstance(wanted, OutputFormat):
        return wanted
    if isinstance(wanted, str):
        if wanted not in ("json", "text"):
            raise ConfigurationError(
                f"output_format is 'json', 'text', a JSON Schema or an OutputFormat, not {wanted!r}"
            )
        return OutputFormat(kind="json_object" if wanted == "json" else "text")
    return OutputFormat(kind="json_schema", schema=wanted, name=str(wanted.get("title") or "output"))


def options_of(request: Request) -> dict[str, Any]:
    """What `request` says beside its messages, as options of a call: `request_of` the other way."""
    fields = REQUEST_FIELDS | {"tools", "tool_choice", "output_format", "stop"}
    options = {name: value for name in fields if (value := getattr(request, name)) not in (None, ())}
    thinking = request.reasoning
    if thinking is not None:
        said = {"reasoning_effort": thinking.effort, "reasoning_budget": thinking.budget_tokens}
        options.update((name, value) for name, value in said.items() if value is not None)
    everywhere = [extra.fields for extra in request.extra if extra.dialect is None]
    if everywhere:
        options["extra_body"] = {name: value for fields in everywhere for name, value in fields.items()}
    return options


def with_the_rest(spelled: Request, request: Request) -> Request:
    """`spelled`, which is made of `request` by its options, with what options cannot say."""
    thinking = request.reasoning if _beyond_options(request.reasoning) else spelled.reasoning
    return replace(spelled, reasoning=thinking, extra=(*spelled.extra, *_of_one_dialect(request)))


def beyond_options(request: Request) -> tuple[Loss, ...]:
    """What is lost of `request` with those who are asked by options."""
    names = [name for extra in _of_one_dialect(request) for name in extra.fields]
    names += ["reasoning"] if _beyond_options(request.reasoning) else []
    return tuple(Loss(effect="dropped", where=name, why="this target takes no more than options say") for name in names)


def _of_one_dialect(request: Request) -> tuple[Extra, ...]:
    return tuple(extra for extra in request.extra if extra.dialect is not None)


def _beyond_options(thinking: ReasoningOptions | None) -> bool:
    return thinking is not None and (thinking.extra is not None or thinking.enabled is not None)


def spelled_out(request: Request, options: Mapping[str, Any]) -> dict[str, Any]:
    """What `request` says over what `options` do, with its conversation. Its own settings win, as in `own_request`."""
    said = {**options, **options_of(request), "messages": request.messages}
    return {**said, "system": None} if _has_system(request) else said


def _has_system(request: Request) -> bool:
    return any(message.role == Role.SYSTEM for message in request.messages)


SAYING: Final = REQUEST_FIELDS | {
    "stop",
    "tool_choice",
    "output_format",
    "reasoning_effort",
    "reasoning_budget",
    "extra_body",
    "system",
}
"""Options that say something of the request itself."""

_NOT_FILLED: Final = frozenset({"model", "include_usage"})
"""Fields that whoever passes a request on decides: which model, and that it will know what was used."""


def fills(options: Mapping[str, Any]) -> bool:
    """Whether `options` say anything of a request."""
    return not SAYING.isdisjoint(options)


def passed_on(request: Request, model: str, options: Mapping[str, Any]) -> tuple[Request, tuple[str, ...]]:
    """Another's `request` for `model`, with what it leaves open as `options` say; and the names of what was open."""
    if not fills(options):
        return replace(request, model=model, include_usage=None), ()
    filled = own_request(request, model, options)
    if options.get("extra_body"):
        filled = replace(filled, extra=(Extra(fields=options["extra_body"]), *request.extra))
    filled = replace(filled, stream=request.stream, include_usage=None)
    names = (name for name in Request.__struct_fields__ if getattr(filled, name) != getattr(request, name))
    return filled, tuple(name for name in names if name not in _NOT_FILLED)


def own_request(request: Request, model: str, options: Any) -> Request:
    """`request` for `model`, with what it leaves open as `options` say. It is answered whole."""
    base = request_of(model, (), (), options)
    system = options.get("system")
    messages = request.messages
    if system is not None and not _has_system(request):
        messages = (Message(Role.SYSTEM, system), *messages)
    said = {name: value for name in Request.__struct_fields__ if (value := getattr(request, name)) not in (None, ())}
    return replace(base, **{**said, "model": model, "messages": messages, "stream": False})
