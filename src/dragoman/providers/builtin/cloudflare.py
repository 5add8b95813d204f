"""Cloudflare's Workers AI; the account is part of the address.

Reference: developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility (read 2026-11-20).
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="cloudflare",
    dialect="openai_chat",
    base_url="https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1",
    default_prefix="/client/v4/accounts/{account_id}/ai/v1",
    settings=(Setting(name="account_id", env=("CLOUDFLARE_ACCOUNT_ID",), required=True),),
    auth=bearer("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"),
    quirks=(OLDER_LIMIT,),
    docs_url="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility",
)
