"""LM Studio, on this machine or another. Reference: lmstudio.ai/docs/developer/openai-compat (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="lmstudio",
    dialect="openai_chat",
    also_speaks=("openai_responses", "anthropic_messages"),
    base_url="http://localhost:1234/v1",
    default_prefix="/v1",
    base_url_env=("LM_STUDIO_API_BASE",),
    auth=bearer("LM_STUDIO_API_KEY", required=False),
    quirks=(OLDER_LIMIT,),
    unreachable_hint="Is LM Studio's server running (`lms server start`)? If it runs elsewhere, pass base_url=.",
    unknown_model_hint="Load the model in LM Studio, or with `lms load {model}`.",
    price_list=None,
    embeddings="openai_embeddings",
    schemas="gbnf",
    docs_url="https://lmstudio.ai/docs/developer/openai-compat",
)
