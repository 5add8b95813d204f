"""dragoman over Anthropic messages."""

from __future__ import annotations

from bench.peers import dragoman_openai

LABEL = "dragoman (Anthropic)"
ENVIRONMENT = "dragoman"
START = 'import dragoman; llm = dragoman.create_llm("anthropic/claude-sonnet-4-20250514", api_key="k", base_url=URL)'
FIRST = "print(llm.generate(QUESTION).content)"


class Peer(dragoman_openai.Peer):
    provider = "anthropic"
    model = "claude-sonnet-4-20250514"
