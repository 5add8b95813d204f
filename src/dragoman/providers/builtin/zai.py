"""Z.ai, which serves GLM. Reference: docs.z.ai/api-reference (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="zai",
    dialect="openai_chat",
    base_url="https://api.z.ai/api/paas/v4",
    default_prefix="/api/paas/v4",
    base_url_env=("ZAI_BASE_URL",),
    auth=bearer("ZAI_API_KEY"),
    quirks=(OLDER_LIMIT,),
    docs_url="https://docs.z.ai/api-reference",
)
