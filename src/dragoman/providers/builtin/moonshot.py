"""Moonshot, which serves Kimi. Reference: platform.moonshot.ai/docs/api/chat (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT, ask_for_a_tool
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="moonshot",
    dialect="openai_chat",
    base_url="https://api.moonshot.ai/v1",
    default_prefix="/v1",
    auth=bearer("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY"),
    quirks=(
        OLDER_LIMIT,
        ask_for_a_tool(why="it cannot be made to call a tool, only left the choice"),
    ),
    docs_url="https://platform.moonshot.ai/docs/api/chat",
)
