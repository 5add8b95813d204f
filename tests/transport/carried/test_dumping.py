"""An SDK's object as the JSON that it was made of."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dragoman.errors import DecodeError
from dragoman.transport.carried.dumping import dumped


class Answer(BaseModel):
    """Such an object. SDKs make theirs by `model_construct`, so that a provider may say what they do not know."""

    content: str
    note: str | None = None


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (Answer(content="Hi"), b'{"content":"Hi"}'),
        (Answer.model_construct(content=5), b'{"content":5}'),  # and nobody is warned, which fails here
        ({"content": None}, b'{"content":null}'),
    ],
)
def test_its_json(given: Any, body: bytes) -> None:
    assert dumped(given) == body


def test_fields_may_be_left_out() -> None:
    assert dumped(Answer(content="Hi", note="ours"), without=frozenset({"note"})) == b'{"content":"Hi"}'


@pytest.mark.parametrize("given", ["Hi", None, object(), Answer])
def test_what_is_none(given: Any) -> None:
    with pytest.raises(DecodeError, match=f"returned a `{type(given).__name__}`"):
        dumped(given)
