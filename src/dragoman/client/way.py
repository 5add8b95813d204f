"""The way that a value is asked for: by which technique, and in which words its schema is said."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from msgspec import Struct

from dragoman.calls import Target
from dragoman.client.mode import Mode
from dragoman.client.technique import in_wire_of, technique_for
from dragoman.messages import Request
from dragoman.structured import OutputType, output_type, parallel_type

T = TypeVar("T")


class Way(Struct, Generic[T], frozen=True, kw_only=True):
    """How a value is asked for."""

    target: Target
    technique: str
    output: OutputType[T]


def way_for(target: Target, request: Request, mode: Mode | None, wanted: type[T]) -> Way[Any]:
    """The way to ask for a value of `wanted`. Raises `ConfigurationError` for a mode that the provider has not."""
    target = in_wire_of(mode, target)
    technique = technique_for(target, request, mode)
    output = parallel_type(wanted) if technique.startswith("parallel") else output_type(wanted)
    return Way(target=target, technique=technique, output=output)
