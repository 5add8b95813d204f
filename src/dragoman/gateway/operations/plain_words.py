"""What the library tells its log of failures, without the words of providers: some quote what they were asked."""

from __future__ import annotations

import logging
from typing import Final

_LIBRARY: Final = logging.getLogger("dragoman")


class _ByName(logging.Filter):
    """Says an exception by its class alone. The line of the call has which target it was, and how it ended."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(type(each).__name__ if isinstance(each, Exception) else each for each in record.args)
        return True


_BY_NAME: Final = _ByName()


def name_failures() -> None:
    """Have failures said by their class from now on. More gateways than one may ask for it."""
    _LIBRARY.addFilter(_BY_NAME)


def quote_failures() -> None:
    """As before: in their own words."""
    _LIBRARY.removeFilter(_BY_NAME)
