"""Usage: the tokens of one answer, counted the same way for every provider."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, cast

from msgspec import Struct

_OPENAI_NAMES = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "total_tokens": "total_tokens",
}


class Usage(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Token counts. What the provider did not report is `None`, never 0.

    Attributes:
        input_tokens: All input: text, media, and what was read from or written to the cache.
        output_tokens: All output, thinking included.
        total_tokens: Input and output together, as reported.
        cache_read_tokens: The part of the input that came from the provider's prompt cache.
        cache_write_tokens: The part of the input that was written to it.
        cache_write_1h_tokens: The part of the cache writes kept for an hour, where that costs more.
        reasoning_tokens: The part of the output spent on thinking.
        tool_prompt_tokens: Input that server-side tools added to the prompt, where it is counted apart (Gemini):
            it is not in `input_tokens`, and is in `total_tokens`.
        input_audio_tokens: The part of the input that is audio.
        output_audio_tokens: The part of the output that is audio.
        billed_input_tokens: The input that is charged, where the provider says that it is less than all (Cohere).
        billed_output_tokens: The output that is charged, likewise.
        web_searches: Server-side searches made, which providers charge by the piece.

    OpenAI's names, `prompt_tokens` and `completion_tokens`, can be read too. It is also a mapping of the reported
    counts under them: `usage["prompt_tokens"]`, `["completion_tokens"]`, `["total_tokens"]`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    tool_prompt_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    billed_input_tokens: int | None = None
    billed_output_tokens: int | None = None
    web_searches: int | None = None

    @classmethod
    def from_mapping(cls, counts: Mapping[str, Any]) -> Usage:
        """Read OpenAI's names (`prompt_tokens` …) or ours; unknown keys are ignored."""
        named = {_OPENAI_NAMES.get(key, key): value for key, value in counts.items()}
        return cls(**{key: value for key, value in named.items() if key in cls.__struct_fields__})

    @property
    def prompt_tokens(self) -> int | None:
        """`input_tokens`, as OpenAI calls them."""
        return self.input_tokens

    @property
    def completion_tokens(self) -> int | None:
        """`output_tokens`, as OpenAI calls them."""
        return self.output_tokens

    @property
    def tokens(self) -> int | None:
        """`total_tokens`, or the sum where the provider reports both parts and no total, as Anthropic does."""
        if self.total_tokens is not None or self.input_tokens is None or self.output_tokens is None:
            return self.total_tokens
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Counts of two answers together; a count is known when either reported it."""
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in self.__struct_fields__)
        return Usage(**{name: (a or 0) + (b or 0) for name, a, b in pairs if a is not None or b is not None})

    def _reported(self) -> dict[str, int]:
        pairs = ((name, getattr(self, field)) for name, field in _OPENAI_NAMES.items())
        return {name: count for name, count in pairs if count is not None}

    def __getitem__(self, name: str) -> int:
        return self._reported()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reported())

    def __len__(self) -> int:
        return len(self._reported())

    def __contains__(self, name: object) -> bool:
        return name in self._reported()

    def get(self, name: str, default: Any = None) -> Any:
        """The count under one of OpenAI's names, or `default` when it was not reported."""
        return self._reported().get(name, default)

    def keys(self) -> KeysView[str]:
        """OpenAI's names of the counts that were reported."""
        return self._reported().keys()

    def values(self) -> ValuesView[int]:
        """The counts that were reported, of those that have a name of OpenAI's."""
        return self._reported().values()

    def items(self) -> ItemsView[str, int]:
        """The counts that were reported, by OpenAI's names."""
        return self._reported().items()

    def __repr__(self) -> str:
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return f"Usage({', '.join(f'{name}={count}' for name, count in pairs if count is not None)})"


cast("ABCMeta", Mapping).register(Usage)
