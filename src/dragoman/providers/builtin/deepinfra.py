"""DeepInfra. Reference: deepinfra.com/docs/openai_api (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="deepinfra",
    dialect="openai_chat",
    base_url="https://api.deepinfra.com/v1/openai",
    default_prefix="/v1/openai",
    auth=bearer("DEEPINFRA_API_KEY"),
    quirks=(OLDER_LIMIT,),
    docs_url="https://deepinfra.com/docs/openai_api",
)
