"""Which model a name means: aliases, snapshots, regions, variants (S0.9, S0.20)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dragoman.catalog import find, find_model, providers_of

ALIASES = [
    # what is written, whose, and the model that is meant
    ("gpt-4o", "openai", "openai/gpt-4o"),
    ("gpt-4o-mini", "azure_openai", "openai/gpt-4o-mini"),
    ("GPT-4o", "OpenAI", "openai/gpt-4o"),
    ("gpt-4o-2024-08-06", "openai", "openai/gpt-4o"),
    ("gpt-4o-2024-05-13", "openai", "openai/gpt-4o-2024-05-13"),
    ("gpt-4o-mini-2024-07-18", "openai", "openai/gpt-4o-mini"),
    ("claude-3-5-haiku-latest", "anthropic", "anthropic/claude-3-5-haiku-latest"),
    ("claude-3-5-haiku-20241022", "anthropic", "anthropic/claude-3-5-haiku-latest"),
    ("claude-3-5-sonnet-latest", "anthropic", "anthropic/claude-3-5-sonnet"),
    ("claude-3-opus-latest", "anthropic", "anthropic/claude-3-opus-latest"),
    ("claude-3-opus-20240229", "anthropic", "anthropic/claude-3-opus-latest"),
    ("claude-sonnet-4-20250514", "anthropic", "anthropic/claude-sonnet-4-0"),
    ("gemini-1.5-pro", "google", "google/gemini-1.5-pro"),
    ("gemini-1.5-flash-002", "gemini", "google/gemini-1.5-flash"),
    ("models/gemini-2.5-flash", "generative-ai", "google/gemini-2.5-flash"),
    ("gemini-2.5-pro", "vertexai", "google/gemini-2.5-pro"),
    ("publishers/google/models/gemini-2.5-flash", "vertex", "google/gemini-2.5-flash"),
    ("claude-sonnet-4-5@20250929", "vertex", "vertex/claude-sonnet-4-5"),
    ("anthropic.claude-3-5-sonnet-20241022-v2:0", "bedrock", "bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock", "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"),
    ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock", "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"),
    (
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "bedrock",
        "bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
        "bedrock",
        "bedrock/amazon.nova-pro-v1:0",
    ),
    ("openai/gpt-4o-mini", "openrouter", "openrouter/openai/gpt-4o-mini"),
    ("openai/gpt-4o-mini:free", "openrouter", "openrouter/openai/gpt-4o-mini:free"),
    ("llama3.1", "ollama", "ollama/llama3.1:8b"),
    ("llama3.1:latest", "ollama", "ollama/llama3.1:8b"),
    ("llama3.1:8b-instruct-q4_K_M", "ollama", "ollama/llama3.1:8b"),
    ("mlx-community/Qwen3-30B-4bit", "mlx", "mlx/mlx-community/Qwen3-30B-4bit"),
    ("mlx-community/Qwen2.5-Coder-7B-Instruct-4bit", "mlx", "mlx/mlx-community/Qwen2.5-Coder-7B-Instruct-4bit"),
    ("mlx-community/Llama-3.1-8B-Instruct-4bit", "mlx", "mlx/mlx-community/Llama-3.1-8B-Instruct-4bit"),
    ("mlx-community/Mistral-7B-Instruct-v0.3-4bit", "mlx", "mlx/mlx-community/Mistral-7B-Instruct-v0.3-4bit"),
    ("mlx-community/Qwen2.5-Coder-32B-Instruct-4bit", "mlx", "mlx/mlx-community/Qwen2.5-Coder-32B-Instruct-4bit"),
    ("local-model", "lmstudio", "lmstudio/local-model"),
    ("microsoft/DialoGPT-medium", "huggingface", "huggingface/microsoft/DialoGPT-medium"),
    ("TheBloke/Llama-2-7B-Chat-GGUF", "huggingface", "huggingface/TheBloke/Llama-2-7B-Chat-GGUF"),
    # without a provider: `provider/model`, then the maker, then a host
    ("openai/gpt-4o", None, "openai/gpt-4o"),
    ("gemini/gemini-1.5-pro", None, "google/gemini-1.5-pro"),
    ("openrouter/openai/gpt-4o", None, "openrouter/openai/gpt-4o"),
    ("gpt-4o", None, "openai/gpt-4o"),
    ("claude-haiku-4-5", None, "anthropic/claude-haiku-4-5"),
    ("qwen2.5-coder:7b", None, "ollama/qwen2.5-coder:7b"),
    ("no-such-model", None, None),
    ("gpt-4o", "nobody", None),
    ("gpt-4o", "", None),
]


@pytest.mark.parametrize(("written", "provider", "meant"), ALIASES, ids=[f"{row[1]}-{row[0]}" for row in ALIASES])
def test_what_a_name_means(written: str, provider: str | None, meant: str | None) -> None:
    """S0.9, S0.20, S2.8-S2.12."""
    facts = find(written, provider=provider)
    assert (facts and facts.name) == meant


@pytest.mark.parametrize(
    ("variant", "price"),
    [
        ("openai/gpt-4o-mini:free", Decimal(0)),
        ("openai/gpt-4o-mini:nitro", None),  # the fastest host, at its own price
    ],
)
def test_a_routers_variant_is_the_model_at_another_price(variant: str, price: Decimal | None) -> None:
    plain, other = find_model("openrouter", "openai/gpt-4o-mini"), find_model("openrouter", variant)
    assert plain is not None
    assert other is not None
    assert other.context_tokens == plain.context_tokens
    assert other.price("input", "2026-11-21") == price


def test_only_routers_have_variants() -> None:
    assert find_model("deepinfra", "meta-llama/Llama-3.3-70B-Instruct-Turbo:free") is None


def test_a_makers_list_comes_before_those_of_hosts() -> None:
    assert providers_of("gpt-4o-mini") == ("openai",)
    assert len(providers_of("openai/gpt-oss-120b")) > 1
