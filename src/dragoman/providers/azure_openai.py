"""OpenAI's models on Azure.

Reference: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle (read 2026-11-20).

With an `api_version` the classic addresses are used, in which the model is the name of a deployment; without one the
v1 API.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from dragoman.messages import Request
from dragoman.providers.azure_auth import AzureAuth
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec


def _form(spec: ProviderSpec, settings: Mapping[str, str], _: str | None) -> ProviderSpec:
    if "api_version" not in settings:
        return spec

    def deployed(request: Request) -> str:
        return f"/openai/deployments/{settings.get('azure_deployment') or request.model}/chat/completions"

    def embedding(request: Request) -> str:
        return deployed(request).replace("/chat/completions", "/embeddings")

    paths = {"openai_chat": deployed, "openai_embeddings": embedding}
    return replace(spec, default_prefix="", paths=paths, query="api-version={api_version}")


SPEC = ProviderSpec(
    name="azure_openai",
    dialect="openai_chat",
    also_speaks=("openai_responses",),
    base_url=lambda settings: settings.get("azure_endpoint", ""),
    default_prefix="/openai/v1",
    base_url_env=("AZURE_OPENAI_ENDPOINT",),
    settings=(
        Setting(name="azure_endpoint", about="the resource's address"),
        Setting(name="azure_deployment", about="the deployment, when not called as the model"),
        Setting(name="api_version", env=("OPENAI_API_VERSION",), about="for the classic addresses"),
    ),
    form=_form,
    auth=AzureAuth(),
    embeddings="openai_embeddings",
    docs_url="https://learn.microsoft.com/azure/ai-foundry/openai/reference",
)
