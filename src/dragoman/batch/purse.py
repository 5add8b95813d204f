"""What may be spent: nothing is begun that could, by the worst case, cost more than is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_NOTHING: Final = Decimal(0)


class Purse:
    """US dollars spent, those held for what is running, and the most that both may come to (`None`: any sum).

    What was sent and never answered is spent at its worst case: unknown is not nothing.
    """

    __slots__ = ("held", "most", "spent")

    def __init__(self, most: Decimal | None = None, spent: Decimal = _NOTHING) -> None:
        self.most = most
        self.spent = spent
        self.held = _NOTHING

    def fits(self, ceiling: Decimal | None) -> bool:
        """Whether something of that worst case may begin. One that is not known fits only where there is no limit."""
        if self.most is None:
            return True
        return ceiling is not None and self.spent + self.held + ceiling <= self.most

    def hold(self, ceiling: Decimal | None) -> None:
        """It begins."""
        self.held += ceiling or _NOTHING

    def settle(self, held: Decimal | None, spent: Decimal) -> None:
        """What was held is over, and came to `spent`."""
        self.held -= held or _NOTHING
        self.spent += spent
