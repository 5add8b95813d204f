"""Hugging Face's router to many hosts. Reference: huggingface.co/docs/inference-providers (read 2026-11-20).

Some of the hosts behind it end streams with the connection.
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="huggingface_router",
    dialect="openai_chat",
    base_url="https://router.huggingface.co/v1",
    default_prefix="/v1",
    auth=bearer("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    quirks=(OLDER_LIMIT,),
    strict_end=False,
    price_list="huggingface",
    docs_url="https://huggingface.co/docs/inference-providers",
)
