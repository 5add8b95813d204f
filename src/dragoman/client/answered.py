"""A value and the response it came from; and the value alone, for callers who get no more."""

from __future__ import annotations

import logging
from typing import Final, Protocol, TypeVar

from dragoman.messages import LLMResponse

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_logger: Final = logging.getLogger("dragoman")


class Answered(Protocol[T_co]):
    """A value and the response it came from."""

    @property
    def value(self) -> T_co: ...

    @property
    def response(self) -> LLMResponse: ...


def value_of(extracted: Answered[T]) -> T:
    """The value, for a caller who gets no response: what that would say goes to the log, of losses as a warning."""
    response = extracted.response
    repaired = [loss for loss in response.warnings if loss.effect == "repaired"]
    lost = [loss for loss in response.warnings if loss.effect != "repaired"]
    for level, losses in ((logging.WARNING, lost), (logging.INFO, repaired)):
        if losses:
            _logger.log(level, "`%s/%s`: %s", response.provider, response.model, "; ".join(map(str, losses)))
    return extracted.value
