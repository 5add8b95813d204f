"""Ollama, on this machine or another, and its cloud. Reference: docs.ollama.com/api (read 2026-11-21)."""

from dragoman.messages import Extra, Request
from dragoman.providers.auth import bearer
from dragoman.providers.spec import ProviderSpec


def _unload(model: str) -> Request:
    """Asked nothing, the server does what `keep_alive` says: here, it keeps the model no longer."""
    return Request(model=model, extra=(Extra(fields={"keep_alive": 0}, dialect="ollama"),))


SPEC = ProviderSpec(
    name="ollama",
    dialect="ollama",
    also_speaks=("openai_chat", "anthropic_messages"),
    base_url="http://localhost:11434",
    bare_host_port=11434,
    base_url_env=("OLLAMA_HOST", "OLLAMA_BASE_URL", "OLLAMA_API_BASE"),
    paths={"openai_chat": lambda _: "/v1/chat/completions"},
    auth=bearer("OLLAMA_API_KEY", required=False),
    unload=_unload,
    lacks=frozenset({"forced_tools"}),  # `tool_choice` is read in none of its dialects
    embeddings="ollama_embed",
    listing="ollama_tags",
    unreachable_hint="Is `ollama serve` running? If it runs elsewhere, pass base_url= or set `OLLAMA_HOST`.",
    unknown_model_hint="If the name is right, fetch the model: `ollama pull {model}`.",
    schemas="gbnf",
    docs_url="https://docs.ollama.com/api",
)
