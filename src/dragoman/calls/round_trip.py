"""One request and its whole reply, for all that is no answer to a prompt: embeddings, token counts, lists of models.

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
from dragoman.calls.retry_loop import with_retries
from dragoman.flow import Flow, read_all
from dragoman.providers import Credential

T = TypeVar("T")


class RoundTrip(Struct, Generic[T], frozen=True, kw_only=True):
    """What is sent, and how the body of a good reply is read."""

    outgoing: Outgoing
    decode: Callable[[dict[str, Any]], T]


def make(terms: Terms, trip: RoundTrip[T], log: CallLog, deadline: float | None) -> Flow[tuple[T, Progress]]:
    """What came back, and how the last try went. Raises one of our errors, with every try in its `attempts`."""
    return (yield from with_retries(terms, log, deadline, partial(_once, terms, trip, deadline)))


def _once(
    terms: Terms, trip: RoundTrip[T], deadline: float | None, credential: Credential | None, progress: Progress
) -> Flow[T]:
    http = http_request(terms, trip.outgoing, credential, deadline)
    reply = yield from accepted(terms.target, http, progress)
    return decoded(reply, (yield from read_all(reply)), trip.decode)
