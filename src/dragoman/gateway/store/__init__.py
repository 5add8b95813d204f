"""Where keys and money are kept: one file of SQLite's, shared by all processes of a machine.

A call is let in by one transaction that looks at everything its key is limited by, and holds the worst it may cost; it
is settled by one that is done at most once. `Writer` runs them, `Book` is what they do, `Desk` how a key stands.
A process that is killed leaves holds that count in full until somebody knows better.
"""

from dragoman.gateway.store.base import Store
from dragoman.gateway.store.entries import Admit, Batch, Grow, Outcome, Settle
from dragoman.gateway.store.reports import Column, Standing, UsageRow, standing_of, today, usage_rows
from dragoman.gateway.store.spend import Admission, Spend
from dragoman.gateway.store.sqlite_store import SqliteStore, read_only, usual_place
from dragoman.gateway.store.unknown import UnknownHold, unknown_holds
from dragoman.gateway.store.virtual_key import Period, Unpriced, VirtualKey

__all__ = [
    "Admission",
    "Admit",
    "Batch",
    "Column",
    "Grow",
    "Outcome",
    "Period",
    "Settle",
    "Spend",
    "SqliteStore",
    "Standing",
    "Store",
    "UnknownHold",
    "Unpriced",
    "UsageRow",
    "VirtualKey",
    "read_only",
    "standing_of",
    "today",
    "unknown_holds",
    "usage_rows",
    "usual_place",
]
