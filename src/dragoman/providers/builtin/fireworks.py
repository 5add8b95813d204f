"""Fireworks. Reference: docs.fireworks.ai/api-reference/post-chatcompletions (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="fireworks",
    dialect="openai_chat",
    also_speaks=("anthropic_messages",),
    base_url="https://api.fireworks.ai/inference/v1",
    default_prefix="/inference/v1",
    base_url_env=("FIREWORKS_BASE_URL",),
    auth=bearer("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    quirks=(OLDER_LIMIT,),
    embeddings="openai_embeddings",
    schemas="grammar",
    docs_url="https://docs.fireworks.ai/api-reference/post-chatcompletions",
)
