"""vLLM's server. Reference: docs.vllm.ai/en/latest/serving/openai_compatible_server (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="vllm",
    dialect="openai_chat",
    also_speaks=("openai_responses", "anthropic_messages"),
    base_url="http://localhost:8000/v1",
    default_prefix="/v1",
    auth=bearer("VLLM_API_KEY", required=False),
    quirks=(OLDER_LIMIT,),
    unreachable_hint="Is `vllm serve MODEL` running? If it runs elsewhere, pass base_url=.",
    unknown_model_hint="The server has the one model it was started with: `vllm serve {model}`.",
    price_list=None,
    embeddings="openai_embeddings",
    schemas="grammar",
    docs_url="https://docs.vllm.ai/en/latest/serving/openai_compatible_server",
)
