"""Together. Reference: docs.together.ai/reference/chat-completions-1 (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="together",
    dialect="openai_chat",
    base_url="https://api.together.ai/v1",
    default_prefix="/v1",
    base_url_env=("TOGETHER_BASE_URL",),
    auth=bearer("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY"),
    quirks=(OLDER_LIMIT,),
    embeddings="openai_embeddings",
    schemas="grammar",
    docs_url="https://docs.together.ai/reference/chat-completions-1",
)
