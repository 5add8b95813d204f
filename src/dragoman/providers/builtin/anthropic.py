"""Anthropic. Reference: docs.anthropic.com/en/api/messages (read 2026-11-20)."""

from dragoman.providers.auth import KeyAuth, KeySource
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="anthropic",
    dialect="anthropic_messages",
    base_url="https://api.anthropic.com",
    base_url_env=("ANTHROPIC_BASE_URL",),
    auth=KeyAuth(sources=(KeySource("ANTHROPIC_API_KEY", "x-api-key", ""), KeySource("ANTHROPIC_AUTH_TOKEN"))),
    counting="anthropic_count_tokens",
    docs_url="https://docs.anthropic.com/en/api/messages",
)
