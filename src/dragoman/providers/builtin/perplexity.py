"""Perplexity's Sonar, asked for chat completions.

Reference: docs.perplexity.ai/api-reference/chat-completions (read 2026-11-20).

Its streams end with the connection.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="perplexity",
    dialect="openai_chat",
    base_url="https://api.perplexity.ai",
    base_url_env=("PERPLEXITY_BASE_URL",),
    auth=bearer("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"),
    quirks=(OLDER_LIMIT,),
    takes=frozenset({"web_search_options"}),
    lacks=frozenset({"json_object"}),  # its formats are `json_schema` and `regex`
    strict_end=False,
    deprecated="Sonar's chat was to end on 2026-09-27, in favour of the Agent API: calls are reported to fail since",
    embeddings="openai_embeddings",
    paths={"openai_embeddings": lambda _: "/v1/embeddings"},
    docs_url="https://docs.perplexity.ai/api-reference/chat-completions",
)
