"""OpenRouter. Reference: openrouter.ai/docs/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="openrouter",
    dialect="openai_chat",
    also_speaks=("openai_responses", "anthropic_messages"),
    base_url="https://openrouter.ai/api/v1",
    default_prefix="/api/v1",
    auth=bearer("OPENROUTER_API_KEY"),
    quirks=(OLDER_LIMIT,),
    takes=frozenset({"cache_control"}),  # /docs/features/prompt-caching (read 2026-11-21)
    env_headers=(("OPENROUTER_HTTP_REFERER", "http-referer"), ("OPENROUTER_X_OPEN_ROUTER_TITLE", "x-openrouter-title")),
    embeddings="openai_embeddings",
    docs_url="https://openrouter.ai/docs/api-reference",
)
