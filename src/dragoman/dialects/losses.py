"""What has no place on several wires, reported in the same words: settings, answers, marks and fields.

What only one dialect cannot say it reports itself, beside the code that leaves it out.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

from dragoman.messages import CacheMark, Extra, Loss, OutputFormat, Part, Request, Usage

_ONE_ANSWER: Final = "this dialect gives one answer"

NO_ALTERNATIVES: Final = Loss(effect="dropped", where="alternatives", why=_ONE_ANSWER)
NO_LOGPROBS: Final = Loss(effect="dropped", where="logprobs", why="this dialect has none")

# ---------------------------------------------------------------------- of a request


def lose_settings(request: Request, absent: Sequence[str], losses: list[Loss]) -> None:
    """Report the settings in `absent`, where they ask for something (`False` and one answer do not), and the wish for a
    stream without usage.
    """
    for name in absent:
        value = getattr(request, name)
        if value is not None and value is not False and (name, value) != ("n", 1):
            why = _ONE_ANSWER if name == "n" else "this dialect has no such setting"
            losses.append(Loss(effect="dropped", where=name, why=why))
    if request.include_usage is False:
        losses.append(Loss(effect="dropped", where="include_usage", why="usage is always reported"))


def schema_in(form: OutputFormat, losses: list[Loss]) -> Mapping[str, Any] | None:
    """What an answer has to fit, for dialects that have JSON by a schema alone; `None` where nothing is to be said."""
    if form.kind == "json_schema" and form.schema is not None:
        return form.schema
    if form != _TEXT:
        losses.append(Loss(effect="dropped", where="output_format", why="this dialect has JSON only by a schema"))
    return None


_TEXT: Final = OutputFormat(kind="text")
"""The default, which needs no word."""


# ---------------------------------------------------------------------- of a part


def lose_cache(cache: CacheMark | None, where: str, losses: list[Loss]) -> None:
    if cache is not None:
        why = "this dialect takes no marks: what caches there does it by itself"
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why=why))


def lose_marks(part: Part, where: str, losses: list[Loss]) -> None:
    """Report the cache mark and the fields of a part that is a bare string here."""
    lose_cache(part.cache, where, losses)
    lose_extra(part.extra, where, losses)


def lose_extra(extra: Extra | None, where: str, losses: list[Loss]) -> None:
    if extra is not None:
        why = "there is no object here to hold it"
        losses.extend(Loss(effect="dropped", where=f"{where}.{name}", why=why) for name in extra.fields)


# ---------------------------------------------------------------------- of an answer


def uncounted(usage: Usage, told: Container[str]) -> list[Loss]:
    """The counts that a dialect does not tell which tells those in `told`. None of a thing is no loss, and the total is
    the sum of what is told.
    """
    why = "this dialect does not count it"
    losses: list[Loss] = []
    for name in _PARTIAL:
        if name not in told and getattr(usage, name):
            losses.append(Loss(effect="dropped", where=f"usage.{name}", why=why))  # noqa: PERF401  # a frame
    return losses


_PARTIAL: Final = tuple(name for name in Usage.__struct_fields__ if name != "total_tokens")


def report_filled_usage(usage: Usage, losses: list[Loss]) -> None:
    """Report what is written otherwise than it was counted, where numbers are demanded and input excludes the cache."""
    unknown = [name for name in ("input_tokens", "output_tokens") if getattr(usage, name) is None]
    why = "it was not reported, and clients demand a number: 0"
    losses.extend(Loss(effect="changed", where=f"usage.{name}", why=why) for name in unknown)
    inside = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    if usage.input_tokens is not None and inside > usage.input_tokens:
        why = "less than its parts in the cache: their sum is sent"
        losses.append(Loss(effect="changed", where="usage.input_tokens", why=why))
