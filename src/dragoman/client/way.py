"""The way that a value is asked for: by which technique, and in which words its schema is said.

The mode that was named, or what is right for the model, comes first (`technique.py`). Where it would hold the answer to
a schema, and the provider refuses this one, the next technique is taken, in which no schema is enforced: validation
enforces it in all of them. A mode that was named is a loss on the response where it cannot be had, or is sent without
holding the answer to anything.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import Target
from dragoman.client.mode import Mode
from dragoman.client.technique import in_wire_of, technique_for
from dragoman.messages import Loss, Request
from dragoman.structured import (
    Extracted,
    Lowered,
    OutputType,
    SchemaLoss,
    form_subset,
    output_type,
    parallel_type,
    tool_subset,
)

T = TypeVar("T")

_INSTEAD: Final = (Mode.TOOLS, Mode.JSON)
"""What is tried, in this order, where a schema cannot be enforced. The last takes any: it is words."""


class Way(Struct, Generic[T], frozen=True, kw_only=True):
    """How a value is asked for.

    Attributes:
        target: Who is asked, in the dialect of the mode.
        technique: Its name.
        output: The type, its schema in the words of the provider.
        refused: Why the schema could not be sent in the way that came first: of another technique when `technique`
            is not `first`, of being enforced when it is.
        first: The technique that came first.
        losses: What the caller said and does not get.
    """

    target: Target
    technique: str
    output: OutputType[T]
    first: str
    refused: tuple[SchemaLoss, ...] = ()
    losses: tuple[Loss, ...] = ()

    @property
    def sent(self) -> Lowered:
        """The schema as it is sent."""
        return sent_by(self.technique, self.output)

    def told(self, found: Extracted[T]) -> Extracted[T]:
        """`found` with the losses on its response."""
        if not self.losses:
            return found
        response = replace(found.response, warnings=(*self.losses, *found.response.warnings))
        return replace(found, response=response)


def way_for(target: Target, request: Request, mode: Mode | None, wanted: type[T]) -> Way[Any]:
    """The way to ask for a value of `wanted`. Raises `ConfigurationError` for a mode that the provider has not."""
    target = in_wire_of(mode, target)
    first = technique_for(target, request, mode)
    technique, output = first, _output(target, first, wanted)
    refused = sent_by(first, output).unfit
    for mode_instead in _INSTEAD:
        if not is_refused(technique, output):
            break
        technique = technique_for(target, request, mode_instead)
        output = _output(target, technique, wanted)
    losses = _losses(mode, technique, first, refused) if refused and mode is not None else ()
    return Way(target=target, technique=technique, output=output, first=first, refused=refused, losses=losses)


def sent_by(technique: str, output: OutputType[Any]) -> Lowered:
    """The schema of `output` as a technique sends it."""
    match technique:
        case "json_schema" | "grammar" | "tools_strict" | "tools_strict_offered":
            return output.as_form
        case "json_object" | "json_text":
            return Lowered(schema=output.schema, enforced=False)
        case _:
            return output.as_tool


def is_refused(technique: str, output: OutputType[Any]) -> bool:
    """Whether the provider would refuse the schema, sent by that technique."""
    sent = sent_by(technique, output)
    return bool(sent.unfit) and not sent.loosely


def _output(target: Target, technique: str, wanted: Any) -> OutputType[Any]:
    """The type, in the words that the target takes."""
    if technique.startswith("parallel"):
        return parallel_type(wanted)
    return output_type(wanted, *subsets_at(target, technique))


def subsets_at(target: Target, technique: str) -> tuple[str, str]:
    """In which words a schema is said there: as the form of an answer, and as the parameters of a tool."""
    schemas, dialect = target.spec.schemas, target.dialect.name
    form = form_subset(schemas if isinstance(schemas, str) else None, dialect, whole=technique == "grammar")
    return form, tool_subset(dialect)


def _losses(mode: Mode, technique: str, first: str, refused: tuple[SchemaLoss, ...]) -> tuple[Loss, ...]:
    """What `mode` does not come to: the technique that it named is not taken, or holds the answer to nothing."""
    what = "the answer is not held to the schema" if technique == first else f"asked by `{technique}` instead"
    why = f"{what}, for it would be refused: {'; '.join(map(str, refused))}"
    return (Loss(effect="changed", where=f"mode={mode}", why=why),)
