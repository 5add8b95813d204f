"""What a call came to, and the permission it had."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from dragoman.gateway.store.virtual_key import VirtualKey
from dragoman.messages import Usage


class Spend(Struct, frozen=True, kw_only=True):
    """One call that is over.

    Attributes:
        model: The public name that was asked for.
        provider: Who answered; empty where nobody did.
        served: The model that answered, in its provider's words.
        usage: What it reports.
        cost: US dollars; `None` where that is not known, which is not nothing.
        when: Seconds since 1970; `None`: now.
        tenant: On whose behalf, for calls without a key.
        request_id: The gateway's own id of the call.
        outcome: `ok`, or what became of it in a word.
    """

    model: str
    provider: str = ""
    served: str = ""
    usage: Usage = Usage()
    cost: Decimal | None = None
    when: float | None = None
    tenant: str | None = None
    request_id: str = ""
    outcome: str = "ok"


class Admission:
    """A call that may be sent: what is held for it until it is settled.

    `key` is as the store knew it in that moment. `worst` is in pico-dollars.
    """

    __slots__ = ("id", "is_settled", "key", "period", "tick", "tokens", "worst")

    def __init__(self, hold: int, key: VirtualKey, period: int, worst: int | None, tokens: int, tick: int) -> None:  # noqa: PLR0917  # one for each call, made in one place
        self.id = hold
        self.key = key
        self.period = period
        self.worst = worst
        self.tokens = tokens
        self.tick = tick
        self.is_settled = False

    def __repr__(self) -> str:
        state = "settled" if self.is_settled else "open"
        return f"<Admission {self.id} of {self.key.id}, {state}>"
