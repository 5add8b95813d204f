"""A router's health, for people and for logs."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from dragoman.routing.features import Features
from dragoman.routing.routing import Routing
from dragoman.routing.target import Target

_ANY: Final = Features()


class Standing(Struct, frozen=True, kw_only=True):
    """How one target is.

    Attributes:
        target: Its name.
        refused: Why nothing would be sent there now; `None` where it would.
        until: Seconds until it may be asked again, where that is known.
        in_flight: Calls under way.
        first_token: Seconds to the first piece of a streamed answer, of late; `None`: not known.
        answer: Seconds to a whole answer, likewise.
    """

    target: str
    refused: str | None
    until: float | None
    in_flight: int
    first_token: float | None
    answer: float | None


class HealthTable(Struct, frozen=True):
    """How all targets are. Prints as a table."""

    standings: tuple[Standing, ...]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The same by target, as plain values."""
        return {standing.target: asdict(standing) for standing in self.standings}

    def __repr__(self) -> str:
        rows = [("target", "state", "in flight", "first token", "answer"), *map(_row, self.standings)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )


def health_of(routing: Routing) -> HealthTable:
    """How the targets of a router are now."""
    now = routing.clock()
    return HealthTable(tuple(_standing(routing, target, now) for target in routing.policy.targets()))


def _standing(routing: Routing, target: Target, now: float) -> Standing:
    condition = routing.board[target]
    refusal = condition.refusal(_ANY, now)
    return Standing(
        target=target.title,
        refused=None if refusal is None else refusal.reason,
        until=None if refusal is None or refusal.until is None else refusal.until - now,
        in_flight=condition.in_flight,
        first_token=condition.latency(now),
        answer=condition.latency(now, whole=True),
    )


def _row(standing: Standing) -> tuple[str, ...]:
    state = "well" if standing.refused is None else standing.refused
    if standing.until is not None:
        state = f"{state} (for {standing.until:.1f} s)"
    times = (standing.first_token, standing.answer)
    return standing.target, state, str(standing.in_flight), *("?" if s is None else f"{s:.3f} s" for s in times)
