"""Signed thinking: what a provider gives with its reasoning, and wants back unchanged."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

from dragoman.errors import Rejected
from dragoman.messages import Reasoning, Request

_KEY: Final = b"the emulator signs with this and no provider believes it"


_REAL_BYTES: Final = 64
"""Fewer than the real provider's signatures have; ours have 32."""


def signed(text: str, dialect: str) -> Reasoning:
    """Reasoning with a signature, as Anthropic's models give it in `dialect`."""
    return Reasoning(text, payload={"signature": signature_of(text)}, dialect=dialect)


def signature_of(text: str) -> str:
    """What proves that the emulator has thought `text`, as base64."""
    return b64encode(hmac.digest(_KEY, text.encode("utf-8", "surrogatepass"), sha256)).decode()


def sealed(text: str) -> str:
    """Thinking that only the emulator can open, in the form of OpenAI's encrypted content."""
    content = text.encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(_OURS + hmac.digest(_KEY, content, sha256) + content).decode()


def is_sealed(content: object) -> bool:
    """Whether the content is ours and unchanged, or looks like OpenAI's: a Fernet token (seen 2026-11-20)."""
    try:
        octets = urlsafe_b64decode(content) if isinstance(content, str) else b""
    except ValueError:
        return False
    if not octets.startswith(_OURS):
        return octets.startswith(_FERNET) and len(octets) >= _REAL_BYTES
    start = len(_OURS) + sha256().digest_size
    return hmac.compare_digest(octets[len(_OURS) : start], hmac.digest(_KEY, octets[start:], sha256))


_FERNET: Final = b"\x80\x00\x00\x00\x00"
"""How a Fernet token begins: its version, and the first half of a time in seconds, which is 0 until 2106."""

_OURS: Final = b"\x80" + bytes(8)
"""Ours are of the year 1970."""


def check_signatures(request: Request) -> None:
    """Raises `Rejected` for thinking that comes back changed or unsigned."""
    for number, message in enumerate(request.messages):
        for index, part in enumerate(message.parts):
            if isinstance(part, Reasoning) and not _is_genuine(part.text, part.payload or {}):
                where = f"messages.{number}.content.{index}"
                raise Rejected(f"{where}: Invalid `signature` in `thinking` block", http_status=400)


def _is_genuine(text: str, payload: Any) -> bool:
    """Whether the signature is ours for this text, or looks like one of the real provider, which nobody can check."""
    given = payload.get("signature")
    return isinstance(given, str) and (given == signature_of(text) or _looks_real(given))


def _looks_real(signature: str) -> bool:
    """Anthropic's are base64 of a message of some hundred bytes whose first field is its second (seen 2026-11-20)."""
    try:
        content = b64decode(signature, validate=True)
    except ValueError:
        return False
    return len(content) >= _REAL_BYTES and content.startswith(b"\x12")
