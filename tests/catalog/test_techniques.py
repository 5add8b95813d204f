"""How structured output is asked for when nobody says (S0.14, S0.17, S0.33, S4.16, S4.17)."""

from __future__ import annotations

import pytest

from dragoman.catalog import default_technique

TECHNIQUES = [
    # provider, model, technique, why
    ("openai", "gpt-4o", "tools", "S0.14"),
    ("azure_openai", "gpt-4o", "tools", "as OpenAI"),
    ("anthropic", "claude-sonnet-4-5", "tools", "S0.17"),
    ("anthropic", "claude-opus-5-5", "json_schema", "no tool call can be demanded of it"),
    ("google", "gemini-2.5-pro", "tools", "S0.33"),
    ("vertex", "gemini-2.5-pro", "tools", "as Google"),
    ("bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0", "tools", "S4.16"),
    ("bedrock", "eu.anthropic.claude-next-v1:0", "tools", "S4.16, though it is not known"),
    ("bedrock", "amazon.nova-pro-v1:0", "json_text", "S4.16"),
    ("bedrock", "some.model", "json_text", "S4.16"),
    ("ollama", "llama3.1:8b", "tools", "S4.17: its template has tools"),
    ("ollama", "qwen2.5:7b", "tools", "S4.17"),
    ("ollama", "llama2", "json_schema", "S4.17: it has none"),
    ("ollama", "my-own-model", "json_schema", "S4.17: not known, and Ollama holds any model to a schema"),
    ("deepseek", "deepseek-v4-pro", "json_object", "no call can be demanded, and there is only JSON mode"),
    ("moonshot", "kimi-k3", "json_object", "likewise"),
    ("perplexity", "sonar", "json_schema", "it calls no tools"),
    ("mlx", "mlx-community/Qwen3-30B-4bit", "json_text", "nothing holds it"),
    ("openai", "gpt-99", "tools", "not known: what is usual"),
    ("my_own_provider", "m", "tools", "not known: what is usual"),
]


@pytest.mark.parametrize(
    ("provider", "model", "technique", "why"), TECHNIQUES, ids=[f"{r[0]}-{r[1]}" for r in TECHNIQUES]
)
def test_the_default(provider: str, model: str, technique: str, why: str) -> None:
    assert default_technique(provider, model) == technique, why
