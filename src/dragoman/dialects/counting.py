"""How tokens are counted without an answer, by the providers that do it.

What is counted is the request that would be sent: its dialect encodes it, and here it is made fit for the endpoint that
counts. Estimates are made elsewhere (`calls/estimate.py`); this is what the provider says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from dragoman.dialects.base import Wire
from dragoman.errors import ConfigurationError


class Counting(Struct, frozen=True, kw_only=True):
    """An endpoint that counts.

    Attributes:
        dialect: The one that its bodies are made by.
        path: Makes of the path that would answer the one that counts.
        body: Makes of the body that would be answered one to be counted. `model` is as the caller named it.
        field: Where the number stands in its answer.
    """

    dialect: str
    path: Callable[[str], str]
    body: Callable[[Wire, str], Wire]
    field: str

    def tokens(self, wire: Wire) -> int:
        """The number in an answer."""
        return int(wire[self.field])


def _without(*fields: str) -> Callable[[Wire, str], Wire]:
    def body(wire: Wire, model: str) -> Wire:  # noqa: ARG001  # the body names it already
        return {name: value for name, value in wire.items() if name not in fields}

    return body


def _gemini_body(wire: Wire, model: str) -> Wire:
    """Instructions and tools count only inside a whole request, which names its model once more."""
    resource = model if "/" in model else f"models/{model}"
    return {"generateContentRequest": {**wire, "model": resource}}


def _count_path(path: str) -> str:
    before, _, after = path.partition("?")
    method = ":streamGenerateContent" if before.endswith(":streamGenerateContent") else ":generateContent"
    return before.removesuffix(method) + ":countTokens" + (f"?{after}" if after else "")


def _below(name: str) -> Callable[[str], str]:
    def path(answering: str) -> str:
        before, mark, after = answering.partition("?")
        return f"{before}/{name}{mark}{after}"

    return path


_ANTHROPIC_UNCOUNTED: Final = (
    "max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier",
)  # fmt: skip
"""Fields that are no part of the prompt: the endpoint refuses them (docs.claude.com/en/api/messages-count-tokens)."""

_RESPONSES_UNCOUNTED: Final = (
    "max_output_tokens", "stream", "stream_options", "temperature", "top_p", "top_logprobs", "include", "metadata",
    "service_tier", "store", "user", "safety_identifier", "prompt_cache_key",
)  # fmt: skip
_VERTEX_UNCOUNTED: Final = ("safetySettings", "cachedContent", "labels", "toolConfig")

COUNTINGS: Final[Mapping[str, Counting]] = {
    "anthropic_count_tokens": Counting(
        dialect="anthropic_messages",
        path=_below("count_tokens"),
        body=_without(*_ANTHROPIC_UNCOUNTED),
        field="input_tokens",
    ),
    "openai_input_tokens": Counting(
        dialect="openai_responses",
        path=_below("input_tokens"),
        body=_without(*_RESPONSES_UNCOUNTED),
        field="input_tokens",
    ),
    "gemini_count_tokens": Counting(dialect="gemini", path=_count_path, body=_gemini_body, field="totalTokens"),
    "vertex_count_tokens": Counting(
        dialect="gemini", path=_count_path, body=_without(*_VERTEX_UNCOUNTED), field="totalTokens"
    ),
}
"""By the name that `ProviderSpec.counting` says."""


def get_counting(name: str) -> Counting:
    """The way of counting called `name`. Raises `ConfigurationError` for a name that is none."""
    if name not in COUNTINGS:
        raise ConfigurationError(f"there is no way of counting tokens `{name}`; known are {', '.join(COUNTINGS)}")
    return COUNTINGS[name]
