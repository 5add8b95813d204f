"""Documents as text, for wires that take them in no other form."""

from __future__ import annotations

from dragoman.messages import Document


def document_text(part: Document) -> str | None:
    """The text of a document that is text: given as such, or as bytes of a text type."""
    if part.text is not None or not (part.data and (part.media_type or "").startswith("text/")):
        return part.text
    try:
        return part.content_bytes().decode()
    except ValueError:
        return None
