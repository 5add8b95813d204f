"""OpenAI, asked for responses: encrypts its thinking. The emulator is stateless where OpenAI is not."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.openai_chat.errors import rejected
from dragoman.messages import Opaque, Reasoning, Request
from dragoman.testing.emulator.customs.base import Customs
from dragoman.testing.rules.signatures import is_sealed, sealed

_DIALECT: Final = "openai_responses"

_STATEFUL: Final = ("previous_response_id", "conversation", "prompt")
"""What stands for a part of the conversation that OpenAI has kept."""


def _check_state(request: Request) -> None:
    for extra in request.extra:
        for name in _STATEFUL:
            if extra.fields.get(name) is not None:
                raise rejected(name, f"this emulator is stateless: {_INSTEAD}", code="unsupported_parameter")
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, Opaque) and part.payload.get("type") == "item_reference":
                raise rejected("input", f"this emulator is stateless and knows no items: {_INSTEAD}")


_INSTEAD: Final = "send the whole conversation in `input`, as with `store: false`"


def _sign(text: str) -> Reasoning:
    return Reasoning(text, payload={"summary": None, "encrypted_content": sealed(text)}, dialect=_DIALECT)


def _check_reasoning(request: Request) -> None:
    """Encrypted content must be the emulator's own, or look like OpenAI's, which nobody can check."""
    for message in request.messages:
        for part in message.parts:
            content = (part.payload or {}).get("encrypted_content") if isinstance(part, Reasoning) else None
            if content is not None and not is_sealed(content):
                raise rejected("input", "the encrypted content could not be verified", code="invalid_encrypted_content")


CUSTOMS = Customs(
    price_list="openai",
    sign=_sign,
    check_state=_check_state,
    check_reasoning=_check_reasoning,
)
