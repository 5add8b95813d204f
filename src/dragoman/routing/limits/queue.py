"""A queue that is fair between tenants."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First come, first served within a tenant; tenants take turns. Not locked: its owner is.

    The lines stand in the order of their turns. A tenant without anyone waiting has none, and comes last when it is
    back.

    Attributes:
        length: How many wait.
    """

    __slots__ = ("_lines", "length")

    def __init__(self) -> None:
        self._lines: OrderedDict[str | None, deque[T]] = OrderedDict()
        self.length = 0

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[T]:
        """Everyone, line by line: not in the order of turns."""
        return (item for line in self._lines.values() for item in line)

    def push(self, tenant: str | None, item: T) -> None:
        self._lines.setdefault(tenant, deque()).append(item)
        self.length += 1

    def peek(self) -> T:
        """Whose turn is next."""
        return next(iter(self._lines.values()))[0]

    def pop(self) -> T:
        """Whose turn it is; its tenant's next turn comes after everybody else's."""
        tenant, line = self._lines.popitem(last=False)
        item = line.popleft()
        self.length -= 1
        if line:
            self._lines[tenant] = line
        return item

    def remove(self, tenant: str | None, item: T) -> bool:
        """Take out one that no longer waits. False: it was not there."""
        line = self._lines.get(tenant)
        if line is None or item not in line:
            return False
        line.remove(item)
        self._gone(tenant, line)
        return True

    def ahead_of_newcomer(self, tenant: str | None) -> int:
        """How many have their turn before the next one of `tenant` who joins, if nobody else does."""
        own = len(self._lines.get(tenant, ()))
        ahead, turns = own, own + 1  # who stands before it in the circle has had one turn more
        for other, line in self._lines.items():
            if other == tenant:
                turns = own
            else:
                ahead += min(len(line), turns)
        return ahead

    def make_room(self, tenant: str | None) -> T | None:
        """Take out the last of the longest line, to make room for one of `tenant`; `None`: its own would be as long."""
        own = len(self._lines.get(tenant, ()))
        longest = max(self._lines, key=lambda each: len(self._lines[each]), default=None)
        line = self._lines.get(longest)
        if line is None or len(line) <= own + 1:
            return None
        item = line.pop()
        self._gone(longest, line)
        return item

    def _gone(self, tenant: str | None, line: deque[T]) -> None:
        self.length -= 1
        if not line:
            del self._lines[tenant]
