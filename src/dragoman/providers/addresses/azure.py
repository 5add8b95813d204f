"""Addresses on Azure.

With an `api_version` the classic addresses are used, in which the model is the name of a deployment; without one the
v1 API (learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle, read 2026-11-20).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from dragoman.messages import Request
from dragoman.providers.spec import ProviderSpec

_TAIL: Final = re.compile(r"(?<!/)/openai(?:/v1(?:/.*)?|/deployments/.*|/responses)?/?(?:\?.*)?$")
"""What the portal shows after a resource's address: the way to the v1 API, or the whole address of a deployment."""


def address(settings: Mapping[str, str]) -> str:
    """The address of the caller's resource, `""` when it is not set."""
    endpoint = _TAIL.sub("", settings.get("azure_endpoint", "").strip()).rstrip("/")
    return endpoint and f"{endpoint}{prefix(settings)}"


def prefix(settings: Mapping[str, str]) -> str:
    return "/openai" if "api_version" in settings else "/openai/v1"


def at_version(spec: ProviderSpec, settings: Mapping[str, str], _: str | None) -> ProviderSpec:
    """`spec` with the paths of the classic addresses, where a version is set."""
    if "api_version" not in settings:
        return spec

    def chat(request: Request) -> str:
        return f"/deployments/{settings.get('azure_deployment') or request.model}/chat/completions"

    def vectors(request: Request) -> str:
        return f"/deployments/{request.model}/embeddings"

    paths = {"openai_chat": chat, "openai_embeddings": vectors}
    return replace(spec, paths=paths, query="api-version={api_version}")
