"""A batch in progress: which row begins next, and when none may. It decides, and does nothing itself.

Everything here is short and under one lock, for the rows of a synchronous batch end in many threads.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from threading import Lock
from typing import Final

from dragoman.batch.governor import Governor
from dragoman.batch.journal import Journal
from dragoman.batch.purse import Purse
from dragoman.batch.rows import Ended, Row
from dragoman.batch.stops import ends_all
from dragoman.errors import BudgetExceeded, Error

UNTIL_ONE_ENDS: Final = float("inf")
"""Nothing to begin before a row that runs has ended."""
SHORTLY_SECONDS: Final = 0.05
"""How often a request looks again that waits for its turn, or for money that others hold: few ever do."""


def _nobody(_: Ended) -> None:
    """Nobody listens."""


class Job:
    """What the rows of one batch share.

    Args:
        rows: What to ask, in order; read as rows begin.
        concurrency: How many rows at once, at most.
        purse: What may be spent.
        journal: Where each row's progress is kept.
        key_header: The header by which the server knows a request that was sent before and answers it without
            charging again; `None` where it has no such thing.
        ended: Told of each row that is over, of one at a time.
    """

    def __init__(
        self,
        rows: Iterator[Row],
        *,
        concurrency: int,
        purse: Purse | None = None,
        journal: Journal | None = None,
        key_header: str | None = None,
        ended: Callable[[Ended], None] = _nobody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.journal = journal
        self.key_header = key_header
        self.stopped: BaseException | None = None
        self.running = 0
        self._rows = rows
        self._again: deque[Row] = deque()
        self._governor = Governor(concurrency)
        self._purse = purse or Purse()
        self._ended = ended
        self._on_the_wire = 0
        self._short = 0
        self._answered = False
        self._lock = Lock()
        self._telling = Lock()

    @property
    def limit(self) -> int:
        """How many at once, as the provider lets us now."""
        return self._governor.limit

    @property
    def spent(self) -> Decimal:
        """US dollars, what nobody priced at its worst."""
        return self._purse.spent

    @property
    def put_back(self) -> tuple[Row, ...]:
        """The rows that were begun and are to be asked again."""
        return tuple(self._again)

    # ------------------------------------------------------------------ rows begin and end

    def next(self) -> Row | float | None:
        """The row to begin now; or the seconds until it is worth asking again; or `None`: none will begin any more."""
        with self._lock:
            if self.stopped is not None:
                return None
            if self.running >= self._governor.limit:
                return UNTIL_ONE_ENDS
            pause = self._governor.pause_left(self.clock())
            if pause > 0:
                return pause
            return self._affordable(self._again.popleft() if self._again else next(self._rows, None))

    def _affordable(self, row: Row | None) -> Row | float | None:
        if row is None:
            return UNTIL_ONE_ENDS if self.running else None
        if self._purse.fits(row.ceiling):
            self._purse.hold(row.ceiling)
            self.running += 1
            return row
        self._again.appendleft(row)
        if self.running:  # it may turn out cheaper than held
            return UNTIL_ONE_ENDS
        self.stopped = self._too_dear(row.ceiling)
        return None

    def over(self, ended: Ended) -> None:
        """A row that was begun has ended, or is put back."""
        with self._lock:
            self.running -= 1
            error = ended.error
            if error is not None and self.stopped is None and self._ends_all(error):
                self.stopped = error
            if ended.state == "waiting":
                self._again.appendleft(ended.row)
        if ended.state != "waiting":
            with self._telling:
                self._ended(ended)

    def stop(self, why: BaseException) -> None:
        """Begin no more rows. Those that run end as they do."""
        with self._lock:
            self.stopped = self.stopped or why

    def gave_up(self) -> None:
        """A row that was begun ended in no way that can be written down: the program is being left."""
        with self._lock:
            self.running -= 1

    def ends_all(self, error: Exception) -> bool:
        """Whether every row would meet `error`."""
        with self._lock:
            return self._ends_all(error)

    def _ends_all(self, error: Exception) -> bool:
        return isinstance(error, BudgetExceeded) or ends_all(error, answered=self._answered)

    # ------------------------------------------------------------------ requests of rows

    def turn(self) -> float:
        """Take a place on the wire (0), or the seconds after which to ask for one again."""
        with self._lock:
            pause = self._governor.pause_left(self.clock())
            if pause > 0:
                return pause
            if self._on_the_wire >= self._governor.limit:
                return SHORTLY_SECONDS
            self._on_the_wire += 1
            return 0.0

    def push_in(self) -> None:
        """Take a place on the wire although there is none: a call that has no time to wait."""
        with self._lock:
            self._on_the_wire += 1

    def off_the_wire(self) -> None:
        """Give the place back."""
        with self._lock:
            self._on_the_wire -= 1

    def hold_money(self, ceiling: Decimal | None, *, is_waiting: bool) -> bool:
        """Hold what a further request of a row may cost, if there is so much; what others hold may come back.

        Raises `BudgetExceeded` when nobody runs who could give any back.
        """
        with self._lock:
            self._short += not is_waiting
            if self._purse.fits(ceiling):
                self._short -= 1
                self._purse.hold(ceiling)
                return True
            if self._short >= self.running:
                self._short -= 1
                raise self._too_dear(ceiling)
            return False

    def settle(self, held: Decimal | None, spent: Decimal) -> None:
        """What was held is over, and cost `spent`."""
        with self._lock:
            self._purse.settle(held, spent)

    def refused(self, sent_at: float, retry_after_seconds: float | None) -> None:
        """The provider says that there are too many."""
        with self._lock:
            self._governor.refused(sent_at, self.clock(), retry_after_seconds)

    def hold_back(self, seconds: float) -> None:
        """Let nobody send for so long."""
        with self._lock:
            self._governor.hold_until(self.clock() + seconds)

    def answered(self) -> None:
        """The provider answered one."""
        with self._lock:
            self._answered = True
            self._governor.answered()

    def _too_dear(self, ceiling: Decimal | None) -> Error:
        purse = self._purse
        worst = "an unknown sum" if ceiling is None else f"${ceiling:f}"
        running = f", ${purse.held:f} more may be spent by what runs" if purse.held else ""
        return BudgetExceeded(
            f"max_cost=${purse.most}: ${purse.spent:f} are spent{running}, and the next costs up to {worst}"
        )
