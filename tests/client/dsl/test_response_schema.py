"""Schemas on classes, and values read from answers that were got elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dragoman import AnswerCutOff, Error, Mode, OpenAISchema, generate_gemini_schema, openai_schema, response_schema
from dragoman.client.completion import Completion
from dragoman.client.dsl.reading import response_of
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import LLMResponse


@openai_schema
class User(BaseModel):
    """A user of the system.

    Args:
        name: The full name.
    """

    name: str
    age: int = 0


PARAMETERS = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Name", "description": "The full name."},
        "age": {"type": "integer", "title": "Age", "default": 0},
    },
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("schema", "parameters"),
    [("openai_schema", "parameters"), ("anthropic_schema", "input_schema"), ("gemini_schema", "parametersJsonSchema")],
)
def test_the_schema_as_three_sdks_take_it(schema: str, parameters: str) -> None:
    said = {"name": "User", "description": "A user of the system.", parameters: PARAMETERS}
    assert getattr(User, schema) == said


def test_without_a_docstring_it_says_what_it_is() -> None:
    class Bare(OpenAISchema):
        x: int

    assert "Bare" in Bare.openai_schema["description"]


def test_the_decorator_changes_nothing_else() -> None:
    class Plain(BaseModel):
        x: int

    made = response_schema(Plain)
    assert issubclass(made, Plain)
    assert made.model_json_schema() == Plain.model_json_schema()
    assert made(x=1) == made(x=1)
    assert response_schema(made) is made
    with pytest.raises(TypeError, match="must be a subclass of pydantic"):
        response_schema(object)


def test_gemini_says_what_it_has_no_words_for() -> None:
    assert generate_gemini_schema(User)["name"] == "User"


ARGUMENTS = '{"name": "Ann", "age": 3}'


def chat(finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": None, **message}}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


TOOL_CALL = {"id": "t", "type": "function", "function": {"name": "AnyName", "arguments": ARGUMENTS}}
ANSWERS = {
    "chat tool": (chat(tool_calls=[TOOL_CALL]), Mode.TOOLS),
    "chat function": (chat(function_call={"name": "User", "arguments": ARGUMENTS}), Mode.TOOLS),
    "chat JSON": (chat(content=ARGUMENTS), Mode.JSON),
    "chat fence": (chat(content=f"Here:\n```json\n{ARGUMENTS}\n```"), Mode.MD_JSON),
    "anthropic tool": (
        {"id": "m", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1},
         "content": [{"type": "tool_use", "id": "t", "name": "User", "input": {"name": "Ann", "age": 3}}]},
        Mode.TOOLS,
    ),
    "gemini JSON": (
        {"candidates": [{"content": {"role": "model", "parts": [{"text": ARGUMENTS}]}, "finishReason": "STOP"}]},
        Mode.JSON,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "mode"), ANSWERS.values(), ids=ANSWERS)
def test_a_value_is_read_from_an_answer(answer: dict[str, Any], mode: Mode) -> None:
    assert User.from_response(answer, mode=mode) == User(name="Ann", age=3)


def test_a_value_is_read_from_the_completion_of_our_own_transport() -> None:
    response = get_dialect("openai_chat").decode_response(ANSWERS["chat tool"][0])
    assert User.from_response(Completion(response), mode=ANSWERS["chat tool"][1]) == User(name="Ann", age=3)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (chat(refusal="no users"), "Unable to generate a response due to no users"),
        (chat(content="text"), "one tool call"),
        (chat(tool_calls=[TOOL_CALL, {**TOOL_CALL, "id": "u"}]), "2 are there"),
    ],
)
def test_what_is_no_answer_says_why(answer: dict[str, Any], says: str) -> None:
    with pytest.raises(Error, match=says):
        User.from_response(answer)


def test_json_that_is_not_quite_right_is_read_when_it_may_be() -> None:
    answer = chat(content='{"name": "Ann\nMay"}')
    with pytest.raises(ValidationError, match="control character"):
        User.from_response(answer, mode=Mode.JSON, strict=True)
    for strict in (False, None):
        assert User.from_response(answer, mode=Mode.JSON, strict=strict) == User(name="Ann\nMay")


def test_an_answer_that_was_cut_off_is_not_read() -> None:
    answer = chat("length", content=ARGUMENTS)
    with pytest.raises(AnswerCutOff) as caught:
        User.from_response(answer, mode=Mode.JSON)
    assert caught.value.last_completion is answer


def test_only_answers_are_read() -> None:
    response = LLMResponse(content=ARGUMENTS, model="m")
    assert response_of(response) is response
    for wrong in ({"x": 1}, "text"):
        with pytest.raises(ConfigurationError, match="answer"):
            response_of(wrong)
