"""Reads requests, by dialect, from the file that `BODIES` names; prints what the SDK's own types find wrong with each."""

import json
import os
import sys
from pathlib import Path

from pydantic import TypeAdapter

ADAPTERS = {}
"""Kept: what is read later needs them."""


def check(kind, body):
    if kind not in ADAPTERS:
        ADAPTERS[kind] = TypeAdapter(kind)
    read(ADAPTERS[kind].validate_python(body))


def read(value):
    """Everything that is only validated when it is read: `Iterable` fields."""
    if isinstance(value, dict):
        return {key: read(each) for key, each in value.items()}
    if isinstance(value, (str, bytes, int, float, type(None))):
        return value
    if hasattr(value, "__iter__") and not hasattr(value, "model_fields"):
        return [read(each) for each in value]
    return value


def openai_chat(body):
    from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming

    check(CompletionCreateParamsNonStreaming, body)


def openai_responses(body):
    from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

    for tool in body.get("tools", []):
        tool.setdefault("strict", None)  # the type demands it; the API has a default
    check(ResponseCreateParamsNonStreaming, body)


def anthropic_messages(body):
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming

    check(MessageCreateParamsNonStreaming, body)


def gemini(body):
    from google.genai import types

    for content in body["contents"]:
        types.Content.model_validate(content)
    for tool in body.get("tools", []):
        types.Tool.model_validate(tool)


def mistral(body):
    from mistralai.client import models

    models.ChatCompletionRequest.model_validate(body)


def ollama(body):
    from ollama._types import ChatRequest

    ChatRequest.model_validate(body)


def problem(dialect, body):
    try:
        dialect(body)
    except Exception as error:  # noqa: BLE001  # the report tells which
        return f"{type(error).__name__}: {error}"
    return None


bodies = json.loads(Path(os.environ["BODIES"]).read_text())
json.dump([problem(globals()[os.environ["DIALECT"]], body) for body in bodies], sys.stdout)
