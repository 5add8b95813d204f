"""OpenAI. Reference: platform.openai.com/docs/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OF_OPENAI, search_models_only
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="openai",
    dialect="openai_chat",
    also_speaks=("openai_responses",),
    base_url="https://api.openai.com/v1",
    default_prefix="/v1",
    base_url_env=("OPENAI_BASE_URL",),
    auth=bearer("OPENAI_API_KEY"),
    env_headers=(("OPENAI_ORG_ID", "openai-organization"), ("OPENAI_PROJECT_ID", "openai-project")),
    quirks=(
        *OF_OPENAI,
        search_models_only(why="OpenAI searches here with its search models alone; `openai_responses` with all"),
    ),
    takes=frozenset({"prompt_cache_breakpoint", "web_search_options"}),
    embeddings="openai_embeddings",
    counting="openai_input_tokens",
    schemas="openai_strict",
    docs_url="https://platform.openai.com/docs/api-reference/chat",
)
