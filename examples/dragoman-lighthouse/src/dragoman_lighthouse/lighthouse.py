"""Lighthouse, made up for this example. Reference: docs.lighthouse.example/chat (read 2026-11-21)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop, rename
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="lighthouse",
    dialect="openai_chat",
    base_url="https://api.lighthouse.example/v1",
    default_prefix="/v1",
    base_url_env=("LIGHTHOUSE_BASE_URL",),
    auth=bearer("LIGHTHOUSE_API_KEY"),
    quirks=(
        rename("max_completion_tokens", "max_tokens", why="it knows only the older name"),
        drop("seed", why="it refuses a request that has one"),
    ),
    docs_url="https://docs.lighthouse.example/chat",
)
