"""Cerebras. Reference: inference-docs.cerebras.ai/api-reference/chat-completions (read 2026-11-20).

Its streams end with the connection; the usage comes with the finish reason.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="cerebras",
    dialect="openai_chat",
    base_url="https://api.cerebras.ai/v1",
    default_prefix="/v1",
    base_url_env=("CEREBRAS_BASE_URL",),
    auth=bearer("CEREBRAS_API_KEY"),
    strict_end=False,
    schemas="cerebras_strict",
    docs_url="https://inference-docs.cerebras.ai/api-reference/chat-completions",
)
