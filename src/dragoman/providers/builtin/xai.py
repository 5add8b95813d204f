"""xAI. Reference: docs.x.ai/docs/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop_from_tools
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="xai",
    dialect="openai_chat",
    also_speaks=("openai_responses",),
    base_url="https://api.x.ai/v1",
    default_prefix="/v1",
    auth=bearer("XAI_API_KEY"),
    quirks=(drop_from_tools("strict", why="its chat completions have no strict tools"),),
    schemas="xai_strict",
    docs_url="https://docs.x.ai/docs/api-reference",
)
