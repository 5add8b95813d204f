"""From a request to what a chat template takes, and what it says to that."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

from dragoman.engines.base import LoadedModel, Prompt, Sampling
from dragoman.engines.markup import call_marks
from dragoman.errors import ConfigurationError, Rejected, UnsupportedFeature
from dragoman.messages import (
    Message,
    Part,
    Reasoning,
    ReasoningOptions,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

_MIN_P: Final = ("min_p",)
_REPETITION: Final = ("repetition_penalty", "repeat_penalty")
"""Names in `extra_body` for what has no canonical one."""


def prompt_of(request: Request, model: LoadedModel) -> Prompt:
    """Raises `UnsupportedFeature` for what the model's template has no place for."""
    if not model.chat_template:
        raise UnsupportedFeature(
            "this model has no chat template: it was not trained to answer messages. Choose an instruction-tuned one"
        )
    tools = [_tool(tool) for tool in request.tools if isinstance(tool, Tool)]
    if tools and call_marks(model.chat_template) is None:
        raise UnsupportedFeature("this model's chat template has no tools, or none whose calls are understood here")
    messages = [turn for message in request.messages for turn in _turns(message)]
    return Prompt(messages=messages, tools=tools, thinking=_thinking(request.reasoning))


def sampling_of(request: Request) -> Sampling:
    """How to choose tokens; `min_p` and `repetition_penalty` come by `extra_body`, in `options` or beside it."""
    further: dict[str, Any] = {}
    for extra in request.extra:
        further |= {**extra.fields, **_options(extra.fields)}
    _refuse_unknown(further.keys() - {"options"})
    return Sampling(
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        min_p=_number(further, *_MIN_P),
        repetition_penalty=_number(further, *_REPETITION),
        frequency_penalty=request.frequency_penalty,
        presence_penalty=request.presence_penalty,
        seed=request.seed,
    )


def _refuse_unknown(names: AbstractSet[str]) -> None:
    unknown = sorted(names - {*_MIN_P, *_REPETITION})
    if unknown:
        raise ConfigurationError(f"`{unknown[0]}` has no use for a model in this process: leave it out of extra_body")


def _options(fields: Any) -> dict[str, Any]:
    options = fields.get("options")
    return options if isinstance(options, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # JSON


def _number(fields: dict[str, Any], *names: str) -> float | None:
    given = next((name for name in names if fields.get(name) is not None), None)
    if given is None:
        return None
    value = fields[given]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{given} must be a number, not {value!r}")
    return value


def _thinking(options: ReasoningOptions | None) -> bool | None:
    if options is None:
        return None
    return options.enabled if options.enabled is not None else options.effort != "none"


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description or "", "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _turns(message: Message) -> list[dict[str, Any]]:
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    if results:
        return [{"role": "tool", "name": each.name or "", "content": _result(each)} for each in results]
    turn: dict[str, Any] = {"role": message.role.value, "content": "".join(map(_text, message.parts))}
    calls = message.tool_calls if message.role is Role.ASSISTANT else ()
    if calls:
        turn["tool_calls"] = [_call(call) for call in calls]
    return [turn]


def _call(call: ToolCall) -> dict[str, Any]:
    return {"type": "function", "id": call.id, "function": {"name": call.name, "arguments": dict(call.arguments)}}


def _result(result: ToolResult) -> str:
    return result.content if isinstance(result.content, str) else "".join(map(_text, result.content))


def _text(part: Part) -> str:
    match part:
        case Text():
            return part.text
        case Reasoning() | ToolCall():
            return ""  # templates leave earlier thinking out; calls have a place of their own
        case _:
            kind = type(part).__name__.lower()
            raise UnsupportedFeature(f"models in this process take text only, no {kind} part")


# ---------------------------------------------------------------------- to a chat template


def thinking_of(prompt: Prompt) -> dict[str, bool]:
    """What templates call it: Qwen's and others the one, DeepSeek's the other. Each takes what it knows."""
    return {} if prompt.thinking is None else {"enable_thinking": prompt.thinking, "thinking": prompt.thinking}


def refused(error: Exception) -> Rejected:
    """For what a chat template raises by itself, such as of turns that do not alternate."""
    return Rejected(f"the model's chat template refuses this conversation: {error}")
