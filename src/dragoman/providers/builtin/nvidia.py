"""NVIDIA's NIM, hosted. Reference: docs.api.nvidia.com/nim/reference/llm-apis (read 2026-11-20)."""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="nvidia",
    dialect="openai_chat",
    base_url="https://integrate.api.nvidia.com/v1",
    default_prefix="/v1",
    auth=bearer("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
    quirks=(OLDER_LIMIT,),
    docs_url="https://docs.api.nvidia.com/nim/reference/llm-apis",
)
