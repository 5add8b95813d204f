"""Alibaba's DashScope, which serves Qwen.

Reference: www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope (read 2026-11-20).
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="dashscope",
    dialect="openai_chat",
    base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    default_prefix="/compatible-mode/v1",
    auth=bearer("DASHSCOPE_API_KEY", "ALIBABA_API_KEY"),
    quirks=(OLDER_LIMIT,),
    takes=frozenset({"cache_control"}),  # /help/en/model-studio/context-cache (read 2026-11-21)
    docs_url="https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
)
