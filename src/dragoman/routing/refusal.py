"""Why a target is not taken."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

RefusalKind = Literal["unfit", "unhealthy", "limited", "tried", "excluded"]
"""`unfit`: it could not do it. `unhealthy`: it would fail. `limited`: not now. `tried`: it has failed in this call.
`excluded`: a rule of the application's, such as a price that is too high.
"""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a target is not taken, and until when.

    Attributes:
        kind: What sort of reason.
        reason: In words, for people: "its window holds 8,192 tokens and the input is about 12,000".
        until: On the router's clock, when it may be asked again; `None`: that does not depend on time, or is not known.
    """

    kind: RefusalKind
    reason: str
    until: float | None = None


def seconds_until(until: float | None, now: float) -> float | None:
    """How long it is until then; 0: it has come."""
    return None if until is None else max(until - now, 0.0)
