"""Counts that the types of official SDKs demand are there, though nobody reported them."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import LLMResponse, Request, Usage


@pytest.mark.parametrize(
    ("dialect", "usage", "told"),
    [
        ("openai_chat", Usage(input_tokens=14, total_tokens=14), {"completion_tokens": 0, "prompt_tokens": 14}),
        (
            "openai_responses",
            Usage(input_tokens=1),
            {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}},
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_counts_that_clients_demand(dialect: str, usage: Usage, told: dict[str, Any]) -> None:
    wire = get_dialect(dialect).encode_response(LLMResponse("Hi", "m", usage), Request(model="m")).wire
    assert wire["usage"] | told == wire["usage"]
