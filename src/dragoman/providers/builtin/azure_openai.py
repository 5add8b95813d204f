"""OpenAI's models on Azure.

Reference: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle (read 2026-11-20).
"""

from dragoman.providers.addresses import azure
from dragoman.providers.auth.azure import AzureAuth
from dragoman.providers.quirks import OF_OPENAI
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="azure_openai",
    dialect="openai_chat",
    also_speaks=("openai_responses",),
    base_url=azure.address,
    default_prefix=azure.prefix,
    settings=(
        Setting(name="azure_endpoint", env=("AZURE_OPENAI_ENDPOINT",), is_address=True, about="the resource's address"),
        Setting(name="azure_deployment", about="the deployment that chats, when not called as the model"),
        Setting(name="api_version", env=("OPENAI_API_VERSION",), about="for the classic addresses"),
    ),
    configure=azure.at_version,
    auth=AzureAuth(),
    quirks=OF_OPENAI,
    takes=frozenset({"prompt_cache_breakpoint"}),
    embeddings="openai_embeddings",
    schemas="openai_strict",
    docs_url="https://learn.microsoft.com/azure/ai-foundry/openai/reference",
)
