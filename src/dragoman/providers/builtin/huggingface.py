"""Models in this process by transformers, and GGUF files by llama.cpp: which, is told by a model's files.

Reference: huggingface.co/docs/transformers, llama-cpp-python.readthedocs.io (read 2026-11-21). For the hub's hosted
models there is `huggingface_router`.
"""

from dragoman.providers.auth import ARGUMENT_ONLY
from dragoman.providers.quirks import OF_ENGINES
from dragoman.providers.spec import IN_PROCESS, ProviderSpec

SPEC = ProviderSpec(
    name="huggingface",
    dialect="ollama",
    engine="huggingface",
    base_url=IN_PROCESS,
    listing=None,
    auth=ARGUMENT_ONLY,
    quirks=OF_ENGINES,
    lacks=frozenset({"forced_tools"}),
    price_list=None,
    docs_url="https://huggingface.co/docs/transformers",
)
