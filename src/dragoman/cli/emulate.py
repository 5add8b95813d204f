"""`dragoman emulate`: a provider on this machine, until it is interrupted."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from dragoman.testing.emulator.command_line import OPTIONS, Option, emulator_from
from dragoman.testing.emulator.foreground import serve


def emulate(**given: Any) -> None:
    """Serve every dialect on this machine: by rules, by a script sent to it, or from a tape."""
    serve(emulator_from(given), given["model"] or ())


def _parameter(option: Option) -> Parameter:
    """The option as typer reads it from a function's signature."""
    kind = list[option.kind] if option.repeated else option.kind
    kind = kind | None if option.default is None else kind
    annotation = Annotated[kind, typer.Option(option.flag, help=option.help)]
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=option.default, annotation=annotation)


vars(emulate)["__signature__"] = Signature([_parameter(option) for option in OPTIONS])  # typer asks `inspect` for it
