"""Voyage AI, which only embeds. Reference: docs.voyageai.com/reference/embeddings-api."""

from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="voyage",
    dialect="openai_chat",
    base_url="https://api.voyageai.com/v1",
    default_prefix="/v1",
    base_url_env=("VOYAGE_BASE_URL",),
    auth=bearer("VOYAGE_API_KEY"),
    chats=False,
    embeddings="voyage_embeddings",
    listing=None,
    docs_url="https://docs.voyageai.com/reference/embeddings-api",
)
