"""Which failures are not of one row: every further row would meet them too, so the batch ends."""

from __future__ import annotations

from typing import Final

from dragoman.errors import (
    FallbackExhausted,
    MissingKey,
    MissingPackage,
    NoDeployment,
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
    """Whether every row would meet `error`. A 403 after an answer with the same key is about the row. Of several
    targets none may be left that could not be asked yet.
    """
    if answered and isinstance(error, ProviderError) and error.http_status == 403:
        return False
    if isinstance(error, FallbackExhausted):
        every = all(isinstance(each, Exception) and ends_all(each, answered=answered) for each in error.errors)
        return every and error.retry_after_seconds is None
    return isinstance(error, _OF_ALL)


def is_one_too_many(error: Exception) -> bool:
    """Whether a row was refused for what others do, and may be asked again when there are fewer.

    Of several targets it is enough that one would have it later, or could not be asked yet, unless an answer that did
    not fit was paid for.
    """
    match error:
        case FallbackExhausted():
            later = error.retry_after_seconds is not None or any(isinstance(each, _TOO_MANY) for each in error.errors)
            return error.cost == 0 and later
        case NoDeployment():
            return error.retry_after_seconds is not None
        case _:
            return isinstance(error, _TOO_MANY)
