"""`patch` takes clients of SDKs that nobody here knows, if they have OpenAI's method, and mocks of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import AsyncInstructor, Instructor, Mode
from dragoman.exceptions import IncompleteOutputException

from ...drive import MODES, settled


class User(BaseModel):
    name: str
    age: int


SAID = [{"role": "user", "content": "John is 42 years old"}]
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": json.dumps({"name": "John", "age": 42})},
    }],
}  # fmt: skip


def lookalike(face: str, **answer: Any) -> Any:
    create = (AsyncMock if face == "async" else Mock)(**answer or {"return_value": ANSWER})
    return SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)), name="theirs")


both = pytest.mark.parametrize("face", MODES)


@both
def test_a_value(face: str) -> None:
    client = lookalike(face)
    patched = dragoman.patch(client, mode=Mode.JSON)
    assert type(patched) is (AsyncInstructor if face == "async" else Instructor)
    asked = patched.chat.completions.create(model="m", messages=SAID, response_model=User)
    assert settled(asked) == User(name="John", age=42)
    assert client.chat.completions.create.call_args.kwargs["model"] == "m"
    assert (patched.client, patched.name) == (client, "theirs")


@both
def test_without_a_value_it_is_their_own_method(face: str) -> None:
    patched = dragoman.patch(lookalike(face))
    assert settled(patched.chat.completions.create(model="m", messages=SAID, seed=1)) == ANSWER
    assert patched.client.chat.completions.create.call_args.kwargs == {"model": "m", "messages": SAID, "seed": 1}


@both
def test_what_the_method_raises_of_ours_passes(face: str) -> None:
    client = lookalike(face, side_effect=IncompleteOutputException(last_completion=None))
    with pytest.raises(IncompleteOutputException):
        settled(dragoman.patch(client).chat.completions.create(model="m", messages=SAID, response_model=User))
    assert client.chat.completions.create.call_count == 1


@pytest.mark.parametrize("wrong", [object(), "client", SimpleNamespace(chat=None)])
def test_what_has_no_such_method_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="a client of an SDK is taken"):
        dragoman.patch(wrong)
