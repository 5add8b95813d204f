"""What becomes of each feature on the way from one dialect to another: the cells of `docs/translation.md`.

A cell is found by doing it: what the source holds is encoded for the target and read back from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from dragoman.dialects import dialect_names, get_dialect
from dragoman.messages import LLMResponse, Loss, Request, decode_json, encode_json

from .features import ANSWERS, REQUESTS, Of
from .statements import REMEMBERED, Statement, compare, covers, of_request, of_response

Fate: TypeAlias = Literal["kept", "changed", "lost", "cannot say", "silent"]
"""`cannot say`: the source itself drops or changes it, and reports that. `silent`, which no cell may be: gone, and nobody said so."""

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
    if own.silent:
        return "silent"
    if not own.statements:
        return "cannot say"
    after, losses = _over(kind, target, own.record)
    silent, _ = compare(_statements(kind, own.record), _statements(kind, after), losses)
    if any(each in silent for each in own.statements):
        return "silent"
    fates = {_reported(each, losses) for each in own.statements}
    if fates == {None}:
        return "kept"
    return "lost" if fates == {"dropped"} else "changed"


class _Own(NamedTuple):
    """What the source holds: the record as it reads it, and the statements that are the feature's; and whether it has
    lost some of them without a word.
    """

    record: Any
    statements: list[Statement]
    silent: bool


@cache
def _own(kind: str, feature: str, source: str) -> _Own:
    having, lacking = (make(source) for make in features(kind)[feature])
    record, losses = _over(kind, source, having)
    plain, _ = _over(kind, source, lacking)
    wanted = _added(kind, having, lacking)
    silent, _ = compare(_statements(kind, having), _statements(kind, record), losses)
    reported = bool(wanted) and all(_reported(each, losses) for each in wanted)
    statements = [] if reported else _added(kind, record, plain)
    return _Own(record, statements, any(each in silent for each in wanted))


def _added(kind: str, having: Any, lacking: Any) -> list[Statement]:
    """What is said with the feature and not without it."""
    spoken = [each.said for each in _statements(kind, lacking)]
    return [each for each in _statements(kind, having) if each.meaning != REMEMBERED and not _taken(each, spoken)]


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
    read = codec.decode_response(decode_json(encode_json(encoded.wire)))
    return replace(read, raw=None, model=read.model or ASKED.model), encoded.losses  # whoever asked knows the model


def _statements(kind: str, record: Request | LLMResponse) -> list[Statement]:
    return of_request(record) if isinstance(record, Request) else of_response(record)


def _reported(statement: Statement, losses: Iterable[Loss]) -> str | None:
    """The effect that was reported for the statement; the worst, when there are several."""
    effects = {loss.effect for loss in losses if covers(loss, statement.path)}
    return "dropped" if "dropped" in effects else next(iter(effects), None)


SIGNS: dict[Fate, str] = {"kept": "✓", "changed": "≈", "lost": "✗", "cannot say": "·", "silent": "SILENT"}


def table(kind: str) -> str:
    """The cells as Markdown: a row a feature, a column a target, and before them the sources that cannot say it."""
    names = dialects()
    heads = [kind, "cannot be said in", *(f"→ `{name}`" for name in names)]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for feature in features(kind):
        cells = [feature, _without(kind, feature), *(_summary(kind, feature, target) for target in names)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _without(kind: str, feature: str) -> str:
    """The sources that have no words for the feature, whatever the target."""
    pairs = {source: next(name for name in dialects() if name != source) for source in dialects()}
    return _listed(source for source, other in pairs.items() if fate(kind, feature, source, other) == "cannot say")


def _summary(kind: str, feature: str, target: str) -> str:
    """The commonest fate alone; then each other one with the sources that meet it."""
    by_sign: dict[str, list[str]] = {}
    for source in dialects():
        if source != target and (found := fate(kind, feature, source, target)) != "cannot say":
            by_sign.setdefault(SIGNS[found], []).append(source)
    (usual, _), *others = sorted(by_sign.items(), key=lambda each: -len(each[1])) or [(SIGNS["cannot say"], [])]
    return "<br>".join([usual, *(f"{sign} from {_listed(sources)}" for sign, sources in others)])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
