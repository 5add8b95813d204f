"""SambaNova. Reference: docs.sambanova.ai/docs/en/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="sambanova",
    dialect="openai_chat",
    base_url="https://api.sambanova.ai/v1",
    default_prefix="/v1",
    auth=bearer("SAMBANOVA_API_KEY"),
    quirks=(OLDER_LIMIT,),
    docs_url="https://docs.sambanova.ai/docs/en/api-reference",
)
