"""What a call may still cost, where somebody holds money for it: before each further try more is asked for.

A try that broke off after it was sent may have to be paid, and so may the next. Who holds money for a call sets `PURSE`
in the context that runs its flow; calls without one are not held up by anything here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from decimal import Decimal
from typing import Final

from msgspec import Struct

from dragoman.errors import Error, NoFurtherTry
from dragoman.flow import Flow


class Purse(Struct, eq=False):
    """US dollars that are held for one call, over all that are asked for it.

    Attributes:
        each: What one try costs at worst.
        held: What all of them may cost.
        more: The flow that has so much more held. Raises an `Error` of ours where that may not be.
        taken: What the tries so far cost at worst: `each` of them as much as it may, until it is known to be less.
    """

    each: Decimal
    held: Decimal
    more: Callable[[Decimal], Flow[None]]
    taken: Decimal = Decimal(0)

    def grow(self) -> Flow[None]:
        """More is `taken` than is held, for one more try. Raises `NoFurtherTry` where there may be none."""
        by = self.taken - self.held
        self.held += by  # at once: another may be tried beside it
        try:
            yield from self.more(by)
        except Error as error:
            self.held -= by
            self.taken -= self.each
            raise NoFurtherTry(f"no more may be held for another try: {error.message}") from error

    def failed(self, cost: Decimal | None) -> None:
        """A try came to nothing. `None`: nobody knows what it cost."""
        if cost is not None:
            self.taken -= self.each - cost


PURSE: Final[ContextVar[Purse | None]] = ContextVar("PURSE", default=None)
