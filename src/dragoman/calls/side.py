"""A request beside the answering of prompts: embeddings, token counts, lists of models.

It has what an answer's call has: the same tries, deadline, log, hints, keys, and errors read by the provider's dialect.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct

from dragoman.calls.attempt import Progress, accepted, decoded
from dragoman.calls.call import Terms
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import Outgoing, http_request
from dragoman.calls.tries import tried
from dragoman.flow import Flow, read_all
from dragoman.providers import Credential

T = TypeVar("T")


class Side(Struct, Generic[T], frozen=True, kw_only=True):
    """What is sent, and how the body of a good answer is read."""

    outgoing: Outgoing
    decode: Callable[[dict[str, Any]], T]


def ask(terms: Terms, side: Side[T], log: CallLog, deadline: float | None) -> Flow[tuple[T, Progress]]:
    """What came back, and how the last try went. Raises one of our errors, with every try in its `attempts`."""
    return (yield from tried(terms, log, deadline, partial(_once, terms, side, deadline)))


def _once(
    terms: Terms, side: Side[T], deadline: float | None, credential: Credential | None, progress: Progress
) -> Flow[T]:
    http = http_request(terms, side.outgoing, credential, deadline)
    reply = yield from accepted(terms.target, http, progress)
    return decoded(reply, (yield from read_all(reply)), side.decode)
