"""Facts checked by hand: window, output, price in and out per million.

The data was compared with what a person knew of the pages named, which were not read again on that day.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from dragoman.catalog import find

TODAY = "2026-11-21"

OPENAI = "https://developers.openai.com/api/docs/models"
ANTHROPIC = "https://platform.claude.com/docs/en/about-claude/models/overview"
GOOGLE = "https://ai.google.dev/gemini-api/docs/models"
COHERE = "https://docs.cohere.com/docs/models"
GROQ = "https://console.groq.com/docs/models"
XAI = "https://docs.x.ai/docs/models"
PERPLEXITY = "https://docs.perplexity.ai/getting-started/pricing"
VOYAGE = "https://docs.voyageai.com/docs/pricing"
BEDROCK = "https://aws.amazon.com/bedrock/pricing"
MOONSHOT = "https://platform.kimi.ai/docs/pricing/chat"
ZAI = "https://docs.z.ai/guides/overview/pricing"

CHECKED = [
    # model, window, output, $ in, $ out, where it is published
    ("openai/gpt-4o", 128_000, 16_384, "2.5", "10", OPENAI),
    ("openai/gpt-4o-2024-05-13", 128_000, 4_096, "5", "15", OPENAI),
    ("openai/gpt-4o-mini", 128_000, 16_384, "0.15", "0.6", OPENAI),
    ("openai/gpt-4.1", 1_047_576, 32_768, "2", "8", OPENAI),
    ("openai/gpt-4.1-mini", 1_047_576, 32_768, "0.4", "1.6", OPENAI),
    ("openai/gpt-4.1-nano", 1_047_576, 32_768, "0.1", "0.4", OPENAI),
    ("openai/gpt-5", 400_000, 128_000, "1.25", "10", OPENAI),
    ("openai/gpt-5-mini", 400_000, 128_000, "0.25", "2", OPENAI),
    ("openai/gpt-5-nano", 400_000, 128_000, "0.05", "0.4", OPENAI),
    ("openai/gpt-5.1", 400_000, 128_000, "1.25", "10", OPENAI),
    ("openai/o1", 200_000, 100_000, "15", "60", OPENAI),
    ("openai/o3", 200_000, 100_000, "2", "8", OPENAI),
    ("openai/o3-mini", 200_000, 100_000, "1.1", "4.4", OPENAI),
    ("openai/o4-mini", 200_000, 100_000, "1.1", "4.4", OPENAI),
    ("openai/gpt-4-turbo", 128_000, 4_096, "10", "30", OPENAI),
    ("openai/gpt-3.5-turbo", 16_385, 4_096, "0.5", "1.5", OPENAI),
    ("openai/text-embedding-3-small", 8_191, None, "0.02", None, OPENAI),
    ("openai/text-embedding-3-large", 8_191, None, "0.13", None, OPENAI),
    ("anthropic/claude-3-haiku-20240307", 200_000, 4_096, "0.25", "1.25", ANTHROPIC),
    ("anthropic/claude-3-5-haiku-20241022", 200_000, 8_192, "0.8", "4", ANTHROPIC),
    ("anthropic/claude-3-5-sonnet-20241022", 200_000, 8_192, "3", "15", ANTHROPIC),
    ("anthropic/claude-3-opus-20240229", 200_000, 4_096, "15", "75", ANTHROPIC),
    ("anthropic/claude-3-7-sonnet-20250219", 200_000, 64_000, "3", "15", ANTHROPIC),
    ("anthropic/claude-sonnet-4-20250514", 200_000, 64_000, "3", "15", ANTHROPIC),
    ("anthropic/claude-opus-4-1", 200_000, 32_000, "15", "75", ANTHROPIC),
    ("anthropic/claude-opus-4-5", 200_000, 64_000, "5", "25", ANTHROPIC),
    ("anthropic/claude-haiku-4-5", 200_000, 64_000, "1", "5", ANTHROPIC),
    ("anthropic/claude-sonnet-4-5", 200_000, 64_000, "3", "15", ANTHROPIC),
    ("google/gemini-2.5-pro", 1_048_576, 65_536, "1.25", "10", GOOGLE),
    ("google/gemini-2.5-flash", 1_048_576, 65_536, "0.3", "2.5", GOOGLE),
    ("google/gemini-3-pro-preview", 1_048_576, 65_536, "2", "12", GOOGLE),
    ("google/gemini-2.5-flash-lite", 1_048_576, 65_536, "0.1", "0.4", GOOGLE),
    ("google/gemini-2.0-flash", 1_048_576, 8_192, "0.1", "0.4", GOOGLE),
    ("cohere/command-a-03-2025", 256_000, 8_000, "2.5", "10", COHERE),
    ("cohere/command-r7b-12-2024", 128_000, 4_096, "0.0375", "0.15", COHERE),
    ("groq/openai/gpt-oss-120b", 131_072, 65_536, "0.15", "0.6", GROQ),
    ("xai/grok-3", 131_072, None, "3", "15", XAI),
    ("xai/grok-3-mini", 131_072, None, "0.3", "0.5", XAI),
    ("perplexity/sonar-pro", 200_000, 8_000, "3", "15", PERPLEXITY),
    ("voyage/voyage-3.5", 32_000, None, "0.06", None, VOYAGE),
    ("voyage/voyage-3-large", 32_000, None, "0.18", None, VOYAGE),
    ("bedrock/amazon.nova-pro-v1:0", 300_000, 10_000, "0.8", "3.2", BEDROCK),
    ("bedrock/amazon.nova-lite-v1:0", 300_000, 10_000, "0.06", "0.24", BEDROCK),
    ("bedrock/meta.llama3-1-70b-instruct-v1:0", 128_000, 4_096, "0.72", "0.72", BEDROCK),
    ("moonshot/kimi-k2-0905-preview", 262_144, None, "0.6", "2.5", MOONSHOT),
    ("zai/glm-4.6", 200_000, 128_000, "0.6", "2.2", ZAI),
]


@pytest.mark.parametrize(
    ("model", "window", "output", "into", "out", "source"), CHECKED, ids=[row[0] for row in CHECKED]
)
def test_checked_by_hand(model: str, window: int, output: int | None, into: str, out: str | None, source: str) -> None:
    facts = find(model)
    assert facts is not None, source
    assert (facts.context_tokens, facts.output_tokens) == (window, output), source
    expected = (Decimal(into), None if out is None else Decimal(out))
    assert (facts.price("input", TODAY), facts.price("output", TODAY)) == expected, source


def test_a_model_that_is_not_sold_by_the_token_has_facts_and_no_price() -> None:
    """docs.cohere.com/docs/command-a-reasoning (read 2026-11-21): free within limits, else in a place of one's own."""
    facts = find("cohere/command-a-reasoning-08-2025")
    assert facts is not None
    assert (facts.context_tokens, facts.output_tokens, facts.tools) == (256_000, 32_000, True)
    assert facts.reasoning is not None
    assert (facts.reasoning.budget, facts.reasoning.can_disable) == (True, True)
    assert facts.price("input", TODAY) is None


def test_the_end_of_gemini_3_pro() -> None:
    facts = find("google/gemini-3-pro-preview")
    assert facts is not None
    assert (str(facts.retired_on), facts.successor) == ("2026-03-09", "gemini-3.1-pro-preview")


ABLE = [
    # model, tools, reads, structured output natively held to a schema
    ("openai/gpt-4o", True, {"text", "image", "document"}, True),
    ("openai/gpt-4", True, {"text"}, False),
    ("anthropic/claude-3-5-haiku-latest", True, None, False),
    ("anthropic/claude-haiku-4-5", True, {"text", "image", "document"}, None),
    ("google/gemini-2.5-pro", True, {"text", "image", "audio", "video", "document"}, True),
    ("google/gemini-3-pro-preview", True, {"text", "image", "audio", "video", "document"}, True),
    ("deepseek/deepseek-v4-pro", True, {"text"}, False),
    ("ollama/llama2", False, {"text"}, False),
]


@pytest.mark.parametrize(("model", "tools", "reads", "schema"), ABLE, ids=[row[0] for row in ABLE])
def test_what_models_can_do(model: str, tools: bool, reads: set[str] | None, schema: bool | None) -> None:
    """S2.13."""
    facts = find(model)
    assert facts is not None
    assert facts.tools is tools
    assert reads is None or set(facts.input) == reads
    assert schema is None or ("json_schema" in facts.formats) is schema


THINKS = [
    # model, efforts, budget, can be switched off, refuses sampling parameters
    ("openai/gpt-5", ("minimal", "low", "medium", "high"), False, False, True),
    ("openai/gpt-5.1", ("none", "low", "medium", "high"), False, True, True),
    ("openai/o3", ("low", "medium", "high"), False, False, True),
    ("anthropic/claude-haiku-4-5", (), True, True, True),
    ("anthropic/claude-haiku-5-5", ("low", "medium", "high", "xhigh", "max"), False, True, True),
    ("anthropic/claude-opus-5-5", ("low", "medium", "high", "xhigh", "max"), False, False, True),
    ("google/gemini-2.5-pro", (), True, False, None),
    ("google/gemini-2.5-flash", (), True, True, None),
    ("deepseek/deepseek-v4-pro", ("low", "high", "max"), False, True, None),
    ("groq/openai/gpt-oss-120b", ("low", "medium", "high"), False, False, None),
    ("zai/glm-5.3", ("low", "high", "max"), False, False, None),
]


@pytest.mark.parametrize(
    ("model", "efforts", "budget", "can_disable", "refuses"), THINKS, ids=[row[0] for row in THINKS]
)
def test_how_models_think(
    model: str, efforts: tuple[str, ...], budget: bool, can_disable: bool | None, refuses: bool | None
) -> None:
    facts = find(model)
    assert facts is not None
    assert facts.reasoning is not None
    thinks = facts.reasoning
    assert (thinks.efforts, thinks.budget, thinks.can_disable, thinks.refuses_sampling) == (
        efforts,
        budget,
        can_disable,
        refuses,
    )


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-3-5-haiku-latest", "ollama/llama3.1:8b"])
def test_the_others_do_not(model: str) -> None:
    facts = find(model)
    assert facts is not None
    assert facts.reasoning is None


LOCAL = [
    # S0.26 and S2.9: model, gigabytes, how well it keeps to a form, speed, memory
    ("llama3.1:8b", 4.7, "good", "fast", 8),
    ("llama3.1:70b", 40, "very good", "slow", 64),
    ("mistral", 4.1, "good", "fast", 8),
    ("mixtral", 26, "very good", "medium", 32),
    ("qwen2.5:7b", 4.4, "good", "fast", 8),
    ("qwen2.5-coder:7b", 4.7, None, "fast", 8),
    ("qwen2.5-coder:14b", 9.0, None, "medium", 16),
    ("qwen2.5-coder:1.5b", 1.0, None, "fast", 4),
    ("qwen3-coder:30b", 19, None, "medium", 32),
]


@pytest.mark.parametrize(
    ("model", "size", "structured", "speed", "memory"), LOCAL, ids=[f"S0.26-{row[0]}" for row in LOCAL]
)
def test_local_models(model: str, size: float, structured: str | None, speed: str, memory: int) -> None:
    """S0.26, S2.9."""
    facts = find(model, provider="ollama")
    assert facts is not None
    assert facts.local is not None
    assert (facts.local.size_gb, facts.local.structured, facts.local.speed, facts.local.memory_gb) == (
        size,
        structured,
        speed,
        memory,
    )
    assert facts.price("input", TODAY) == 0
