"""Mistral. Reference: docs.mistral.ai/api (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="mistral",
    dialect="mistral",
    base_url="https://api.mistral.ai/v1",
    default_prefix="/v1",
    auth=bearer("MISTRAL_API_KEY"),
    embeddings="mistral_embeddings",
    docs_url="https://docs.mistral.ai/api",
)
