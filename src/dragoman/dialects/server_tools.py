"""Tools that a provider runs itself: how they are written and read by the one small table that each dialect has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dragoman.dialects.base import Wire
from dragoman.messages import JsonObject, Loss, ServerTool, ServerToolName

Forms: TypeAlias = Mapping[ServerToolName, JsonObject]
"""For each tool that a dialect has: what it writes when nothing more is asked."""


def encode_server_tool(tool: ServerTool, forms: Forms, dialect: str, where: str, losses: list[Loss]) -> Wire | None:
    """The form of `tool` with its options laid over; `None` and a loss where `forms` has none."""
    form = forms.get(tool.name)
    if form is None:
        why = f"this dialect has no `{tool.name}` that its provider runs"
        losses.append(Loss(effect="dropped", where=where, why=why))
        return None
    if tool.dialect in (None, dialect):
        return {**form, **tool.options}
    asked = [name for name, value in tool.options.items() if value is not None]
    why = f"only `{tool.dialect}` knows it"
    losses.extend(Loss(effect="dropped", where=f"{where}.options.{name}", why=why) for name in asked)
    return dict(form)


def decode_server_tool(name: ServerToolName, wire: Wire, form: JsonObject, dialect: str) -> ServerTool | None:
    """`wire` as the tool `name`, its options what it says otherwise than `form`; `None` when it says less."""
    if not form.keys() <= wire.keys():
        return None
    options = {field: value for field, value in wire.items() if field not in form or form[field] != value}
    return ServerTool(name, options, dialect if options else None)
