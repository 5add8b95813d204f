"""How the model must choose among tools, read from where a body says it, in both of OpenAI's dialects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, cast

from dragoman.dialects.base import Wire
from dragoman.messages import ToolChoice

Modes: TypeAlias = Mapping[str, Literal["auto", "required", "none"]]

MODES: Final[Modes] = {"auto": "auto", "none": "none", "required": "required"}


def tool_choice_in(value: Any, modes: Modes, name_in: Callable[[Any], str | None]) -> ToolChoice | None:
    """The choice in `value`, or `None` when it is one that only the provider knows.

    `name_in`: the tool that an entry names, in the dialect's own form.
    """
    if isinstance(value, str):
        return ToolChoice(mode=modes[value]) if value in modes else None
    if not isinstance(value, dict):
        return None
    choice = cast("Wire", value)
    if choice.get("type") == "allowed_tools":
        return _allowed_tools(choice, name_in)
    name = name_in(choice)
    return None if name is None else ToolChoice(mode="required", names=(name,))


def _allowed_tools(choice: Wire, name_in: Callable[[Any], str | None]) -> ToolChoice | None:
    mode, tools = choice.get("mode", "auto"), choice.get("tools")
    if mode not in ("auto", "required") or not isinstance(tools, list):
        return None
    names = [name_in(tool) for tool in cast("list[Any]", tools)]
    return ToolChoice(mode=mode, names=tuple(filter(None, names))) if names and None not in names else None
