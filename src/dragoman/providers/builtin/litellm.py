"""LiteLLM: its proxy where an address is named, else its function in this process.

Reference: docs.litellm.ai (read 2026-11-20). The function finds its providers' keys itself: the proxy's is not its own.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from dragoman.http import AsyncTransport, Transport
from dragoman.providers.auth import ARGUMENT_ONLY, bearer
from dragoman.providers.spec import ProviderSpec


def _functions(face: Literal["sync", "async"]) -> Transport | AsyncTransport:
    from dragoman.providers.litellm_function import function_transport

    return function_transport(face)


def _proxy_or_function(spec: ProviderSpec, _: Mapping[str, str], base_url: str | None) -> ProviderSpec:
    if base_url:
        return spec
    return replace(spec, auth=ARGUMENT_ONLY, make_transport=_functions, unreachable_hint=None)


SPEC = ProviderSpec(
    name="litellm",
    dialect="openai_chat",
    base_url="http://localhost:4000",
    base_url_env=("LITELLM_PROXY_API_BASE",),
    configure=_proxy_or_function,
    auth=bearer("LITELLM_PROXY_API_KEY", "LITELLM_API_KEY", required=False),
    takes=frozenset({"cache_control", "web_search_options"}),
    passes_on=True,
    unreachable_hint="Is the proxy running? Start it with `litellm --config CONFIG.yaml`.",
    docs_url="https://docs.litellm.ai",
)
