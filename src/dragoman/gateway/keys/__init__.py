"""Virtual keys: who calls, what they may, and what they have spent."""

from dragoman.gateway.keys.keys import PREFIX, Keys
from dragoman.gateway.keys.ledger import Ledger
from dragoman.gateway.store import Admission, Spend, VirtualKey

__all__ = ["PREFIX", "Admission", "Keys", "Ledger", "Spend", "VirtualKey"]
