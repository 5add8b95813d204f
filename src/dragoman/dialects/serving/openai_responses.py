"""OpenAI, asked for responses: counts tokens."""

from __future__ import annotations

from dragoman.dialects.serving.base import Counting, Serving

SERVING = Serving(
    passed_headers=("openai-beta",),
    counting=Counting(
        path="/responses/input_tokens",
        request=lambda wire: wire,
        reply=lambda tokens: {"object": "response.input_tokens", "input_tokens": tokens},
    ),
)
