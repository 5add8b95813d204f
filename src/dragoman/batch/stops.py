"""Which failures are not of one row: every further row would meet them too, so the batch ends."""

from __future__ import annotations

from typing import Final

from dragoman.errors import (
    MissingKey,
    MissingPackage,
    OutOfCredit,
    Overloaded,
    ProviderError,
    RateLimited,
    Unauthorized,
    UnknownModel,
    UnknownProvider,
)

_OF_ALL: Final = (MissingKey, MissingPackage, OutOfCredit, Unauthorized, UnknownModel, UnknownProvider)
_TOO_MANY: Final = (RateLimited, Overloaded)

TOO_MANY_STATUSES: Final = frozenset({429, 503, 529})
"""What providers answer a request with that is one too many for now."""

MOST_REFUSALS: Final = 10
"""How often a row is put back for being one too many before that is its failure."""


def ends_all(error: Exception, *, answered: bool) -> bool:
    """Whether every row would meet `error`. A 403 after an answer with the same key is about the row."""
    if answered and isinstance(error, ProviderError) and error.http_status == 403:
        return False
    return isinstance(error, _OF_ALL)


def is_one_too_many(error: Exception) -> bool:
    """Whether a row was refused for what others do, and may be asked again when there are fewer."""
    return isinstance(error, _TOO_MANY)
