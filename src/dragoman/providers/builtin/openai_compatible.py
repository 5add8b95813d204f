"""Any server that speaks the OpenAI chat dialect; the caller says where.

`OPENAI_API_KEY` is not read: a key must not go to a host it was not made for.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import rename
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="openai_compatible",
    dialect="openai_chat",
    base_url_env=("OPENAI_COMPATIBLE_BASE_URL",),
    auth=bearer("OPENAI_COMPATIBLE_API_KEY", required=False),
    quirks=(rename("max_completion_tokens", "max_tokens", why="most compatible servers know only the older name"),),
    embeddings="openai_embeddings",
    strict_end=False,
    price_list=None,
)
