"""Small tables kept by hand, beside what is generated into `data/`: who is called how, and what the guides compared."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import msgspec

_HERE: Final = Path(__file__).parent
Table = TypeVar("Table")


def table(name: str, type_: type[Table]) -> Table:
    """The table in the file of that name, of which every field is checked."""
    return msgspec.json.decode((_HERE / f"{name}.json").read_bytes(), type=type_)
