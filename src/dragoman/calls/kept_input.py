"""Input that a provider keeps, and that a request names instead of saying it: nobody else can read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from dragoman.calls.target import Target
from dragoman.errors import LossRefused
from dragoman.messages import Audio, Document, Loss, Opaque, Part, Request, ToolResult
from dragoman.messages.media import Media

_FIELDS: Final[Mapping[str | None, frozenset[str]]] = {
    "openai_responses": frozenset({"previous_response_id", "conversation", "prompt"}),
    "gemini": frozenset({"cachedContent"}),
}
"""By dialect, those that name such input."""

_REFERENCE: Final = "item_reference"

_SHARED: Final = (frozenset({"openai_chat", "openai_responses"}), frozenset({"openai_chat", "mistral"}))
"""Dialects of one provider's files. Mistral's are named in the words of OpenAI's older API as well."""


def names_kept_input(request: Request, dialect: str) -> bool:
    """Whether the request, in the words of `dialect`, has input of which nobody here knows how long it is."""
    fields = (extra.fields for extra in request.extra if extra.dialect in (None, dialect))
    return any(field.get(name) is not None for field in fields for name in _FIELDS.get(dialect, ()))


def refuse_input_kept_elsewhere(
    request: Request, target: Target, dropped: Iterable[Loss], spoken: str | None = None
) -> None:
    """Raise `LossRefused` where `target` would answer without input that only another server has.

    `dropped` is what it cannot be told. `spoken` is the dialect of the sender, where one is known.
    """
    losses = tuple(_out_of_reach(request, target.dialect.name, {loss.where for loss in dropped}, spoken))
    if losses:
        error = LossRefused(losses, provider=target.spec.name, model=request.model)
        error.hint = ""  # the message says what to do
        raise error


def _out_of_reach(request: Request, dialect: str, dropped: AbstractSet[str], spoken: str | None) -> Iterator[Loss]:
    for extra in request.extra:
        if extra.dialect not in (None, dialect):
            for name in sorted(_FIELDS.get(extra.dialect, ())):
                if extra.fields.get(name) is not None:
                    yield _kept(name, extra.dialect)
    foreign = spoken is not None and spoken != dialect and frozenset((spoken, dialect)) not in _SHARED
    for number, message in enumerate(request.messages):
        for where, part in _placed(message.parts, f"messages[{number}].content"):
            if isinstance(part, Opaque):
                if part.dialect != dialect and part.payload.get("type") == _REFERENCE:
                    yield _kept(where, part.dialect)
            elif (foreign or where in dropped) and isinstance(part, Media) and _has_only_an_id(part):
                yield _kept(where, spoken)


def _placed(parts: Sequence[Part], where: str) -> Iterator[tuple[str, Part]]:
    """Each part and its place, those in the results of tools too."""
    for place, part in enumerate(parts):
        yield f"{where}[{place}]", part
        if isinstance(part, ToolResult) and not isinstance(part.content, str):
            yield from _placed(part.content, f"{where}[{place}].content")


def _has_only_an_id(part: Media) -> bool:
    match part:
        case Audio(id=id_, transcript=said):
            named = id_ is not None and said is None
        case Document(text=text):
            named = part.file_id is not None and text is None
        case _:
            named = part.file_id is not None
    return named and part.url is None and part.data is None


def _kept(where: str, dialect: str | None) -> Loss:
    choose = f"choose a target that speaks `{dialect}`" if dialect else "choose a target that can"
    why = f"what it names is kept by its provider, and nobody else can read it. Send the whole input, or {choose}"
    return Loss(effect="dropped", where=where, why=why)
