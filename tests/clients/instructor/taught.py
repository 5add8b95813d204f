"""What a model that understands would answer to some prompts of Instructor's tests, where our emulator's rules do not.

The rules fill a schema with names and numbers of the prompt; they know no feelings, and obey no validator's complaint.
Each row changes what they answered: fields by name, wherever they are, or the elements of the first list.
"""

from __future__ import annotations

import json
import re
from itertools import starmap
from typing import Any

from msgspec.structs import replace

from dragoman.messages import LLMResponse, Request, Text, Tool, ToolCall
from dragoman.testing import Emulator
from dragoman.testing.rules.model import RuleModel

TAUGHT: dict[str, Any] = {
    "Classify the following text: I am not a spammer": {"class_label": "not_spam"},
    "I am having trouble with my billing": {"predicted_labels": ["billing"]},
    "I am having trouble with my hardware": {"predicted_labels": ["hardware"]},
    "I will never use this company again": {"sentiment": "negative"},
    "overall it was average": {"sentiment": "neutral"},
    "jason is 25 years old": {"name": "jason", "age": 25},
    "Mike is 37 years old": {"name": "Mike", "age": 37},
    "Which is larger, 9.11 or 9.8": {"answer": 9.8},
    "Extract the total and items from the invoice": {"total": 220, "items": ["flour", "oil"]},
    "All letters in the name should be in uppercase": {"name": "JASON"},
    "Name should be uppercase": {"name": "JASON"},
    "Name must be": {"name": "JASON"},
    "Ivan is": {"name": "Ivan", "age": 28},
    "Content must contain the following words": {"content": "love, peace and joy"},
    "Jason is 20, Sarah is 30": [{"name": "Jason", "age": 20}, {"name": "Sarah", "age": 30}],
    "Make two up people": [{"name": "Ann", "age": 20}, {"name": "Bob", "age": 30}],
    "three fake profiles": [{"name": name, "age": 20, "bio": f"I am {name}."} for name in ("Ann", "Bob", "Cid")],
    "The meaning of life is to be evil and steal": {"is_valid": False, "reason": "evil"},
    "Order Details": [{"name": "apple", "price": 0.5}, {"name": "bread", "price": 2.0}, {"name": "milk", "price": 1.5}],
    "Library visit details": [
        {"title": "The Great Adventure", "author": "Jane Doe", "genre": "Fantasy", "isbn": "1234567890"},
        {"title": "History of Tomorrow", "author": "John Smith", "genre": "Non-Fiction", "isbn": "0987654321"},
    ],
}
"""Words in the conversation → what is changed in the answer. The last that stands in it counts."""

CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "the weather in toronto and dallas": [
        ("Weather", {"location": "Toronto", "units": "metric"}),
        ("Weather", {"location": "Dallas", "units": "imperial"}),
    ],
    "who won the super bowl": [("GoogleSearch", {"query": "who won the super bowl"})],
}
"""Words in the conversation → calls of tools, where these are offered by name."""


_JSON = re.compile(r"\{.*\}", re.DOTALL)

_MANY = 64
"""More calls than ever wait at one time: each step is used once, and puts itself back."""


def teach(emulator: Emulator) -> None:
    """Let `emulator` answer by its rules, and by the table."""
    rules = RuleModel(seed=7)

    def answer(request: Request) -> LLMResponse:
        emulator.script(answer)
        said = "\n".join(filter(None, map(_said, request.messages)))
        found = [change for words, change in TAUGHT.items() if words in said]
        response = rules.answer(request)
        calls = [call for words, wanted in CALLS.items() if words in said for call in wanted]
        if calls and {name for name, _ in calls} <= {tool.name for tool in request.tools if isinstance(tool, Tool)}:
            return replace(response, parts=tuple(starmap(_call, enumerate(calls))))
        return _changed(response, found[-1]) if found else response

    emulator.script(*[answer] * _MANY)


def _call(number: int, wanted: tuple[str, dict[str, Any]]) -> ToolCall:
    return ToolCall(id=f"call_{number}", name=wanted[0], arguments=wanted[1])


def _said(message: Any) -> str:
    return "\n".join([message.text, *(result.text for result in message.tool_results)])


def _changed(response: LLMResponse, change: Any) -> LLMResponse:
    parts = tuple(_changed_part(part, change) for part in response.parts)
    return replace(response, parts=parts)


def _changed_part(part: Any, change: Any) -> Any:
    if isinstance(part, ToolCall):
        return ToolCall(id=part.id, name=part.name, arguments=_apply(part.arguments, change))
    if isinstance(part, Text):
        return Text(_JSON.sub(lambda found: json.dumps(_apply(json.loads(found[0]), change)), part.text, count=1))
    return part


def _apply(value: Any, change: Any) -> Any:
    return (_with_elements if isinstance(change, list) else _with_fields)(value, change)


def _with_fields(value: Any, fields: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with_fields(each, fields) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: fields[name] if name in fields else _with_fields(each, fields) for name, each in value.items()}


def _with_elements(value: dict[str, Any], elements: list[Any]) -> dict[str, Any]:
    name = next((name for name, each in value.items() if isinstance(each, list)), None)
    return value if name is None else {**value, name: elements}
