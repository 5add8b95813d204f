"""Which tools the model calls, and with what.

- `required` calls exactly one: the one it is limited to, else the one the prompt names, else the first.
- `auto` calls a tool when the prompt names it (`get_weather`), or has a telling word of its name ("weather"); several
  when several are named, unless parallel calls are off; when the prompt names none, those that the system message
  names in full. It calls none when it has just been given results.
- Arguments come from the facts of the prompt, not from results; two calls share them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from dragoman.errors import Rejected
from dragoman.messages import Tool, ToolCall, ToolChoice
from dragoman.testing.json_schema import Facts, Unfillable, fill_schema
from dragoman.testing.rules.ids import Ids
from dragoman.testing.rules.prompt import Prompt

_AUTO: Final = ToolChoice()
_STEM: Final = 5
"""Words of at least so many letters are the same when so many letters are."""

_GENERIC: Final = frozenset(
    """a all an and any api are as at be by call can check create current data do execute fetch find for from function
    get give has have how i in info information is it let list load look lookup make me my new of on or our output
    perform please put read request respond response result retrieve return run search set show some tell that the this
    to tool update use user using value we what when where which who will with write you your""".split()  # noqa: SIM905  # a list of quoted words is no easier to read
)
"""Words that name no tool by themselves."""


def calls_for(prompt: Prompt, ids: Ids, prefix: str) -> tuple[ToolCall, ...]:
    """The calls that the model makes. Raises `Rejected` for parameters that are no schema."""
    choice = prompt.request.tool_choice or _AUTO
    tools = [tool for tool in prompt.request.tools if isinstance(tool, Tool)]
    allowed = [tool for tool in tools if not choice.names or tool.name in choice.names]
    if choice.mode == "none" or not allowed:
        return ()
    if choice.mode == "required":
        chosen = (_named(allowed, prompt.text) or allowed)[:1]
    elif prompt.results:
        chosen = []
    else:
        chosen = _named(allowed, prompt.text) or _named_in_full(allowed, prompt.instructions)
        if prompt.request.parallel_tool_calls is False:
            chosen = chosen[:1]
    facts = prompt.said_facts
    return tuple([_call(tool, facts, ids.make(prefix)) for tool in chosen])


def _named(tools: list[Tool], text: str) -> list[Tool]:
    """The tools that `text` names, in the order it names them: in full, or by a word of their names."""
    in_full = [(place, tool) for tool in tools if (place := _place(tool.name, text)) is not None]
    named = {tool.name for _, tool in in_full}
    for name in named:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " " * len(name), text)
    by_word = _by_word([tool for tool in tools if tool.name not in named], text)
    return [tool for _, tool in sorted((*in_full, *by_word), key=lambda place: place[0])]


def _named_in_full(tools: list[Tool], text: str) -> list[Tool]:
    return [tool for tool in tools if _place(tool.name, text) is not None]


def _place(name: str, text: str) -> int | None:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return None if found is None else found.start()


def _by_word(tools: list[Tool], text: str) -> Iterator[tuple[int, Tool]]:
    """Tools by the words of their names; a word stands for one tool, the one that has most of the words."""
    words = [found for found in re.finditer(r"[^\W_]+", text.lower()) if found[0] not in _GENERIC]
    matches = {tool.name: [word.start() for word in words if _is_word_of(word[0], tool.name)] for tool in tools}
    taken: set[int] = set()
    for tool in sorted(tools, key=lambda tool: -len(matches[tool.name])):
        places = matches[tool.name]
        if set(places) - taken:
            taken.update(places)
            yield places[0], tool


def _is_word_of(word: str, name: str) -> bool:
    parts = [part.lower() for part in re.findall(r"[A-Z]?[^\W_A-Z\d]+|[A-Z]+(?![a-z])|\d+", name)]
    return any(
        word == part or (min(len(word), len(part)) >= _STEM and word[:_STEM] == part[:_STEM])
        for part in parts
        if part not in _GENERIC
    )


def _call(tool: Tool, facts: Facts, call_id: str) -> ToolCall:
    if tool.text_format is not None:
        return ToolCall(id=call_id, name=tool.name, text=facts.take("quoted", bool) or facts.text)
    try:
        arguments = fill_schema(tool.parameters or {"type": "object"}, facts)
    except Unfillable as error:
        raise Rejected(f"Invalid schema for function '{tool.name}': {error}", http_status=400) from error
    if not isinstance(arguments, dict):
        raise Rejected(f"Invalid schema for function '{tool.name}': the parameters are no object", http_status=400)
    return ToolCall(id=call_id, name=tool.name, arguments=cast("dict[str, Any]", arguments))
