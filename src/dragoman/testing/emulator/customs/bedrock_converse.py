"""Amazon Bedrock: signs thinking as Claude does."""

from __future__ import annotations

from msgspec.structs import replace

from dragoman.messages import Message, Part, Reasoning, Request
from dragoman.testing.emulator.customs.base import Customs
from dragoman.testing.rules.signatures import check_signatures, signed


def _check_reasoning(request: Request) -> None:
    """Thinking with a signature must be genuine; what models give without one goes back without."""
    messages = tuple(replace(message, content=_signed_alone(message)) for message in request.messages)
    check_signatures(replace(request, messages=messages))


def _signed_alone(message: Message) -> tuple[Part, ...]:
    return tuple(
        part for part in message.parts if not isinstance(part, Reasoning) or "signature" in (part.payload or {})
    )


CUSTOMS = Customs(
    price_list="bedrock",
    sign=lambda text: signed(text, "bedrock_converse"),
    check_reasoning=_check_reasoning,
)
