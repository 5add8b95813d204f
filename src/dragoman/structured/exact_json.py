"""JSON that is read to be changed and written again: every number keeps all of its digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from msgspec.json import Encoder

_write: Final = Encoder(decimal_format="number").encode
_LONGEST_INT: Final = 18
"""Digits that fit into 64 bits."""


def read_exactly(text: str | bytes) -> Any:
    """The value in `text`. Raises `ValueError`, also for `NaN` and `Infinity`, and `RecursionError`."""
    return json.loads(text, parse_float=Decimal, parse_int=_integer, parse_constant=_refuse)


def write_exactly(value: Any) -> bytes:
    """What `read_exactly` gave, as JSON. Raises `ValueError` for text that UTF-8 cannot hold."""
    return _write(value)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INT else Decimal(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"`{constant}` is no JSON")
