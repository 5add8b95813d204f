"""LangChain's own tests of chat models, with the gateway as the model's server. Run where langchain-tests is installed.

Everything is declared that the classes claim of themselves; pictures and papers come from here, not from the internet.
"""

from __future__ import annotations

import base64
import os
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests, chat_models

URL, MODEL, OTHER = os.environ["GATEWAY_URL"], os.environ["MODEL"], os.environ["OTHER_MODEL"]
"""`OTHER` is called the same here and at the upstream."""

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def files_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests fetch for their messages."""
    fetched = {".pdf": PAPER}

    def get(url: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(content=fetched.get(url[-4:], PICTURE))

    monkeypatch.setattr(chat_models, "httpx", SimpleNamespace(get=get))


class Declared(ChatModelIntegrationTests):
    """What both classes can do."""

    supports_image_inputs = supports_pdf_inputs = True
    supports_image_urls = (
        "ollama" not in MODEL
    )  # who takes no addresses gets what is there, which is not to be had here
    supports_image_tool_message = supports_pdf_tool_message = True
    supports_anthropic_inputs = True
    model_override_value = OTHER


class TestChatOpenAI(Declared):
    chat_model_class = ChatOpenAI
    chat_model_params = {  # noqa: RUF012  # as the suite has it
        "model": MODEL, "base_url": f"{URL}/v1", "api_key": "any", "use_responses_api": False, "stream_usage": True,
        "max_retries": 0,
    }  # fmt: skip
    supports_json_mode = True


class TestChatAnthropic(Declared):
    chat_model_class = ChatAnthropic
    chat_model_params = {"model": MODEL, "base_url": URL, "api_key": "any", "max_retries": 0}  # noqa: RUF012  # as above
