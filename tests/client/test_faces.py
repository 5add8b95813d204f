"""The blocking and the awaited face are one: the same names, the same parameters, the same defaults."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from dragoman import (
    LLM,
    AsyncChat,
    AsyncInstructor,
    AsyncLLM,
    AsyncStream,
    Chat,
    Instructor,
    LLMProvider,
    OpenAIProvider,
    Stream,
    TextStream,
)

FACES = {
    "LLM": (LLM, AsyncLLM, set[str]()),
    "Chat": (Chat, AsyncChat, set[str]()),
    "Instructor": (Instructor, AsyncInstructor, set[str]()),
    "Stream": (Stream, AsyncStream, {"aclose"}),  # the name that `contextlib.aclosing` wants
}

AT_ONCE = {
    "generate",
    "create",
    "create_partial",
    "create_iterable",
    "chat",
    "abort",
    "completions",
    "messages",
    "responses",
    "text",
    "response",
}
"""What an awaited face gives without `await`: streams, chats, and what only looks at what is there."""


def face(kind: type, without: set[str]) -> dict[str, Any]:
    """Public name → its parameters with kinds and defaults; `None` for a property."""
    names = [name for name in dir(kind) if not name.startswith("_") and name not in without]
    return {name: _parameters(inspect.getattr_static(kind, name)) for name in names}


def _parameters(member: object) -> list[tuple[Any, ...]] | None:
    if isinstance(member, property):
        return None
    assert inspect.isfunction(member)
    each = inspect.signature(member).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in each]


@pytest.mark.parametrize(("blocking", "awaited", "own"), FACES.values(), ids=FACES)
def test_the_two_faces_match_name_by_name(blocking: type, awaited: type, own: set[str]) -> None:
    assert face(blocking, own) == face(awaited, own)
    assert face(blocking, own)


@pytest.mark.parametrize("kind", [AsyncLLM, AsyncInstructor, AsyncStream, TextStream, LLMProvider, OpenAIProvider])
def test_what_is_awaited_is_always_awaited(kind: type) -> None:
    """A method that now and then needs no `await` hides the place where it does."""
    methods = {name: member for name, member in vars(kind).items() if inspect.isfunction(member) and name[0] != "_"}
    plain = {name for name, member in methods.items() if not inspect.iscoroutinefunction(member)}
    assert plain <= AT_ONCE | {"stream"}


@pytest.mark.parametrize("kind", [LLM, AsyncLLM, Instructor, AsyncInstructor, Stream, AsyncStream, TextStream])
def test_everything_that_holds_a_connection_has_close(kind: type) -> None:
    is_async = hasattr(kind, "__aiter__") or hasattr(kind, "__aenter__")
    assert inspect.iscoroutinefunction(kind.close) is is_async


# ---------------------------------------------------------------------- Instructor's own signatures

_VALUE = ["max_retries", "context", "strict", "hooks"]

INSTRUCTOR: dict[str, list[str]] = {
    "create": ["response_model", "messages", *_VALUE, "token_budget"],
    "create_partial": ["response_model", "messages", *_VALUE],
    "create_iterable": ["messages", "response_model", *_VALUE],
    "create_with_completion": ["messages", "response_model", *_VALUE],
    "on": ["hook_name", "handler"],
    "off": ["hook_name", "handler"],
    "clear": ["hook_name"],
    "handle_kwargs": ["kwargs"],
    "__init__": ["client", "create", "mode", "provider", "hooks"],
}
"""What Instructor 1.17 takes, in its order (read 2026-11-21)."""


@pytest.mark.parametrize("kind", [Instructor, AsyncInstructor])
@pytest.mark.parametrize("method", INSTRUCTOR)
def test_what_instructor_takes_is_taken_in_its_order(kind: type, method: str) -> None:
    each = inspect.signature(getattr(kind, method)).parameters.values()
    placed = [parameter.name for parameter in each if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert placed[1:] == INSTRUCTOR[method]
    defaults = {parameter.name: parameter.default for parameter in each}
    expected = {"max_retries": 3, "strict": True, "context": None, "hooks": None, "token_budget": None}
    assert {name: defaults[name] for name in expected.keys() & defaults.keys()} == {
        name: expected[name] for name in expected.keys() & defaults.keys()
    }
