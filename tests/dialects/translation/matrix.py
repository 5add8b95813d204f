"""What becomes of each feature on the way from one dialect to another: the cells of `docs/translation.md`.

A cell is found by doing it: what the source holds is encoded for the target and read back from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from dragoman.dialects import dialect_names, get_dialect
from dragoman.errors import Error
from dragoman.messages import LLMResponse, Loss, Request, decode_json, encode_json

from .features import ANSWERS, REQUESTS, Of
from .statements import REMEMBERED, Statement, compare, covers, of_request, of_response

Fate: TypeAlias = Literal["kept", "changed", "lost", "refused", "cannot say", "silent"]
"""`cannot say`: the source has no words for it. `silent`, which no cell may be: gone, and nobody said so."""

KINDS = ("request", "answer")
ASKED = Request(model="m", stream=False, include_usage=True)


class Cell(NamedTuple):
    kind: str
    feature: str
    source: str
    target: str
    fate: Fate


def features(kind: str) -> dict[str, tuple[Of, Of]]:
    return REQUESTS if kind == "request" else ANSWERS


def dialects() -> list[str]:
    return dialect_names()


def cells() -> list[Cell]:
    """Every feature from every dialect to every other."""
    return [
        Cell(kind, feature, source, target, fate(kind, feature, source, target))
        for kind in KINDS
        for feature in features(kind)
        for source in dialects()
        for target in dialects()
        if target != source
    ]


@cache
def fate(kind: str, feature: str, source: str, target: str) -> Fate:
    """What becomes of `feature`."""
    own = _own(kind, feature, source)
    if not own.statements:
        return "cannot say"
    try:
        after, losses = _over(kind, target, own.record)
    except Error:
        return "refused"
    before = _statements(kind, own.record)
    silent, _ = compare(before, _statements(kind, after), losses)
    if any(each in silent for each in own.statements):
        return "silent"
    fates = {_reported(each, losses) for each in own.statements}
    if fates == {None}:
        return "kept"
    return "lost" if fates == {"dropped"} else "changed"


class _Own(NamedTuple):
    """What the source holds: the record as it reads it, and the statements that are the feature's."""

    record: Any
    statements: list[Statement]


@cache
def _own(kind: str, feature: str, source: str) -> _Own:
    having, lacking = features(kind)[feature]
    try:
        record, losses = _over(kind, source, having(source))
    except Error:
        return _Own(None, [])
    plain, _ = _over(kind, source, lacking(source))
    spoken = [each.said for each in _statements(kind, plain)]
    fresh = [each for each in _statements(kind, record) if each.meaning != REMEMBERED and not _taken(each, spoken)]
    asked = [each for each in _statements(kind, having(source)) if each.meaning != REMEMBERED]
    spoken = [each.said for each in _statements(kind, lacking(source))]
    wanted = [each for each in asked if not _taken(each, spoken)]
    told_apart = all(_reported(each, losses) == "dropped" for each in wanted) and bool(wanted)
    return _Own(record, [] if told_apart else fresh)


def _taken(statement: Statement, spoken: list[tuple[str, Any]]) -> bool:
    """Whether the statement is among those that are there without the feature; each counts once."""
    if statement.said not in spoken:
        return False
    spoken.remove(statement.said)
    return True


def _over(kind: str, dialect: str, record: Any) -> tuple[Any, tuple[Loss, ...]]:
    """The record as the other side reads it, and what was reported."""
    codec = get_dialect(dialect)
    if kind == "request":
        encoded = codec.encode_request(record)
        return codec.decode_request(decode_json(encode_json(encoded.wire)), codec.path(record)), encoded.losses
    encoded = codec.encode_response(record, ASKED)
    return replace(codec.decode_response(decode_json(encode_json(encoded.wire))), raw=None), encoded.losses


def _statements(kind: str, record: Request | LLMResponse) -> list[Statement]:
    return of_request(record) if isinstance(record, Request) else of_response(record)


def _reported(statement: Statement, losses: Iterable[Loss]) -> str | None:
    """The effect that was reported for the statement; the worst, when there are several."""
    effects = {loss.effect for loss in losses if covers(loss, statement.path)}
    return "dropped" if "dropped" in effects else next(iter(effects), None)


SIGNS: dict[Fate, str] = {
    "kept": "✓",
    "changed": "≈",
    "lost": "✗",
    "refused": "⊘",
    "cannot say": "·",
    "silent": "SILENT",
}


def table(kind: str) -> str:
    """The cells as Markdown: a row a feature, a column a target; equal fates from all sources are one sign."""
    names = dialects()
    lines = [f"| {kind} | {' | '.join(f'→ `{name}`' for name in names)} |", f"|{' --- |' * (len(names) + 1)}"]
    for feature in features(kind):
        row = [_summary(kind, feature, target) for target in names]
        lines.append(f"| {feature} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _summary(kind: str, feature: str, target: str) -> str:
    """One sign where all sources that can say it fare alike; else each fate with the sources it meets."""
    by_fate: dict[str, list[str]] = {}
    for source in dialects():
        if source != target and (found := fate(kind, feature, source, target)) != "cannot say":
            by_fate.setdefault(SIGNS[found], []).append(source)
    if len(by_fate) <= 1:
        return next(iter(by_fate), SIGNS["cannot say"])
    return "<br>".join(f"{sign} {', '.join(sources)}" for sign, sources in by_fate.items())
