"""llama.cpp's server. Reference: github.com/ggml-org/llama.cpp/tree/master/tools/server (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="llamacpp",
    dialect="openai_chat",
    also_speaks=("openai_responses", "anthropic_messages"),
    base_url="http://localhost:8080/v1",
    default_prefix="/v1",
    auth=bearer("LLAMA_API_KEY", required=False),
    quirks=(OLDER_LIMIT,),
    unreachable_hint="Is `llama-server -m MODEL.gguf` running? If it runs elsewhere, pass base_url=.",
    unknown_model_hint="Start the server with the model: `llama-server -hf {model}`.",
    price_list=None,
    embeddings="openai_embeddings",
    schemas="gbnf",
    docs_url="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
)
