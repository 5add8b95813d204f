"""What handlers of failures read that were written for Instructor: messages, attempts and tokens, as it has them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dragoman import LLMResponse, Mode, ToolCall, exceptions, from_provider
from dragoman.testing import Emulator, Fault

from ..drive import MODES, settled


class User(BaseModel):
    name: str
    age: int


PROMPT = [{"role": "user", "content": "John is 42 years old"}]
WRONG = LLMResponse(
    parts=(ToolCall(id="call_1", name="User", arguments={"name": "John", "age": "old"}),), finish_reason="tool_calls"
)

every_call = pytest.mark.parametrize("method", ["create", "create_partial", "create_iterable"])
both = pytest.mark.parametrize("face", MODES)


def failure(emulator: Emulator, face: str, method: str, model: str = "openai/gpt-4o-mini") -> Any:
    made = from_provider(model, api_key="k", base_url=emulator.url, async_client=face == "async", mode=Mode.TOOLS)
    with pytest.raises(exceptions.InstructorRetryException) as caught:
        _whole(getattr(made, method)(response_model=User, messages=PROMPT, max_retries=1))
    return caught.value


def _whole(given: Any) -> Any:
    """What a call of any kind comes to."""
    if hasattr(given, "__aiter__"):
        return settled(_all(given))
    return list(given) if hasattr(given, "__next__") else settled(given)


async def _all(stream: Any) -> list[Any]:
    return [each async for each in stream]


CONVERSATIONS = {
    "openai/gpt-4o-mini": ("messages", ["user", "assistant", "tool"]),
    "anthropic/claude-haiku-4-5": ("messages", ["user", "assistant", "user"]),
    "google/gemini-2.5-flash": ("contents", ["user", "model", "user"]),
}
"""By model: what its wire calls the conversation, and the roles after an answer that did not fit."""


@both
@every_call
@pytest.mark.parametrize(("model", "said"), CONVERSATIONS.items(), ids=CONVERSATIONS)
def test_answers_that_do_not_fit(emulator: Emulator, face: str, method: str, model: str, said: Any) -> None:
    emulator.script(WRONG, WRONG)
    error = failure(emulator, face, method, model)
    name, roles = said
    assert [message["role"] for message in error.messages] == roles
    assert error.messages == emulator.requests[-1].wire[name]
    assert error.total_usage.prompt_tokens == emulator.bill.usage.input_tokens > 0
    assert error.total_usage.completion_tokens == emulator.bill.usage.output_tokens > 0
    assert [type(attempt.completion).__name__ for attempt in error.failed_attempts] == ["Completion"] * 2
    assert error.last_completion == error.failed_attempts[-1].completion


@both
@every_call
def test_a_provider_that_refuses(emulator: Emulator, face: str, method: str) -> None:
    """No answer, so none that did not fit: there is nothing to be counted, and nothing that breaks a loop."""
    emulator.script(Fault(status=401))
    error = failure(emulator, face, method)
    assert list(error.failed_attempts) == []
    assert error.messages == PROMPT
    assert error.messages[-1]["content"] == "John is 42 years old"
    assert error.last_completion is None
    assert error.create_kwargs["model"] == "gpt-4o-mini"
