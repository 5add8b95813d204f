"""How a request says to think: in its own field, or in its dialect's words among what goes into the body as it is."""

from __future__ import annotations

from typing import Final

from dragoman.dialects import Dialect
from dragoman.errors import Rejected
from dragoman.messages import Message, ReasoningOptions, Request, Role

_FIELDS: Final = {"anthropic_messages": "thinking", "bedrock_converse": "additionalModelRequestFields"}
"""Dialect → the field that says so, where it makes a difference for the rest of the request."""


def thinking_of(request: Request, dialect: Dialect) -> ReasoningOptions | None:
    """What is said of thinking; `None` for nothing, and for what the dialect cannot read, which its provider judges."""
    field = _FIELDS.get(dialect.name)
    said = [extra.fields[field] for extra in request.extra if field is not None and field in extra.fields]
    if not said or field is None:
        return request.reasoning
    plain = Request(model=request.model, messages=(Message(Role.USER, "Hi"),), max_tokens=1)
    try:
        return dialect.decode_request({**dialect.encode_request(plain).wire, field: said[-1]}).reasoning
    except Rejected:
        return None
