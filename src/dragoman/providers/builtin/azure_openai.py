"""OpenAI's models on Azure.

Reference: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle (read 2026-11-20).

With an `api_version` the classic addresses are used, in which the model is the name of a deployment; without one the
v1 API.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from dragoman.messages import Request
from dragoman.providers.auth.azure import AzureAuth
from dragoman.providers.quirks import OF_OPENAI
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec

_TAIL: Final = re.compile(r"(?<!/)/openai(?:/v1(?:/.*)?|/deployments/.*|/responses)?/?(?:\?.*)?$")
"""What the portal shows after a resource's address: the way to the v1 API, or the whole address of a deployment."""


def _address(settings: Mapping[str, str]) -> str:
    endpoint = _TAIL.sub("", settings.get("azure_endpoint", "").strip()).rstrip("/")
    return endpoint and f"{endpoint}{_prefix(settings)}"


def _prefix(settings: Mapping[str, str]) -> str:
    return "/openai" if "api_version" in settings else "/openai/v1"


def _form(spec: ProviderSpec, settings: Mapping[str, str], _: str | None) -> ProviderSpec:
    if "api_version" not in settings:
        return spec

    def chat(request: Request) -> str:
        return f"/deployments/{settings.get('azure_deployment') or request.model}/chat/completions"

    def vectors(request: Request) -> str:
        return f"/deployments/{request.model}/embeddings"

    paths = {"openai_chat": chat, "openai_embeddings": vectors}
    return replace(spec, paths=paths, query="api-version={api_version}")


SPEC = ProviderSpec(
    name="azure_openai",
    dialect="openai_chat",
    also_speaks=("openai_responses",),
    base_url=_address,
    default_prefix=_prefix,
    settings=(
        Setting(name="azure_endpoint", env=("AZURE_OPENAI_ENDPOINT",), is_address=True, about="the resource's address"),
        Setting(name="azure_deployment", about="the deployment that chats, when not called as the model"),
        Setting(name="api_version", env=("OPENAI_API_VERSION",), about="for the classic addresses"),
    ),
    form=_form,
    auth=AzureAuth(),
    quirks=OF_OPENAI,
    embeddings="openai_embeddings",
    docs_url="https://learn.microsoft.com/azure/ai-foundry/openai/reference",
)
