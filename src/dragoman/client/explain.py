"""What becomes of a type at a provider, told before anything is sent: `explain_schema`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from msgspec import Struct

from dragoman.calls import Target
from dragoman.calls.estimate import estimate
from dragoman.client.mode import Mode
from dragoman.client.model_string import provider_and_model
from dragoman.client.way import Way, way_for
from dragoman.dialects import dialect_at
from dragoman.errors import UnsupportedFeature
from dragoman.flow import run
from dragoman.http import HttpRequest, Origin
from dragoman.messages import JsonObject, Message, Request, Role, TokenCount
from dragoman.messages.json_text import encode_json
from dragoman.providers import ProviderSpec
from dragoman.structured import SchemaLoss

_MANY_TOKENS: Final = 1_000
_SLOW_TO_COMPILE: Final = 11
"""Optional properties from which Claude's grammars are slow to compile or refused (providers' reports, 2026)."""


class SchemaExplanation(Struct, frozen=True, kw_only=True):
    """How a value of a type is asked of a model, and what of the type is enforced there.

    What the provider does not enforce is enforced here, by validation: an answer that breaks it is asked for again.

    Attributes:
        type_name: What the type is called on the wire.
        model: Who is asked, as `provider/model`.
        technique: How (`structured/techniques.py`).
        first_choice: How it would be asked if the provider took the schema; else the same as `technique`.
        place: Where the schema stands in the request.
        schema: The schema that is sent.
        enforced: Whether the provider holds answers to it.
        losses: What it does not say of the type, or says in vain.
        refused: Why `first_choice` was not taken, or why the schema is not enforced.
        limits: By measure: how big the schema is, and the most that the provider takes.
        tokens: What the schema costs in each request.
        advice: What could be done.
    """

    type_name: str
    model: str
    technique: str
    first_choice: str
    place: str
    schema: JsonObject
    enforced: bool
    losses: tuple[SchemaLoss, ...]
    refused: tuple[SchemaLoss, ...]
    limits: dict[str, tuple[int, int]]
    tokens: TokenCount
    advice: tuple[str, ...]

    @property
    def unenforced(self) -> tuple[SchemaLoss, ...]:
        """The losses that leave something to validation alone."""
        return tuple(loss for loss in self.losses if loss.effect in ("told", "unsure"))

    def __repr__(self) -> str:
        left = f"{len(self.unenforced)} words left" if self.enforced else "left"
        cost = f"about {self.tokens.tokens} tokens"
        return f"<SchemaExplanation {self.type_name} at {self.model} by {self.technique}, {cost}, {left} to validation>"

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def explain_schema(
    response_model: Any, model: str | ProviderSpec, *, mode: Mode | None = None, dialect: str | None = None
) -> SchemaExplanation:
    """What becomes of `response_model` at a provider. Nothing is sent, and no key is needed.

    Args:
        response_model: Any type that can be asked for.
        model: Who would be asked: `"anthropic/claude-haiku-4-5"`.
        mode: As in a call; `None`: what is right for the model.
        dialect: As in `create_llm`.

    Raises:
        ConfigurationError: For a type that is none for an answer, or a mode that the provider has not.
    """
    spec, name = provider_and_model(model, None)
    target = target_in_mind(spec, name, dialect)
    way = way_for(target, Request(model=name), mode, response_model)
    sent = way.sent
    tokens = _tokens(name, encode_json(sent.schema).decode())
    return SchemaExplanation(
        type_name=way.output.name,
        model=f"{spec.name}/{name}",
        technique=way.technique,
        first_choice=way.first,
        place=_PLACES[way.technique],
        schema=sent.schema,
        enforced=sent.enforced,
        losses=sent.losses,
        refused=way.refused,
        limits=dict(sent.sizes),
        tokens=tokens,
        advice=tuple(_advice(way, tokens.tokens)),
    )


class _Nowhere:
    """The transport of what is only thought of."""

    def open(self, request: HttpRequest) -> NoReturn:  # noqa: ARG002  # of all
        raise UnsupportedFeature("nothing is sent to explain a schema")

    def release(self) -> None: ...

    def close(self) -> None: ...


def target_in_mind(spec: ProviderSpec, model: str, dialect: str | None = None) -> Target:
    """A target to ask questions about, to which nothing can be sent."""
    spoken = dialect_at(dialect or spec.dialect_for(model), spec.takes)
    nowhere = Origin("http", "localhost", 80)
    return Target(spec=spec, model=model, dialect=spoken, origin=nowhere, prefix="", transport=_Nowhere())


def _tokens(model: str, text: str) -> TokenCount:
    """What `text` adds to a prompt."""
    with_it, without = [
        run(estimate(Request(model=model, messages=(Message(Role.USER, said),)))) for said in (text, "")
    ]
    return TokenCount(tokens=with_it.tokens - without.tokens, exact=False, method=with_it.method)


# ---------------------------------------------------------------------- in words


_PLACES: Final = {
    "tools": "the parameters of a tool that must be called",
    "tools_offered": "the parameters of a tool that is offered",
    "tools_strict": "the parameters of a strict tool that must be called",
    "tools_strict_offered": "the parameters of a strict tool that is offered",
    "json_schema": "the form of the answer",
    "grammar": "the grammar of the answer",
    "json_object": "the instructions, any JSON being the form of the answer",
    "json_text": "the instructions",
}


def _lines(told: SchemaExplanation) -> Iterator[str]:
    yield f"{told.type_name} at {told.model}: asked by `{told.technique}`, the schema in {told.place}"
    held = "the provider holds answers to it" if told.enforced else "the provider holds answers to nothing of it"
    yield f"  about {told.tokens.tokens} tokens in each request ({told.tokens.method}); {held}"
    if told.first_choice != told.technique:
        yield f"  not by `{told.first_choice}`, for it would be refused:"
    elif told.refused:
        yield "  not enforced, for it would be refused so:"
    yield from (f"    {loss}" for loss in told.refused)
    yield from _section("not enforced there, but by validation", told.unenforced)
    rest = tuple(loss for loss in told.losses if loss not in told.unenforced)
    yield from _section("said in another way there", rest)
    for measure, (found, most) in told.limits.items():
        yield f"  {measure}: {found} of {most}{' (too much)' if found > most else ''}"
    yield from (f"  advice: {each}" for each in told.advice)


def _section(title: str, losses: tuple[SchemaLoss, ...]) -> Iterator[str]:
    if losses:
        yield f"  {title}:"
    yield from (f"    {loss}" for loss in losses)


_ADVICE: Final = {
    "additionalProperties": "a mapping whose names are known is a model with fields, one whose names are not is a list "
    "of models with a name and a value: both can be enforced",
    "type": "a type for what may be anything can be enforced: a union of what is meant, or JSON in a text",
    "$ref": "a type that does not contain itself can be enforced: a flat list whose items name their parents",
    "optional": "a field that is required and may be null counts as no optional one",
    "depth": "a flatter type can be enforced",
}
"""By the word that is refused."""


def _advice(way: Way[Any], tokens: int) -> Iterator[str]:
    for word in dict.fromkeys(loss.word for loss in way.refused):
        if word in _ADVICE:
            yield _ADVICE[word]
    optional, most = way.sent.sizes.get("optional", (0, 0))
    if _SLOW_TO_COMPILE <= optional <= most:
        yield f"{optional} optional fields make the first request slow: the provider compiles their combinations"
    if tokens > _MANY_TOKENS:
        yield "the schema is long, and paid for in every request: ask for less, or in several calls"
