"""OpenAI. Reference: platform.openai.com/docs/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop, drop_from_history
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="openai",
    dialect="openai_chat",
    base_url="https://api.openai.com/v1",
    default_prefix="/v1",
    base_url_env=("OPENAI_BASE_URL",),
    auth=bearer("OPENAI_API_KEY"),
    env_headers=(("OPENAI_ORG_ID", "openai-organization"), ("OPENAI_PROJECT_ID", "openai-project")),
    quirks=(
        drop("top_k", why="OpenAI refuses the whole request for it"),
        drop_from_history(
            "reasoning_content",
            "reasoning",
            "reasoning_details",
            why="OpenAI's chat API gives no reasoning and takes none back; its fields are other hosts'",
        ),
    ),
    embeddings="openai_embeddings",
    counting="openai_input_tokens",
    docs_url="https://platform.openai.com/docs/api-reference/chat",
)
