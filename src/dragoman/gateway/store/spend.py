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
        provider: Who answered, or was asked last; empty where nobody was.
        served: The model that answered or was asked last, in its provider's words.
        usage: What it reports.
        cost: US dollars; `None` where that is not known, which is not nothing.
        known: Of a cost that is not known, what is: that of the tries which were answered.
        broke_off: Whether a try broke off after it was sent, so that it may have to be paid.
        when: Seconds since 1970; `None`: now.
        key: The id of the key, for calls that were not let in.
        tenant: On whose behalf such a call was, or one without a key.
        request_id: The id that the caller was told.
        outcome: `ok`, `left` (the caller went away), or the name of the error's class.
    """

    model: str
    provider: str = ""
    served: str = ""
    usage: Usage = Usage()
    cost: Decimal | None = None
    known: Decimal = Decimal(0)
    broke_off: bool = False
    when: float | None = None
    key: str | None = None
    tenant: str | None = None
    request_id: str = ""
    outcome: str = "ok"


class Admission(Struct, eq=False):
    """A call that may be sent: what is held for it until it is settled.

    `key` is as the store knew it in that moment. `worst` is in pico-dollars, `None` where no price is known.
    """

    id: int
    key: VirtualKey
    period: int
    worst: int | None
    tokens: int
    tick: int
    is_settled: bool = False

    def __repr__(self) -> str:
        state = "settled" if self.is_settled else "open"
        return f"<Admission {self.id} of {self.key.id}, {state}>"
