"""DeepSeek. Reference: api-docs.deepseek.com (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="deepseek",
    dialect="openai_chat",
    also_speaks=("openai_responses", "anthropic_messages"),
    base_url="https://api.deepseek.com",
    auth=bearer("DEEPSEEK_API_KEY"),
    quirks=(OLDER_LIMIT,),
    lacks=frozenset({"json_schema"}),  # its formats are `text` and `json_object`
    paths={"anthropic_messages": lambda _: "/anthropic/v1/messages"},
    docs_url="https://api-docs.deepseek.com",
)
