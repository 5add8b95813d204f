"""Cohere. Reference: docs.cohere.com/reference/chat (read 2026-11-21)."""

from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="cohere",
    dialect="cohere_v2",
    base_url="https://api.cohere.com",
    base_url_env=("CO_API_URL",),
    auth=bearer("CO_API_KEY", "COHERE_API_KEY"),
    embeddings="cohere_embed",
    docs_url="https://docs.cohere.com/reference/chat",
)
