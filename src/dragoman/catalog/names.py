"""The names a list or a model goes by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SAME_LIST: Final = {
    "azure": "openai",
    "azure_openai": "openai",
    "generative_ai": "google",
    "gemini": "google",
    "vertexai": "vertex",
    "vertex_ai": "vertex",
    "moonshotai": "moonshot",
    "voyageai": "voyage",
    "x_ai": "xai",
    "qwen": "dashscope",
    "glm": "zai",
    "lm_studio": "lmstudio",
    "aws": "bedrock",
}
"""Providers that are called otherwise, or serve another's models at its prices."""

_REGION: Final = re.compile(r"^(?:us|eu|apac|jp|au|ca|in|us-gov|global)\.")
_LOCAL_BUILD: Final = re.compile(r"^([^/:]+:\d+(?:\.\d+)?b)-.+")
_LATEST: Final = ":latest"


def list_name(provider: str) -> str:
    """The list in which a provider's models stand."""
    name = provider.strip().lower().replace("-", "_")
    return _SAME_LIST.get(name, name)


def spellings(model: str) -> Iterator[str]:
    """The names to look for, the given one first: without its path, its region, its build."""
    name = model.lower()
    yield name
    if name.startswith(("models/", "arn:")) or "/models/" in name:
        name = name.rpartition("/")[2]
        yield name
    plain = _REGION.sub("", name)
    if plain != name:
        yield plain
    if "@" in plain:  # Vertex: claude-sonnet-4-5@20250929
        base, _, day = plain.partition("@")
        yield f"{base}-{day}"
        yield base
    if build := _LOCAL_BUILD.match(plain):  # Ollama: llama3.1:8b-instruct-q4_K_M
        yield build[1]
    yield plain.removesuffix(_LATEST)


def variant(model: str) -> tuple[str, str]:
    """OpenRouter's `vendor/model:variant` taken apart; the variant is `""` where there is none."""
    vendor, slash, name = model.rpartition("/")
    base, _, kind = name.partition(":")
    return (f"{vendor}/{base}", kind.lower()) if slash else (model, "")
