"""How structured output is asked for when nobody says."""

from __future__ import annotations

import pytest

from dragoman.catalog import default_technique

TECHNIQUES = [
    # provider, model, technique, why
    ("openai", "gpt-4o", "tools", "function calling is what OpenAI is known for"),
    ("azure_openai", "gpt-4o", "tools", "as OpenAI"),
    ("anthropic", "claude-sonnet-4-5", "tools", "tool use is its way"),
    ("anthropic", "claude-opus-5-5", "json_schema", "no tool call can be demanded of it"),
    ("google", "gemini-2.5-pro", "tools", "function calling"),
    ("vertex", "gemini-2.5-pro", "tools", "as Google"),
    ("bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0", "tools", "a Claude"),
    ("bedrock", "eu.anthropic.claude-next-v1:0", "tools", "a Claude by its name, though it is not known"),
    ("bedrock", "amazon.nova-pro-v1:0", "json_text", "not a Claude"),
    ("bedrock", "some.model", "json_text", "not a Claude"),
    ("ollama", "llama3.1:8b", "tools", "its template has tools"),
    ("ollama", "qwen2.5:7b", "tools", "likewise"),
    ("ollama", "llama2", "json_schema", "its template has none"),
    ("ollama", "my-own-model", "json_schema", "not known, and Ollama holds any model to a schema"),
    ("bedrock", "anthropic.claude-sonnet-5-5", "json_schema", "a Claude, and no tool call can be demanded of it"),
    ("bedrock", "anthropic.claude-opus-5-5", "tools", "likewise, and not known to have schemas: tools are offered"),
    ("databricks", "databricks-claude-opus-5-5", "tools", "likewise"),
    ("deepseek", "deepseek-v4-pro", "json_object", "no call can be demanded, and there is only JSON mode"),
    ("moonshot", "kimi-k3", "json_object", "likewise"),
    ("perplexity", "sonar", "json_schema", "it calls no tools"),
    ("mlx", "mlx-community/Qwen3-30B-4bit", "json_schema", "its engine holds it"),
    ("openai", "gpt-99", "tools", "not known: what is usual"),
    ("my_own_provider", "m", "tools", "not known: what is usual"),
]


@pytest.mark.parametrize(
    ("provider", "model", "technique", "why"), TECHNIQUES, ids=[f"{r[0]}-{r[1]}" for r in TECHNIQUES]
)
def test_the_default(provider: str, model: str, technique: str, why: str) -> None:
    assert default_technique(provider, model) == technique, why


@pytest.mark.parametrize(
    ("provider", "model", "technique"),
    [
        ("openai", "gpt-4o", "json_schema"),
        ("anthropic", "claude-sonnet-4-5", "json_schema"),
        ("anthropic", "claude-3-5-haiku-latest", "tools"),
        ("anthropic", "claude-of-tomorrow", "tools"),
        ("bedrock", "eu.anthropic.claude-next-v1:0", "tools"),
        ("bedrock", "amazon.nova-pro-v1:0", "json_text"),
        ("ollama", "llama3.1:8b", "json_schema"),
        ("ollama", "my-own-model", "json_schema"),
    ],
)
def test_the_default_where_no_call_can_be_demanded(provider: str, model: str, technique: str) -> None:
    assert default_technique(provider, model, forced=False) == technique
