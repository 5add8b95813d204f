"""Groq. Reference: console.groq.com/docs/api-reference (read 2026-11-20).

Its SDK's base URL is the host alone, to which the prefix is added here as there.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="groq",
    dialect="openai_chat",
    base_url="https://api.groq.com/openai/v1",
    default_prefix="/openai/v1",
    base_url_env=("GROQ_BASE_URL",),
    auth=bearer("GROQ_API_KEY"),
    docs_url="https://console.groq.com/docs/api-reference",
)
