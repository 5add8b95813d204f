"""Losses of what has no place on many wires: cache marks, and fields on what is a bare string there."""

from __future__ import annotations

from dragoman.messages import CacheMark, Extra, Loss, Part


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
