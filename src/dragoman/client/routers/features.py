"""What of a call policies may know: how long it is and what it needs, none of its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, Final

from dragoman.calls.estimate import text_tokens
from dragoman.client.requests import tool_choice_of
from dragoman.client.routers.purpose import Purpose
from dragoman.messages import (
    Audio,
    Document,
    Image,
    Message,
    OutputFormat,
    Part,
    ReasoningOptions,
    Request,
    Text,
    ToolChoice,
    ToolResult,
    Video,
)
from dragoman.routing.features import Features, Need

_BY_PART: Final[dict[type, Need]] = {Image: "vision", Audio: "audio", Video: "video", Document: "documents"}
_MEDIA_TOKENS: Final = 800
_MESSAGE_TOKENS: Final = 4
_MOST_PER_CHARACTER: Final = 2
"""Tokens, as `text_tokens` estimates: one of four bytes by itself is two of three bytes each."""
DEMANDS: Final = frozenset({"tools", "output_format", "reasoning_effort", "reasoning_budget"})
"""Options by which a call may need something."""


def features_of(
    purpose: Purpose,
    model: str | None,
    messages: tuple[Message, ...],
    options: Mapping[str, Any],
    *,
    stream: bool,
    value: bool,
) -> Features:
    """What policies may know of a call."""
    needs: set[Need] = set()
    if not DEMANDS.isdisjoint(options):
        needs.update(_needs_of(options))
    if stream:
        needs.add("stream")
    if value:
        needs.add("value")
    return _features(purpose, model, messages, needs, options.get("max_tokens"))


def features_of_request(purpose: Purpose, model: str | None, request: Request, *, value: bool = False) -> Features:
    """`features_of`, of a whole request. `value`: its answer is made to fit a schema wherever it is asked for."""
    needs = set(_needs_of_request(request, value=value))
    return _features(purpose, model, request.messages, needs, request.max_tokens)


def at_most(messages: tuple[Message, ...]) -> float:
    """No fewer input tokens than a call's features have, told without counting. `inf`: that takes a look at the parts,
    and what must be seen or heard there.
    """
    tokens = 0
    for message in messages:
        content = message.content
        if not isinstance(content, str):
            return inf
        tokens += _MESSAGE_TOKENS + _MOST_PER_CHARACTER * len(content)
    return tokens


def _features(
    purpose: Purpose, model: str | None, messages: tuple[Message, ...], needs: set[Need], output_tokens: int | None
) -> Features:
    characters, tokens, of_messages = _length(messages)
    return Features(
        tenant=purpose.tenant,
        task=purpose.task,
        tier=purpose.tier,
        session=purpose.session,
        labels=purpose.labels,
        model=model,
        prompt_characters=characters,
        input_tokens=tokens,
        output_tokens=output_tokens,
        needs=frozenset(needs | of_messages),
    )


def _needs_of_request(request: Request, *, value: bool) -> Iterable[Need]:
    if request.stream:
        yield "stream"
    if request.tools:
        yield "tools"
        if _demands_tool(request.tool_choice):
            yield "forced_tools"
    if value:
        yield "value"
    elif request.output_format is not None and request.output_format.schema is not None:
        yield "json_schema"
    if request.reasoning is not None and _thinks(request.reasoning):
        yield "reasoning"


def _demands_tool(choice: ToolChoice | None) -> bool:
    return choice is not None and choice.mode == "required"


def _thinks(options: ReasoningOptions) -> bool:
    if options.enabled is not None:
        return options.enabled
    return options.effort not in (None, "none") or bool(options.budget_tokens)


def _length(messages: tuple[Message, ...]) -> tuple[int, int, set[Need]]:
    """Characters, about how many tokens, and what must be seen or heard."""
    characters, tokens = 0, _MESSAGE_TOKENS * len(messages)
    needs: set[Need] = set()
    for message in messages:
        content = message.content
        if isinstance(content, str):
            characters += len(content)
            tokens += text_tokens(content)
            continue
        for part in _flat(content):
            need = _BY_PART.get(type(part))
            if need is not None:
                needs.add(need)
                tokens += _MEDIA_TOKENS
            elif isinstance(part, Text):
                characters += len(part.text)
                tokens += text_tokens(part.text)
    return characters, tokens, needs


def _flat(parts: Iterable[Part]) -> Iterable[Part]:
    """The parts, those inside results of tools among them."""
    for part in parts:
        if isinstance(part, ToolResult) and not isinstance(part.content, str):
            yield from part.content
        else:
            yield part


def _needs_of(options: Mapping[str, Any]) -> Iterable[Need]:
    if options.get("tools"):
        yield "tools"
        if _demands_tool(tool_choice_of(options.get("tool_choice"))):
            yield "forced_tools"
    wanted = options.get("output_format")
    if isinstance(wanted, Mapping) or (isinstance(wanted, OutputFormat) and wanted.schema is not None):
        yield "json_schema"
    if options.get("reasoning_effort") not in (None, "none") or options.get("reasoning_budget"):
        yield "reasoning"
