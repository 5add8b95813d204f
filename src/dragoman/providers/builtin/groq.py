"""Groq. Reference: console.groq.com/docs/api-reference (read 2026-11-20); what it refuses: /docs/openai (2026-11-21).

Its SDK's base URL is the host alone, to which the prefix is added here as there.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop, one_answer
from dragoman.providers.spec import ProviderSpec

_REFUSED = "Groq refuses a request that has it"
_UNKNOWN = "Groq refuses a request with a field that its API does not have"

SPEC = ProviderSpec(
    name="groq",
    dialect="openai_chat",
    base_url="https://api.groq.com/openai/v1",
    default_prefix="/openai/v1",
    base_url_env=("GROQ_BASE_URL",),
    auth=bearer("GROQ_API_KEY"),
    quirks=(
        drop("logprobs", why=_REFUSED),
        drop("top_logprobs", why=_REFUSED),
        drop("top_k", why=_UNKNOWN),
        one_answer(why="Groq refuses a request for more than one answer"),
    ),
    schemas="groq_strict",
    docs_url="https://console.groq.com/docs/api-reference",
)
