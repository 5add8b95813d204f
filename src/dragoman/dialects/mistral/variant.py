"""The table of what Mistral writes otherwise than OpenAI, part by part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.mistral.wire import NAME
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.parts import (
    document_as_text,
    encode_audio,
    encode_image,
    lose_citations,
    lose_descriptions,
    lose_speech,
)
from dragoman.dialects.openai_chat.variant import Variant
from dragoman.dialects.service_tiers import ANTHROPIC, CHAT
from dragoman.messages import Audio, Document, FinishReason, Image, JsonObject, Reasoning, ReasoningEnd, Refusal, Text

_VALID_ID: Final = re.compile(r"[a-zA-Z0-9]{9}")
_ID_LENGTH: Final = 9

ENDINGS: Final[Mapping[FinishReason | None, str]] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "error": "error",
}


def call_id(id_: str) -> str:
    """Mistral refuses ids that are not nine letters and digits: others are spelled anew, always the same way."""
    if _VALID_ID.fullmatch(id_):
        return id_
    return blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()[:_ID_LENGTH]


def encode_thinking(part: Reasoning, losses: Losses) -> Wire | None:
    """Reasoning as the chunk it came in. What came from elsewhere is lost."""
    if part.dialect != NAME:
        why = f"only `{part.dialect}` takes it back" if part.dialect else "only the host that gave it takes it back"
        losses.dropped("", why)
        return None
    return thinking_chunk(part.text, part.payload)


def thinking_chunk(text: str, payload: JsonObject | None = None) -> Wire:
    texts = [{"type": "text", "text": text}] if text else []
    return {"type": "thinking", "thinking": texts, **(payload or {})}


def _encode_text(part: Text, losses: Losses) -> Wire:
    lose_citations(part, losses)
    return {"type": "text", "text": part.text}


def _encode_refusal(part: Refusal, losses: Losses) -> Wire:
    losses.changed("", "this dialect has no refusals: sent as text")
    return {"type": "text", "text": part.text}


def _encode_audio(part: Audio, losses: Losses) -> Wire | None:
    if part.url is not None and part.data is None:
        if ":" not in part.url:
            losses.dropped("", "what has no scheme would be read as the sound itself")
            return None
        lose_speech(part, losses)
        return {"type": "input_audio", "input_audio": part.url}
    wire = encode_audio(part, losses)
    if wire is not None and part.media_type is None:
        wire["input_audio"] = part.data
    return wire


def _encode_document(part: Document, losses: Losses) -> Wire | None:
    lose_descriptions(part, losses)
    if part.text is not None:
        return document_as_text(part.text, losses)
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    url = part.url if part.data is None else part.data_url()
    if url is None:
        losses.dropped("", "there is nothing in it")
        return None
    wire: Wire = {"type": "document_url", "document_url": url}
    return wire if part.name is None else {**wire, "document_name": part.name}


REQUESTS: Final = Variant(
    name=NAME,
    endings=ENDINGS,
    parts={
        Text: _encode_text,
        Refusal: _encode_refusal,
        Reasoning: encode_thinking,
        Image: encode_image,
        Audio: _encode_audio,
        Document: _encode_document,
    },
    call_id=call_id,
    legacy_calls=False,
    free_form_tools=False,
    cache_marks="this dialect has no marks for the cache",
    refusals=False,
    tiers=ANTHROPIC,
    no_search="this dialect has no `web_search` that its provider runs",
)
"""For requests."""


def _encode_answer_text(part: Text, losses: Losses) -> Wire:
    if part.citations:
        losses.dropped("citations", NO_SOURCES)
    return {"type": "text", "text": part.text}


NO_SOURCES: Final = "an answer of this dialect points to documents it was given only"


def _encode_answer_refusal(part: Refusal, _: Losses) -> Wire:
    """As text; that is reported once, for the answer."""
    return {"type": "text", "text": part.text}


def _encode_answer_thinking(part: Reasoning, losses: Losses) -> Wire | None:
    payload = own_payload(part, losses)
    return thinking_chunk(part.text, payload) if part.text or payload else None


def own_payload(part: Reasoning | ReasoningEnd, losses: Losses) -> JsonObject | None:
    """What the reasoning wants back, if it is Mistral's."""
    if part.payload is None or part.dialect == NAME:
        return part.payload
    losses.dropped("payload", f"only `{part.dialect}` can carry what it wants back")
    return None


ANSWERS: Final = replace(
    REQUESTS,
    tiers=CHAT,
    parts={
        **REQUESTS.parts,
        Refusal: _encode_answer_refusal,
        Text: _encode_answer_text,
        Reasoning: _encode_answer_thinking,
    },
    call_id=str,
)
"""For answers, whose ids are sent as they are: whoever reads them sends them back."""
