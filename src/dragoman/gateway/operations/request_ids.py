"""The id by which a call is found again: in the reply's headers, the log, the trace and the store."""

from __future__ import annotations

import re
from os import urandom
from typing import Final

_TAKEN_OVER: Final = re.compile(rb"[A-Za-z0-9._:+/=-]{1,128}")
"""What a caller's own id may be: nothing that could break a header, a line of a log, or the patience of a reader."""


def request_id_of(header: bytes | None) -> str:
    """The caller's own id (the value of its `x-request-id`), or a new one where it has none or no fit one."""
    if header is not None and _TAKEN_OVER.fullmatch(header):
        return header.decode("ascii")
    return f"req_{urandom(12).hex()}"
