"""Prompts as Jinja templates: `{{ name }}` in a message becomes what the call's `context` has for it.

Rendered in Jinja's sandbox, which lets no template reach Python's insides. What tools have answered is never a
template: it was not written by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from textwrap import dedent
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.client.options import MessageLike
from dragoman.errors import MissingPackage
from dragoman.messages import Message, Role, Text

_MARKS: Final = re.compile(r"\{[{%#]")
"""How what Jinja replaces begins. A text without it is its own rendering."""

_OF_TOOLS: Final = frozenset({"tool", "function"})
_HELD: Final = ("content", "text", "parts", "message", "input_text")
"""Where messages and their parts hold text, in the dialects' forms."""


def templated(messages: Iterable[MessageLike], context: Mapping[str, Any] | None) -> list[MessageLike]:
    """`messages` with their templates rendered. What was given is left as it is.

    Raises `MissingPackage` when there is a template and Jinja is not installed, and Jinja's own errors for a template
    that is wrong or does what the sandbox forbids.
    """
    return [_templated(message, context) for message in messages] if context else list(messages)


def templated_text(text: str, context: Mapping[str, Any] | None) -> str:
    """`text` with `context` in it. The common indentation of a template's lines is taken away."""
    if not context or not _MARKS.search(text):
        return text
    return _environment().from_string(dedent(text)).render(**context)


def has_template(said: Any) -> bool:
    """Whether anything that is said may be a template."""
    match said:
        case str():
            return _MARKS.search(said) is not None
        case Mapping():
            return any(map(has_template, cast("Mapping[str, Any]", said).values()))
        case list() | tuple():
            return any(map(has_template, cast("list[Any]", said)))
        case Message() | Text():
            return any(map(has_template, (getattr(said, "content", ""), getattr(said, "text", ""))))
        case _:  # an object of an SDK's, such as Google's `Content`
            dump = getattr(said, "model_dump", None)
            return dump is not None and not isinstance(said, type) and has_template(dump())


def _templated(message: MessageLike, context: Mapping[str, Any]) -> MessageLike:
    if isinstance(message, Message):
        return _canonical(message, context)
    if not isinstance(message, Mapping) or message.get("role") in _OF_TOOLS:  # pyright: ignore[reportUnnecessaryIsInstance]  # an SDK's object: what was answered
        return message
    return _inside(dict(message), context)


def _canonical(message: Message, context: Mapping[str, Any]) -> Message:
    if message.role is Role.TOOL:
        return message
    if isinstance(message.content, str):
        return replace(message, content=templated_text(message.content, context))
    parts = tuple(
        replace(part, text=templated_text(part.text, context)) if isinstance(part, Text) else part
        for part in message.content
    )
    return replace(message, content=parts)


def _inside(fields: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
    """A message or a part as a plain dict, the texts it holds rendered."""
    if fields.get("type") == "tool_result":
        return fields
    return {name: _held(value, context) if name in _HELD else value for name, value in fields.items()}


def _held(value: Any, context: Mapping[str, Any]) -> Any:
    match value:
        case str():
            return templated_text(value, context)
        case list():
            return [_held(each, context) for each in cast("list[Any]", value)]
        case dict():
            return _inside(cast("dict[str, Any]", value), context)
        case Text():
            return replace(value, text=templated_text(value.text, context))
        case _:
            return value


@cache
def _environment() -> Any:
    try:
        from jinja2.sandbox import SandboxedEnvironment
    except ImportError as error:
        raise MissingPackage("a message is a Jinja template: pip install 'dragoman[templates]'") from error
    return SandboxedEnvironment()
