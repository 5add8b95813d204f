"""How an emulator is set up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Final, TypedDict

from msgspec import Struct

from dragoman.testing.emulator.faults import NO_FAULT, Fault
from dragoman.testing.tape.tape import Tape

DEFAULT_BODY_BYTES: Final = 32 * 1024 * 1024


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of an emulator.

    Attributes:
        seed: Decides ids, the sizes of pieces and chances: the same calls in the same order get the same answers.
        keys: The keys that may call; `None` lets any in.
        aws_keys: AWS access keys and their secrets, one of which must have signed a signed call; `None` lets any in.
        models: The models there are; `None` answers for any name.
        strict: Whether what the provider itself refuses is refused, in its words: see "What providers refuse".
            Otherwise it is answered, and noted in `SeenRequest.notes`.
        paths: Further paths that requests may come to, as they end → the dialect spoken there.
        piece: How long a piece of streamed text is on average, in characters.
        pace: What happens to every answer: usually delays.
        max_body_bytes: The longest request body read; longer ones are answered with status 413.
        keep_requests: How many of the last requests are kept.
        tape: Recorded traffic to answer from, in place of the rules; see `Tape`.
        idempotency_header: The header by which a request that comes again is known: it is answered as before, and not
            on the bill a second time. No provider says that it has one; gateways do.
        clock: The time, in seconds since 1970, for `created` and for prices.
    """

    seed: int = 0
    keys: AbstractSet[str] | None = None
    aws_keys: Mapping[str, str] | None = None
    models: Sequence[str] | None = None
    strict: bool = False
    paths: Mapping[str, str] = {}
    piece: int = 8
    pace: Fault = NO_FAULT
    max_body_bytes: int = DEFAULT_BODY_BYTES
    keep_requests: int = 1000
    tape: Tape | None = None
    idempotency_header: str | None = None
    clock: Callable[[], float] = time.time

    @property
    def today(self) -> str:
        """The day by the clock, in UTC, for prices."""
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()


class SettingsFields(TypedDict, total=False):
    """`Settings` as keyword arguments."""

    seed: int
    keys: AbstractSet[str] | None
    aws_keys: Mapping[str, str] | None
    models: Sequence[str] | None
    strict: bool
    paths: Mapping[str, str]
    piece: int
    pace: Fault
    max_body_bytes: int
    keep_requests: int
    tape: Tape | None
    idempotency_header: str | None
    clock: Callable[[], float]
