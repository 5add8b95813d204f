"""Writer. Chat has a path of its own.

Reference: dev.writer.com/api-reference/completion-api/chat-completion (read 2026-11-20).
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="writer",
    dialect="openai_chat",
    base_url="https://api.writer.com/v1",
    default_prefix="/v1",
    base_url_env=("WRITER_BASE_URL",),
    auth=bearer("WRITER_API_KEY"),
    quirks=(OLDER_LIMIT,),
    lacks=frozenset({"json_object"}),  # its formats are `text` and `json_schema`
    paths={"openai_chat": lambda _: "/chat"},
    docs_url="https://dev.writer.com/api-reference/completion-api/chat-completion",
)
