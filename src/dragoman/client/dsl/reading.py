"""An answer that an SDK gave, read as the library reads its own: by its dialect, then by the mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel

from dragoman.client.completion import Completion
from dragoman.client.mode import Mode
from dragoman.dialects import get_dialect
from dragoman.errors import AnswerCutOff, AnswerDeclined, ConfigurationError
from dragoman.exceptions import ResponseParsingError
from dragoman.messages import LLMResponse
from dragoman.structured import TECHNIQUES, Rules, output_type
from dragoman.structured.reading import read
from dragoman.transport.carried.dumping import as_json

M = TypeVar("M", bound=BaseModel)

_SHAPES: Final[dict[str, Callable[[Mapping[str, Any]], bool]]] = {
    "openai_chat": lambda wire: "choices" in wire,
    "anthropic_messages": lambda wire: wire.get("type") == "message",
    "gemini": lambda wire: "candidates" in wire,
    "openai_responses": lambda wire: wire.get("object") == "response",
    "bedrock_converse": lambda wire: isinstance(wire.get("output"), Mapping),
    "cohere_v2": lambda wire: "message" in wire and "finish_reason" in wire,
}
"""How the answers of a dialect can be told from others'."""


_IN_TEXT: Final = TECHNIQUES["json_text"]


def read_completion(
    model: type[M], completion: Any, context: Mapping[str, Any] | None, strict: bool | None, mode: Mode
) -> M:
    """The value of `model` in `completion`."""
    response, output = response_of(completion), output_type(model)
    if response.finish_reason == "length":
        raise AnswerCutOff(responses=(response,), last_completion=completion)
    if response.refusal is not None:
        raise AnswerDeclined(f"Unable to generate a response due to {response.refusal}", responses=(response,))
    text = _only_call(response) if mode in Mode.tool_modes() else _IN_TEXT.find(response, output)
    return read(output, text, Rules(context=context, strict=strict), mend=not strict).value


def _only_call(response: LLMResponse) -> str:
    """The arguments of the one call, whatever it is called: subclasses and decorated classes have other names."""
    if len(response.tool_calls) != 1:
        raise ResponseParsingError(
            f"one tool call was expected, and {len(response.tool_calls)} are there", raw_response=response
        )
    return response.tool_calls[0].arguments_json


def response_of(completion: Any) -> LLMResponse:
    """An SDK's own object, or its JSON, as ours. Raises `ConfigurationError` for what is no answer of any dialect."""
    if isinstance(completion, LLMResponse | Completion):
        return completion if isinstance(completion, LLMResponse) else completion.response
    wire = _json_of(completion)
    for name, fits in _SHAPES.items():
        if fits(wire):
            return get_dialect(name).decode_response(dict(wire))
    raise ConfigurationError(f"this {type(completion).__name__} is no answer of a dialect that is known here")


def _json_of(completion: Any) -> Mapping[str, Any]:
    if isinstance(completion, Mapping):
        return cast("Mapping[str, Any]", completion)
    wire = as_json(completion)
    if wire is None:
        raise ConfigurationError(f"an answer is an SDK's own object or its JSON, not {type(completion).__name__}")
    return wire
