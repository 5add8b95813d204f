"""The blocking and the awaited face are one: the same names, the same parameters, the same defaults."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from dragoman import LLM, AsyncChat, AsyncInstructor, AsyncLLM, AsyncStream, Chat, Instructor, Stream

FACES = {
    "LLM": (LLM, AsyncLLM, set[str]()),
    "Chat": (Chat, AsyncChat, set[str]()),
    "Instructor": (Instructor, AsyncInstructor, set[str]()),
    "Stream": (Stream, AsyncStream, {"close", "aclose"}),  # each has the name that its `closing` wants
}


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


@pytest.mark.parametrize("kind", [LLM, AsyncLLM, Chat, AsyncChat, Stream, AsyncStream, Instructor, AsyncInstructor])
def test_every_public_method_says_what_it_does(kind: type) -> None:
    silent = [name for name in face(kind, set()) if not inspect.getdoc(inspect.getattr_static(kind, name))]
    assert set(silent) <= {"provider", "model"}
