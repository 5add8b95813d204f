"""Input that a provider keeps, and that a request names instead of saying it: nobody else can read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dragoman.calls.target import Target
from dragoman.errors import LossRefused
from dragoman.messages import Loss, Opaque, Request

_FIELDS: Final[Mapping[str | None, frozenset[str]]] = {
    "openai_responses": frozenset({"previous_response_id", "conversation", "prompt"}),
    "gemini": frozenset({"cachedContent"}),
}
"""By dialect, those that name such input."""

_REFERENCE: Final = "item_reference"


def names_kept_input(request: Request, dialect: str) -> bool:
    """Whether the request, in the words of `dialect`, has input of which nobody here knows how long it is."""
    fields = (extra.fields for extra in request.extra if extra.dialect in (None, dialect))
    return any(field.get(name) is not None for field in fields for name in _FIELDS.get(dialect, ()))


def refuse_input_kept_elsewhere(request: Request, target: Target) -> None:
    """Raise `LossRefused` where `target` would answer without input that only a server of another dialect has."""
    losses = tuple(_out_of_reach(request, target.dialect.name))
    if losses:
        error = LossRefused(losses, provider=target.spec.name, model=request.model)
        error.hint = ""  # the message says what to do
        raise error


def _out_of_reach(request: Request, dialect: str) -> Iterator[Loss]:
    for extra in request.extra:
        if extra.dialect not in (None, dialect):
            for name in sorted(_FIELDS.get(extra.dialect, ())):
                if extra.fields.get(name) is not None:
                    yield _kept(name, extra.dialect)
    for number, message in enumerate(request.messages):
        for place, part in enumerate(message.parts):
            if isinstance(part, Opaque) and part.dialect != dialect and part.payload.get("type") == _REFERENCE:
                yield _kept(f"messages[{number}].content[{place}]", part.dialect)


def _kept(where: str, dialect: str | None) -> Loss:
    why = (
        "what it names is kept by its provider, and nobody else can read it. Send the whole input, "
        f"or choose a target that speaks `{dialect}`"
    )
    return Loss(effect="dropped", where=where, why=why)
